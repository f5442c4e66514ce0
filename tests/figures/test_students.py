"""Figures of students: every size in its cell, every step on its axis."""

from core.figures.students import grid, training


def test_a_cell_a_size_with_its_value():
    figure = grid([[None, 80.0], [90.04, 85.0]], ["1", "2"], ["100 %", "50 %"], ("width", "layers"), "%")
    (heat,) = figure.to_plotly_json()["data"]
    assert heat["text"] == [["–", "80.0"], ["90.0", "85.0"]] and heat["z"][0][0] is None
    signed = grid([[-0.5]], ["1"], ["100 %"], ("", ""), "±").to_plotly_json()["data"][0]
    assert signed["text"] == [["-0.5"]] and signed["zmid"] == 0 and signed["colorscale"] != heat["colorscale"]


def test_loss_and_scores_have_an_axis_each():
    figure = training([(1, 0.7), (2, 0.6)], {"a": [(2, 0.8)], "b": [(2, 0.9)]}, ("step", "loss", "accuracy"))
    loss, a, b = figure.data
    assert list(loss.y) == [0.7, 0.6] and loss.yaxis is None and list(a.y) == [80.0] and a.yaxis == b.yaxis == "y2"
    assert len({loss.line.color, a.line.color, b.line.color}) == 3
