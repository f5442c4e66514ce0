"""Figures of students: every size in its cell, every step on its axis."""

from plotly.colors import sample_colorscale

from core.figures.students import grid, on_scale, training
from core.figures.style import QUIET


def test_a_cell_a_size_with_its_value():
    figure = grid([[None, 80.0], [90.04, 85.0]], ["1", "2"], ["100 %", "50 %"], ("width", "layers"), "%")
    heat, marks = figure.to_plotly_json()["data"]
    assert marks["x"] == ["100 %", "50 %"] * 2 and marks["y"] == ["1", "1", "2", "2"]  # one to click for each cell
    assert heat["text"] == [["–", "80.0"], ["90.0", "85.0"]] and heat["z"][0][0] is None
    signed = grid([[-0.5]], ["1"], ["100 %"], ("", ""), "±").to_plotly_json()["data"][0]
    assert signed["text"] == [["-0.5"]] and signed["colorscale"] != heat["colorscale"]
    assert (signed["zmin"], signed["zmax"]) == (-0.5, 0.5)  # the colours turn at zero


def test_a_value_that_may_be_chance_is_written_without_colour():
    figure = grid([[3.0, -0.5]], ["1"], ["100 %", "50 %"], ("", ""), "±", [(0, 1)])
    heat, _ = figure.to_plotly_json()["data"]
    assert heat["z"] == [[3.0, None]] and heat["text"] == [["+3.0", "-0.5"]]
    assert figure.layout.annotations[1].font.color == QUIET


def test_what_is_written_in_a_cell_can_be_read_on_its_colour():
    for scale in ("Cividis", "PuOr"):
        for percent in range(101):
            ink = 1.0 if on_scale(scale, percent, 0, 100) == "#FFFFFF" else 0.0
            (colour,) = sample_colorscale(scale, [percent / 100], colortype="tuple")
            linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
            low, high = sorted((ink, 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (scale, percent)
    figure = grid([[None, 80.0], [90.0, 85.0]], ["1", "2"], ["100 %", "50 %"], ("width", "layers"), "%")
    notes = {(note.y, note.x): (note.text, note.font.color) for note in figure.layout.annotations}
    assert (
        notes[(0, 0)] == ("–", QUIET) and notes[(1, 0)] == ("90.0", "#000000") and notes[(0, 1)] == ("80.0", "#FFFFFF")
    )


def test_loss_and_scores_have_an_axis_each():
    figure = training([(1, 0.7), (2, 0.6)], {"a": [(2, 0.8)], "b": [(2, 0.9)]}, ("step", "loss", "accuracy"))
    loss, a, b = figure.data
    assert list(loss.y) == [0.7, 0.6] and loss.yaxis is None and list(a.y) == [80.0] and a.yaxis == b.yaxis == "y2"
    assert len({loss.line.color, a.line.color, b.line.color}) == 3
