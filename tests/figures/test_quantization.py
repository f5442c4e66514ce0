"""Figures of precisions: every value where it belongs, on axes that start where they say."""

import pytest

from core.figures.quantization import MOST_LINES, Bar, bars, histogram, noise_bars
from core.figures.style import COLOURS


def test_bars_begin_at_zero():
    (trace,) = (figure := bars(["fp32", "int8"], [Bar(31.0, None, None, ""), Bar(12.0, None, None, "")], 1)).data
    assert (trace.type, trace.base) == ("bar", None)
    assert (trace.y, trace.x, trace.marker.color) == (("fp32", "int8"), (31.0, 12.0), COLOURS[1])
    assert figure.layout.xaxis.range[0] == 0.0 and figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    (empty,) = bars(["int4"], [Bar(None, None, None, "")], 0).data
    assert empty.x == (None,)


def test_values_with_an_interval_are_dots_on_an_axis_around_them():
    values = [Bar(90.0, 88.0, 92.5, "90.0 %"), Bar(89.0, 87.0, 91.0, "89.0 %"), Bar(None, None, None, "")]
    (trace,) = (figure := bars(["fp32", "int8", "int4"], values, 1)).data
    assert (trace.type, trace.mode, trace.x) == ("scatter", "markers", (90.0, 89.0, None))
    assert trace.error_x.array == (2.5, 2.0, None) and trace.error_x.arrayminus == (2.0, 2.0, None)
    low, high = figure.layout.xaxis.range
    assert 86.0 < low < 87.0 and 92.5 < high < 93.5


def test_name_and_words_of_a_bar_stand_above_it_at_both_ends():
    figure = bars(["fp32", "int8"], [Bar(31.0, None, None, "31.0 ms"), Bar(None, None, None, "")], 0)
    notes = [(note.text, note.x, note.xanchor, note.y) for note in figure.layout.annotations]
    assert notes == [("fp32", 0, "left", "fp32"), ("31.0 ms", 1, "right", "fp32"), ("int8", 0, "left", "int8")]
    assert not figure.layout.yaxis.visible and figure.data[0].text is None
    half = figure.layout.height / 2 / 2
    assert all(0 < note.yshift < half for note in figure.layout.annotations)


def test_bars_below_zero_are_seen_whole():
    assert bars(["1", "2"], [Bar(-0.4, None, None, ""), Bar(1.0, None, None, "")], 0).layout.xaxis.range[0] == -0.4


def test_the_histogram_covers_the_weights_and_draws_a_grid_that_can_be_seen():
    counts, grid = [1, 2, 3, 4], [-0.5, 0.0, 0.5]
    figure = histogram(counts, -1.0, 1.0, grid, ("weight", "weights")).to_plotly_json()
    (bars,) = figure["data"]
    assert bars["x"] == pytest.approx([-0.75, -0.25, 0.25, 0.75]) and list(bars["y"]) == counts
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == grid
    fine = histogram(counts, -1.0, 1.0, [0.01 * i for i in range(MOST_LINES + 1)], ("", "")).to_plotly_json()
    assert not fine["layout"].get("shapes")
    assert histogram([4], 0.0, 0.0, [], ("", "")).data[0]["width"] == 1.0


def test_noise_has_a_group_a_role():
    figure = noise_bars({"Q": {"1": 40.0, "2": 41.0}, "K": {"1": 39.0}}, ("layer", "dB"))
    assert [(trace.name, list(trace.y)) for trace in figure.data] == [("Q", [40.0, 41.0]), ("K", [39.0])]
