"""The dots of a room: a row a model, a colour and a symbol a group, and the server's own time beside them."""

from core.figures.phones import APART, Dot, dots

FOUND = [
    Dot(0, 40.0, "phones", "green heron"),
    Dot(1, 20.0, "phones", "green heron B"),
    Dot(0, 30.0, "computers", "blue otter"),
]


def test_a_dot_for_each_device_and_model():
    figure = dots(["A", "B"], FOUND, [10.0, None], "server", "ms")
    phones, computers, server = figure.data
    assert (phones.name, computers.name, server.name) == ("phones", "computers", "server")
    assert list(phones.x) == [40.0, 20.0] and list(server.x) == [10.0] and list(server.y) == [0]
    assert phones.marker.symbol != computers.marker.symbol and phones.marker.color != computers.marker.color
    assert all(abs(y - place) <= APART for y, place in zip(phones.y, (0, 1), strict=True))
    assert list(figure.layout.yaxis.ticktext) == ["A", "B"]


def test_nothing_moves_while_others_come():
    before = dots(["A", "B"], FOUND[:2], [None, None], "server", "ms")
    after = dots(["A", "B"], FOUND, [None, None], "server", "ms")
    assert list(before.data[0].y) == list(after.data[0].y) and len(before.data) == 1
