"""Figures of the cost of length: logarithmic times with a dashed formula, and shares that fill a hundred."""

import dataclasses

import pytest

from core.figures.lengths import PATTERNS, Curve, shares, times
from core.figures.style import COLOURS

DENSE = Curve("dense", (16, 128), (5.0, 40.0), (4.0, 39.0), (6.0, 42.0), (5.5, 40.0))
B = Curve("B", (16, 128), (3.0, 20.0), (3.0, 20.0), (3.0, 20.0), ())


def test_times_have_intervals_and_a_dashed_formula():
    figure = times([DENSE, B], "formula", ("tokens", "ms"))
    dashed, dense, b = figure.data
    assert (dashed.line.dash, dashed.line.color, dashed.showlegend) == ("dash", COLOURS[0], True)
    assert list(dashed.y) == [5.5, 40.0] and dashed.name == "formula"
    assert list(dense.error_y.array) == [1.0, 2.0] and list(dense.error_y.arrayminus) == [1.0, 1.0]
    assert dense.marker.symbol != b.marker.symbol and dense.line.color != b.line.color
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert list(figure.layout.xaxis.tickvals) == [16, 128] and figure.layout.xaxis.title.text == "tokens"


def test_one_entry_in_the_legend_for_all_formulas():
    figure = times([DENSE, dataclasses.replace(DENSE, name="B")], "formula", ("tokens", "ms"))
    assert [trace.showlegend for trace in figure.data[:2]] == [True, False]


def test_shares_stack_up_with_a_line_at_half():
    parts = {"Q": (30.0, 20.0), "n2": (10.0, 30.0), "FFN": (60.0, 50.0)}
    figure = shares((512, 1024), parts, 512, ("tokens", "%"))
    half, longest = figure.layout.shapes
    assert figure.layout.barmode == "stack" and half.y0 == half.y1 == 50
    assert longest.x0 == longest.x1 == 0.5  # after the first bar
    assert [bar.name for bar in figure.data] == list(parts) and list(figure.data[0].x) == ["512", "1024"]
    assert [bar.marker.pattern.shape for bar in figure.data] == list(PATTERNS)  # colour is not alone
    assert list(figure.data[1].text) == ["10", "30"]
    assert list(shares((16,), {"a": (98.0,), "b": (2.0,)}, 16, ("x", "y")).data[1].text) == [""]  # no room
    assert [sum(bar.y[i] for bar in figure.data) for i in (0, 1)] == pytest.approx([100, 100])
