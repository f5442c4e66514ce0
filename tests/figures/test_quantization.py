"""Figures of precisions: every value where it belongs, on axes that start where they say."""

import pytest

from core.figures.quantization import MOST_LINES, Bar, histogram, noise_bars, panels


def test_a_panel_a_figure_with_bars_from_its_own_base():
    columns = {
        "accuracy": [Bar(90.0, 88.0, 92.0, "90.0 %"), Bar(89.0, 87.0, 91.0, "89.0 %")],
        "ms": [Bar(31.0, None, None, "31.0 ms"), Bar(None, None, None, "")],
    }
    figure = panels(["fp32", "int8"], columns, 80.0).to_plotly_json()
    first, second = figure["data"]
    assert [base + value for base, value in zip([first["base"]] * 2, first["x"], strict=True)] == [90.0, 89.0]
    assert list(first["error_x"]["array"]) == [2.0, 2.0] and second["base"] == 0 and second["x"][1] is None
    layout = figure["layout"]
    assert layout["xaxis"]["range"][0] == 80.0 and layout["xaxis"]["domain"][1] < layout["xaxis2"]["domain"][0]
    assert [note["text"] for note in layout["annotations"]] == ["accuracy", "ms"]


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
