"""Figures: every measured dot where it was measured, with its interval and its words."""

import plotly.graph_objects as go

from core.figures.tradeoffs import Dot, accuracy_curves

ONE, TWO = Dot(50, 80, 75, 84, "half"), Dot(10, 90, 88, 92, "little")
AXES = ("pruned", "accuracy")


def curves(**options):
    values = {"dense": None, "current": None, "axes": AXES, "dense_name": "dense"}
    return accuracy_curves({"first": [ONE, TWO], "second": []}, **{**values, **options})


def test_a_curve_holds_its_dots_in_order_with_their_intervals():
    trace = curves().data[0]
    assert (trace.name, trace.x, trace.y, trace.customdata) == ("first", (10, 50), (90, 80), ("little", "half"))
    assert (trace.error_y.array, trace.error_y.arrayminus) == ((2, 4), (2, 5))
    assert trace.hovertemplate == "%{customdata}<extra></extra>"


def test_a_method_without_dots_stays_in_the_legend():
    figure = curves()
    assert [trace.name for trace in figure.data] == ["first", "second"] and figure.data[1].x == ()


def test_methods_differ_in_more_than_colour():
    first, second = curves().data
    assert first.line.color != second.line.color
    assert first.line.dash != second.line.dash and first.marker.symbol != second.marker.symbol


def test_dense_and_the_current_amount_are_drawn():
    figure = curves(dense=Dot(0, 91, 89, 93, "dense"), current=42)
    assert {(s.y0, s.y1) for s in figure.layout.shapes if s.x0 != s.x1} == {(91, 91)}
    assert {(s.x0, s.x1) for s in figure.layout.shapes if s.x0 == s.x1} == {(42, 42)}
    assert [a.text for a in figure.layout.annotations] == ["dense"]
    assert not curves().layout.shapes and not curves().layout.annotations


def test_a_long_name_of_an_axis_is_broken_for_a_phone():
    name = curves(axes=("weights set to zero, or multiplications removed", "y")).layout.xaxis.title.text
    assert name == "weights set to zero, or<br>multiplications removed"


def test_the_axes_say_what_and_in_which_unit():
    layout = curves().layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == AXES
    assert layout.xaxis.ticksuffix == layout.yaxis.ticksuffix == " %"


def test_it_is_a_figure_that_can_be_sent():
    assert isinstance(curves(), go.Figure) and len(curves().to_json()) < 20_000
