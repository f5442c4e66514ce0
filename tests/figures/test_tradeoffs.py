"""Figures: every measured dot where it was measured, with its interval and its words."""

import plotly.graph_objects as go
import pytest

from core.figures.style import COLOURS, SYMBOLS
from core.figures.tradeoffs import CROWD, Dot, accuracy_curves, is_wide, scatter

ONE, TWO, THREE = Dot(50, 80, 75, 84, "half"), Dot(10, 90, 88, 92, "little"), Dot(60, 79, 70, 83, "beaten")
AXES = ("pruned", "accuracy")


def curves(**options):
    values = {"dense": None, "current": None, "axes": AXES, "dense_name": "dense"}
    return accuracy_curves({"first": [ONE, TWO], "second": []}, **{**values, **options})


def points(**options):
    values = {"axes": AXES, "front_name": "front", "x_suffix": " MB"}
    return scatter({"a": [ONE, TWO], "b": [THREE]}, **{**values, **options})


def test_a_curve_holds_its_dots_in_order_with_their_intervals():
    trace = curves().data[0]
    assert (trace.name, trace.x, trace.y, trace.customdata) == ("first", (10, 50), (90, 80), ("little", "half"))
    assert (trace.error_y.array, trace.error_y.arrayminus) == ((2, 4), (2, 5))
    assert trace.hovertemplate == "%{customdata}<extra></extra>"


def test_among_many_points_only_the_front_and_the_picked_one_show_their_interval():
    dots = [Dot(float(i + 10), 50.0, 49.0, 51.0, str(i)) for i in range(CROWD)]
    figure = scatter(
        {"a": [*dots, Dot(1.0, 90.0, 88.0, 92.0, "best")]}, axes=AXES, front_name="f", x_suffix="", picked="7"
    )
    drawn = [
        words for words, above in zip(figure.data[1].customdata, figure.data[1].error_y.array, strict=True) if above
    ]
    assert drawn == ["7", "best"]
    few = scatter({"a": dots[:CROWD]}, axes=AXES, front_name="f", x_suffix="")
    assert None not in few.data[1].error_y.array


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


def test_the_axes_say_what_and_in_which_unit():
    for figure, suffix in ((curves(), " %"), (points(), " MB")):
        assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == AXES
        assert figure.layout.xaxis.ticksuffix == suffix and figure.layout.yaxis.ticksuffix == " %"


def test_the_front_leaves_out_what_another_beats():
    front = points().data[0]
    assert (front.name, front.x, front.y) == ("front", (10,), (90,))
    assert front.hoverinfo == "skip"


def test_beaten_points_are_faded_not_dropped():
    _, a, b = points().data
    assert (a.x, b.x) == ((50, 10), (60,))
    assert a.marker.opacity == (0.45, 1.0) and b.marker.opacity == (0.45,)


def test_costs_of_ten_times_each_other_stand_on_a_logarithmic_axis():
    near = points().layout.xaxis  # 10 to 60
    assert near.type is None and near.tickvals is None
    far = scatter(
        {"a": [ONE, TWO, Dot(150, 91, 90, 92, "slow")]}, axes=AXES, front_name="f", x_suffix=" ms"
    ).layout.xaxis
    assert far.type == "log" and far.ticksuffix == " ms"
    assert [value for value in far.tickvals if 10 <= value <= 150] == [10, 20, 50, 100]
    assert not is_wide([0.0, 5.0]) and not is_wide([]) and is_wide([1.8, 170.0])


def test_the_picked_point_is_ringed():
    a = points(picked="little").data[1]
    assert a.marker.line.width == (0, 3) and a.marker.size[1] > a.marker.size[0]


def test_groups_differ_in_symbol_and_colour_however_many_there_are():
    figure = scatter({str(i): [ONE] for i in range(8)}, axes=AXES, front_name="front", x_suffix="")
    assert len(figure.data) == 9
    assert [t.marker.symbol for t in figure.data[1:7]] == list(SYMBOLS)
    assert [t.marker.color for t in figure.data[1:7]] == list(COLOURS)


@pytest.mark.parametrize("figure", [curves(), points(), scatter({}, axes=AXES, front_name="f", x_suffix="")])
def test_it_is_a_figure_that_can_be_sent(figure):
    assert isinstance(figure, go.Figure) and len(figure.to_json()) < 20_000
