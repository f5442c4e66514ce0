"""The Pareto scatter: every point where it was measured, with its interval, its family's colour and its words."""

import dataclasses

import plotly.graph_objects as go
import pytest

from core.figures.scatter import CROWD, is_wide, scatter
from core.figures.style import COLOURS, INK, SYMBOLS
from core.figures.tradeoffs import Dot

ONE, TWO, THREE = Dot(50, 80, 75, 84, "half"), Dot(10, 90, 88, 92, "little"), Dot(60, 79, 70, 83, "beaten")
AXES = ("cost", "accuracy")


def points(**options):
    values = {"dense": [], "shapes": ("torch", "onnx"), "axes": AXES, "names": ("front", "dense"), "x_suffix": " MB"}
    return scatter(**{"families": {"a": [ONE, TWO], "b": [THREE]}, **values, **options})


def drawn(figure):
    """The traces with points, by their names."""
    return {trace.name: trace for trace in figure.data if trace.customdata is not None}


def test_among_many_points_only_the_front_and_the_ringed_ones_show_their_interval():
    dots = [Dot(float(i + 10), 50.0, 49.0, 51.0, f"point {i}", str(i)) for i in range(CROWD)]
    figure = points(families={"a": [*dots, Dot(1.0, 90.0, 88.0, 92.0, "", "best")]}, picked="7", chosen="9")
    trace = drawn(figure)["a"]
    told = [key for key, above in zip(trace.customdata, trace.error_y.array, strict=True) if above]
    assert told == ["7", "9", "best"]
    assert None not in drawn(points(families={"a": dots[:CROWD]}))["a"].error_y.array


def test_the_axes_say_what_and_in_which_unit():
    layout = points().layout
    assert layout.xaxis.title.text == AXES[0] and layout.xaxis.ticksuffix == " MB"
    (name,) = layout.annotations  # above the axis, where it takes no width
    assert name.text == AXES[1] and (name.x, name.yanchor) == (0, "bottom") and not layout.yaxis.title.text


def test_floor_and_limits_are_lines_across_the_plot():
    assert not points().layout.shapes
    most, least, floor = points(limits=(20.0, 85.0), floor=(70.0, "a bag of words")).layout.shapes
    assert (most.x0, most.x1, most.yref, most.line.dash) == (20.0, 20.0, "paper", "dash")
    assert (least.y0, least.y1, least.xref, least.line.dash) == (85.0, 85.0, "paper", "dash")
    assert (floor.y0, floor.line.dash) == (70.0, "dot")
    (alone,) = points(limits=(None, 85.0)).layout.shapes
    assert alone.y0 == 85.0


def test_the_front_leaves_out_what_another_beats():
    front = points().data[0]
    assert (front.name, front.x, front.y) == ("front", (10,), (90,))
    assert front.hoverinfo == "skip"


def test_beaten_points_are_hollow_and_small_and_never_pale():
    a, b = drawn(points()).values()
    assert (a.x, b.x) == ((50, 10), (60,))
    assert a.marker.symbol == ("circle-open", "circle") and b.marker.symbol == ("circle-open",)
    assert a.marker.size[0] < a.marker.size[1]
    for trace in (a, b):
        assert trace.marker.opacity == 1 and trace.opacity is None and trace.unselected.marker.opacity == 1


def test_costs_of_ten_times_each_other_stand_on_a_logarithmic_axis():
    near = points().layout.xaxis  # 10 to 60
    assert near.type is None and near.tickvals is None
    far = points(families={"a": [ONE, TWO, Dot(150, 91, 90, 92, "slow")]}, x_suffix=" ms").layout.xaxis
    assert far.type == "log" and far.ticksuffix == " ms"
    assert [value for value in far.tickvals if 10 <= value <= 150] == [10, 20, 50, 100]
    assert not is_wide([0.0, 5.0]) and not is_wide([]) and is_wide([1.8, 170.0])


def test_a_click_answers_with_the_key_and_the_hover_with_the_words():
    keyed = dataclasses.replace(ONE, key="k1")
    trace = drawn(points(families={"a": [keyed]}))["a"]
    assert (trace.customdata, trace.text, trace.hovertemplate) == (("k1",), ("half",), "%{text}<extra></extra>")


def test_the_picked_point_is_ringed_and_the_chosen_one_thicker():
    one, two = (dataclasses.replace(dot, key=key) for dot, key in ((ONE, "1"), (TWO, "2")))

    def rings(**options):
        figure = points(families={"a": [one, two]}, **options)
        return {trace.x[0]: trace.marker.line.width for trace in figure.data if trace.marker.size == 22}

    assert rings() == {} and rings(picked="1") == {50: 1.5}
    assert rings(picked="1", chosen="2") == {50: 1.5, 10: 3} and rings(picked="2", chosen="2") == {10: 3}


def test_a_colour_is_a_family_and_a_shape_a_runtime():
    other = dataclasses.replace(THREE, shape=1)
    families = {name: [] if name == "1" else [ONE, other] for name in map(str, range(len(COLOURS)))}
    figure = points(families=families, dense=[TWO])
    found = drawn(figure)
    assert {name: trace.marker.color for name, trace in found.items()} == {
        **{str(i): colour for i, colour in enumerate(COLOURS) if i != 1},  # an empty one keeps its colour
        "dense": INK,
    }
    assert found["0"].marker.symbol == (f"{SYMBOLS[0]}-open", f"{SYMBOLS[1]}-open")
    assert min(found["dense"].marker.size) > max(found["0"].marker.size) and list(found)[-1] == "dense"
    legend = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert legend == ["front", "0", "2", "3", "4", "5", "dense", "torch", "onnx"]
    assert "onnx" not in [trace.name for trace in points().data]  # one shape needs no words


def test_the_legend_lies_below_and_takes_no_width():
    legend = points().layout.legend
    assert (legend.orientation, legend.x, legend.yref, legend.y, legend.yanchor) == ("h", 0, "container", 0, "bottom")


@pytest.mark.parametrize("figure", [points(), points(families={})])
def test_it_is_a_figure_that_can_be_sent(figure):
    assert isinstance(figure, go.Figure) and len(figure.to_json()) < 20_000


def test_what_others_published_is_hollow_and_takes_no_part():
    far = Dot(1.0, 99.0, 99.0, 99.0, "elsewhere")
    figure, alone = points(published=([far], "published")), points()
    (trace,) = [one for one in figure.data if one.name == "published"]
    assert trace.marker.symbol == "star-open" and trace.text == ("elsewhere",) and trace.customdata == ("",)
    front = [one for one in figure.data if one.name == "front"]
    assert front[0].x == next(one for one in alone.data if one.name == "front").x
    assert "published" not in [one.name for one in alone.data]
