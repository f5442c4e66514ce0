"""The cache within its limit: what was used longest ago goes first, never what runs, never what cannot be had again."""

import os
import time

import pytest

from core import paths
from core.engine import room

HOUR = 3600.0


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path)
    monkeypatch.setattr(paths, "SHIPPED", tmp_path / "recorded")
    return tmp_path


def put(path, size, hours):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    then = time.time() - hours * HOUR
    os.utime(path, (then, then))
    if path.parent.parent.name == "weights":
        os.utime(path.parent, (then, then))
    return path


def test_what_was_used_longest_ago_goes_first(cache):
    old = put(cache / "weights" / "old" / "model.safetensors", 500, 9)
    middle = put(cache / "scores" / "middle.safetensors", 300, 5)
    new = put(cache / "exports" / "new.zip", 200, 2)
    assert [thing.path.name for thing in room.things()] == ["old", "middle.safetensors", "new.zip"]
    assert room.used(room.things()) == {"weights": 500, "scores": 300, "exports": 200}
    assert room.make_room(1000) == 0 and old.exists()
    assert room.make_room(400) == 800
    assert not old.parent.exists() and not middle.exists() and new.exists()


def test_what_runs_and_what_cannot_be_had_again_stays(cache):
    kept = [put(cache / kind / "one.json", 900, 99) for kind in ("results", "tracks", "uploads", "queue", "recorded")]
    kept.append(put(cache / "checkpoints" / "training.safetensors", 900, 0))
    gone = put(cache / "pictures" / "one.bin", 900, 9)
    assert room.make_room(0) == 900
    assert all(path.exists() for path in kept) and not gone.exists()


def test_a_model_that_is_read_counts_as_used(cache):
    folder = put(cache / "weights" / "read" / "model.safetensors", 500, 9).parent
    other = put(cache / "weights" / "unread" / "model.safetensors", 500, 8).parent
    now = time.time() - HOUR
    os.utime(folder / "model.safetensors", (now, time.time() - 9 * HOUR))
    assert room.make_room(600) == 500 and folder.exists() and not other.exists()


def test_halves_of_dead_processes_are_taken_away(cache):
    halves = [put(cache / "results" / "a.json.tmp", 1, 2), put(cache / "weights" / "b.x.half" / "file", 1, 2).parent]
    os.utime(halves[1], (time.time() - 2 * HOUR,) * 2)
    fresh, shipped = put(cache / "results" / "c.json.tmp", 1, 0), put(cache / "recorded" / "d.tmp", 1, 9)
    assert room.clear_leftovers() == 2
    assert not any(path.exists() for path in halves) and fresh.exists() and shipped.exists()


@pytest.mark.parametrize(("said", "limit"), [(None, 20e9), ("1.5", 1.5e9), ("much", 20e9)])
def test_the_limit_is_a_setting(monkeypatch, said, limit):
    monkeypatch.delenv("BONSAI_CACHE_GB", raising=False)
    if said:
        monkeypatch.setenv("BONSAI_CACHE_GB", said)
    assert room.limit_bytes() == limit
