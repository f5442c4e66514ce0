"""The dots of a room: a row a model, a colour and a symbol a group, and what is known without them beside."""

from core.figures.phones import APART, HALF, Dot, Mark, dots

FOUND = [
    Dot(0, 40.0, "phones", "green heron"),
    Dot(1, 20.0, "phones", "green heron B"),
    Dot(0, 30.0, "computers", "blue otter"),
]


def test_a_dot_for_each_device_and_model():
    figure = dots(["A", "B"], FOUND, [Mark("server", [(10.0, 10.0), None]), Mark("none", [None, None])], "ms")
    phones, computers, server = figure.data
    assert (phones.name, computers.name, server.name) == ("phones", "computers", "server")
    assert (
        list(phones.x) == [40.0, 20.0]
        and list(server.x) == [10.0, 10.0, None]
        and list(server.y) == [-HALF, HALF, None]
    )
    assert phones.marker.symbol != computers.marker.symbol and phones.marker.color != computers.marker.color
    assert all(abs(y - place) <= APART for y, place in zip(phones.y, (0, 1), strict=True))
    assert list(figure.layout.yaxis.ticktext) == ["A", "B"]


def test_nothing_moves_while_others_come():
    before = dots(["A", "B"], FOUND[:2], [], "ms")
    after = dots(["A", "B"], FOUND, [], "ms")
    assert list(before.data[0].y) == list(after.data[0].y) and len(before.data) == 1


def test_an_estimate_is_a_band_and_no_dot():
    (band,) = dots(["A", "B"], [], [Mark("estimate", [(10.0, 25.0), (5.0, 12.0)])], "ms").data
    assert band.mode == "lines" and band.line.dash and list(band.x) == [10.0, 25.0, None, 5.0, 12.0, None]
    assert list(band.y) == [HALF, HALF, None, 1 + HALF, 1 + HALF, None]
