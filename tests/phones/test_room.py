"""A room's addresses: what is open, who sends, and what a second or a hundredth one does."""

import json
import threading

import pytest

from core.errors import DataError
from core.phones import room
from core.phones.room import MOST_OPEN, Room
from tests.phones.test_device import KEYS, sent

FACTS = {"models": [{"key": key} for key in KEYS], "tokens": 128}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody waits between two posts."""
    monkeypatch.setattr(room, "PAUSE_S", 0.0)


def test_a_device_sends_and_a_second_time_takes_the_place_of_the_first():
    ours = Room()
    opened = ours.open(FACTS, {})
    first = ours.take(opened.code, sent())
    again = ours.take(opened.code, sent(cores=4))
    assert first.name == again.name and again.measured_at
    assert [one.cores for one in ours.devices(opened.code)] == [4]
    other = ours.take(opened.code, sent(id="f" * 16))
    assert other.name != first.name and len(ours.devices(opened.code)) == 2


def test_each_way_of_a_device_counts_under_its_one_name():
    ours = Room()
    opened = ours.open(FACTS, {})
    names = [ours.take(opened.code, sent(**way)).name for way in ({}, {"threads": 4}, {"backend": "webgpu"}, {})]
    other = ours.take(opened.code, sent(id="f" * 16))
    assert len({one["en"] for one in names}) == 1 and other.name["en"] == "blue otter"
    found = [(one.backend, one.threads) for one in ours.devices(opened.code)]
    assert found == [("wasm", 1), ("wasm", 4), ("webgpu", 1), ("wasm", 1)]


def test_too_soon_is_refused(monkeypatch):
    monkeypatch.setattr(room, "PAUSE_S", 60.0)
    ours = Room()
    opened = ours.open(FACTS, {})
    ours.take(opened.code, sent())
    with pytest.raises(DataError, match="too soon"):
        ours.take(opened.code, sent())


def test_a_closed_address_takes_nothing():
    ours = Room()
    opened = ours.open(FACTS, {})
    ours.close(opened.code)
    ours.close(opened.code)
    assert ours.find(opened.code) is None and ours.devices(opened.code) == []
    with pytest.raises(DataError, match="nothing is open"):
        ours.take(opened.code, sent())


def test_the_oldest_address_makes_room():
    ours = Room()
    codes = [ours.open(FACTS, {}).code for _ in range(MOST_OPEN + 1)]
    assert ours.find(codes[0]) is None and all(map(ours.find, codes[1:]))
    assert len(set(codes)) == len(codes)


def test_so_many_devices_and_no_more(monkeypatch):
    monkeypatch.setattr(room, "MOST_DEVICES", 2)
    ours = Room()
    opened = ours.open(FACTS, {})
    for number in range(2):
        ours.take(opened.code, sent(id=f"{number:016x}"))
    with pytest.raises(DataError, match="2 devices are the most"):
        ours.take(opened.code, sent(id="e" * 16))
    ours.take(opened.code, sent(id=f"{1:016x}", cores=2))  # who is there may measure again


def test_one_place_of_the_network_cannot_fill_the_room(monkeypatch):
    monkeypatch.setattr(room, "MOST_EACH", 2)
    ours = Room()
    opened = ours.open(FACTS, {})
    for number in range(2):
        ours.take(opened.code, sent(id=f"{number:016x}"), "10.0.0.1")
    with pytest.raises(DataError, match="devices are the most"):
        ours.take(opened.code, sent(id="e" * 16), "10.0.0.1")
    ours.take(opened.code, sent(id="e" * 16), "10.0.0.2")
    ours.drop(opened.code, f"{0:016x}")
    assert [one.id[0] for one in ours.devices(opened.code)] == ["0", "e"]


def test_no_two_have_a_name_after_one_was_taken_off():
    ours = Room()
    opened = ours.open(FACTS, {})
    first, second = (ours.take(opened.code, sent(id=f"{number:016x}")) for number in range(2))
    ours.drop(opened.code, first.id)
    third = ours.take(opened.code, sent(id="e" * 16))
    assert third.name not in (first.name, second.name)
    assert ours.take(opened.code, sent(id=first.id)).name == first.name


def test_an_address_that_nobody_came_to_makes_room_first():
    ours = Room()
    first = ours.open(FACTS, {})
    ours.take(first.code.upper(), sent())  # who types capitals means the same
    codes = [ours.open(FACTS, {}).code for _ in range(MOST_OPEN)]
    assert ours.find(first.code) is first and ours.find(codes[0]) is None


def test_no_post_of_thirty_at_once_is_lost():
    ours = Room()
    opened = ours.open(FACTS, {})
    posts = [threading.Thread(target=ours.take, args=(opened.code, sent(id=f"{one:016x}"))) for one in range(30)]
    for one in posts:
        one.start()
    for one in posts:
        one.join()
    found = ours.devices(opened.code)
    assert len({one.id for one in found}) == len({json.dumps(dict(one.name)) for one in found}) == 30
