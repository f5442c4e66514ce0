"""Results on disk: never half a file, never a wrong number, never a crash."""

import dataclasses
import json
import logging
import os
import threading

import pytest
import torch

from core import paths
from core.engine.store import Store, default_store, write_atomically
from core.environment import here
from core.spec import SCHEMA, Step
from core.techniques import magnitude
from tests.support import tiny

OTHER = tiny.spec(steps=(Step("magnitude", magnitude.Config(amount=0.5)),))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results", (tmp_path / "recorded",))


def recorded(store, result):
    return Store(store.recorded[0]).write(result)


def test_what_is_written_is_read(store):
    result = tiny.result(OTHER).with_speed(tiny.speed((1.0,), (2.0,)))
    path = store.write(result)
    assert path == store.folder / f"{OTHER.key}.json" and store.read(OTHER.key) == result
    assert json.loads(path.read_text())["schema"] == SCHEMA


def test_what_is_not_there(store):
    assert store.read(OTHER.key) is None and store.all() == [] and store.set_aside() == []


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/b", "", "x" * 300, "\ud800", "k\n"])
def test_a_key_is_no_path(store, key, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}", encoding="utf8")
    assert store.read(key) is None
    assert outside.is_file() and store.set_aside() == []


def test_a_newer_result_replaces_the_older(store):
    store.write(tiny.result())
    newer = tiny.result().with_speed(tiny.speed((1.0,), (2.0,)))
    store.write(newer)
    assert store.all() == [newer] and len(list(store.folder.iterdir())) == 1


def test_times_of_what_was_shipped_stay_beside_what_was_computed_here(tmp_path):
    shipped, own = tmp_path / "recorded", tmp_path / "results"
    elsewhere = dataclasses.replace(here(), machine="another")
    theirs = [tiny.speed((1.0,), (2.0,), batch=batch, environment=elsewhere) for batch in (1, 2)]
    mine, older = tiny.speed((3.0,), (6.0,)), tiny.speed((4.0,), (6.0,))
    Store(shipped).write(tiny.result(speeds=(*theirs, older)))
    both = Store(own, (shipped,))
    both.write(tiny.result(quality=tiny.quality((0.0,))))
    assert both.read(tiny.result().key).speeds == (*theirs, older)
    both.write(tiny.result(quality=tiny.quality((0.0,)), speeds=(mine,)))
    found = both.read(tiny.result().key)
    assert found.speeds == (mine, *theirs) and found.quality.interval.value == 0  # what was measured here comes first


def test_a_write_that_fails_leaves_the_old_file(store, monkeypatch):
    path = store.write(tiny.result())
    before = path.read_bytes()

    def fail(*arguments):
        raise OSError("disk full")

    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
            patch.setattr(os, name, fail)
            store.write(tiny.result(quality=tiny.quality((0.0,))))
        assert list(store.folder.iterdir()) == [path] and path.read_bytes() == before


def test_readers_never_see_half_a_file(tmp_path):
    path, seen, stop = tmp_path / "a.json", set(), threading.Event()
    write_atomically(path, b"0" * 200_000)

    def read():
        while not stop.is_set():
            content = path.read_bytes()
            seen.add((len(content), len(set(content))))

    reader = threading.Thread(target=read)
    reader.start()
    for digit in range(30):
        write_atomically(path, str(digit % 10).encode() * 200_000)
    stop.set()
    reader.join()
    assert seen == {(200_000, 1)}


def changed(**values):
    def change(text):
        return json.dumps(json.loads(text) | values)

    return change


def without(*names):
    def change(text):
        values = json.loads(text)
        part = values
        for name in names[:-1]:
            part = part[name]
        del part[names[-1]]
        return json.dumps(values)

    return change


BROKEN = {
    "torn early": lambda text: text[:20],
    "torn late": lambda text: text[:-20],
    "empty": lambda text: "",
    "not JSON": lambda text: "hello",
    "a list": lambda text: "[]",
    "null": lambda text: "null",
    "a number": lambda text: "3",
    "an empty object": lambda text: "{}",
    "endlessly nested": lambda text: "[" * 200_000,
    "another schema": changed(schema=SCHEMA + 1),
    "another key": changed(key="0" * 24),
    "another spec": lambda text: text.replace('"amount":0.5', '"amount":0.6'),
    "unknown technique": lambda text: text.replace('"magnitude"', '"magic"'),
    "amount out of range": lambda text: text.replace('"amount":0.5', '"amount":5'),
    "no quality": without("quality"),
    "no scores": without("quality", "scores"),
    "no interval": without("quality", "interval", "low"),
    "no size": without("size", "macs"),
    "size is no object": changed(size=3),
    "speeds are no list": changed(speeds=3),
    "more than there should be": lambda text: text.replace('"macs":', '"cats":1,"macs":'),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_torn_or_foreign_file_is_set_aside_and_reported(store, how, caplog):
    path = store.write(tiny.result(OTHER).with_speed(tiny.speed((1.0,), (2.0,))))
    before = path.read_text()
    path.write_text(BROKEN[how](before))
    assert path.read_text() != before
    with caplog.at_level(logging.WARNING, "bonsai.store"):
        assert store.read(OTHER.key) is None
    assert not path.exists() and store.set_aside() == [f"{OTHER.key}.json.bad"]
    assert f"{OTHER.key}.json cannot be used (" in caplog.text
    assert store.all() == []
    store.write(tiny.result(OTHER))  # computed again
    assert store.read(OTHER.key) == tiny.result(OTHER)


def test_bytes_that_are_no_text(store):
    path = store.write(tiny.result(OTHER))
    path.write_bytes(b"\xff\xfe\x00" * 100)
    assert store.read(OTHER.key) is None and store.set_aside()


def test_a_file_under_another_name_is_not_that_result(store):
    path = store.write(tiny.result(OTHER))
    foreign = path.with_name(f"{tiny.spec().key}.json")
    path.rename(foreign)
    assert store.read(tiny.spec().key) is None and not foreign.exists()


def test_one_bad_file_does_not_hide_the_others(store):
    store.write(tiny.result())
    store.write(tiny.result(OTHER)).write_text("{")
    assert store.all() == [tiny.result()]


def test_recorded_results_are_found(store):
    recorded(store, tiny.result())
    store.write(tiny.result(OTHER))
    assert store.read(tiny.spec().key) == tiny.result()
    assert {r.key for r in store.all()} == {tiny.spec().key, OTHER.key}


def test_ones_own_result_wins_over_the_recorded_one(store):
    own = tiny.result(quality=tiny.quality((1.0,)))
    recorded(store, tiny.result())
    store.write(own)
    assert store.read(own.key) == own and store.all() == [own]


def test_writing_never_touches_the_recorded_file(store):
    path = recorded(store, tiny.result())
    before = path.read_bytes(), path.stat().st_mtime_ns
    store.write(tiny.result(quality=tiny.quality((1.0,))))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_own_file_falls_back_to_the_recorded_one(store):
    recorded(store, tiny.result())
    store.write(tiny.result()).write_text("{")
    assert store.read(tiny.spec().key) == tiny.result()


def test_a_broken_file_in_a_folder_that_cannot_be_written(store, monkeypatch, caplog):
    path = recorded(store, tiny.result())
    path.write_text("{")

    def fail(*arguments):
        raise PermissionError("read-only")

    monkeypatch.setattr(type(path), "replace", fail)
    assert store.read(tiny.spec().key) is None and path.exists()
    assert "could not be renamed" in caplog.text


def test_what_is_remembered_is_computed_once(store):
    asked = []

    def compute():
        asked.append(1)
        return {"a": torch.arange(3.0), "b": torch.ones(2, 2).T}

    first, again = (store.remember("key", "gates", compute) for _ in range(2))
    assert asked == [1] and torch.equal(first["a"], again["a"]) and torch.equal(first["b"], again["b"])
    store.remember("key", "inputs", compute)
    store.remember("another", "gates", compute)
    assert len(asked) == 3


def test_what_is_remembered_and_torn_is_computed_again(store):
    store.remember("key", "gates", lambda: {"a": torch.zeros(3)})
    path = store.folder.parent / "scores" / "key-gates.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    assert torch.equal(store.remember("key", "gates", lambda: {"a": torch.ones(3)})["a"], torch.ones(3))
    assert path.with_name(f"{path.name}.bad").exists()


def test_the_environment_moves_the_store(bonsai_cache):
    assert paths.CACHE == bonsai_cache
    assert default_store() == Store(bonsai_cache / "results", (bonsai_cache / "recorded", paths.SHIPPED))


def test_the_keys_are_those_of_every_folder(tmp_path):
    own, shipped = Store(tmp_path / "own"), Store(tmp_path / "shipped")
    both = Store(tmp_path / "own", (tmp_path / "shipped", tmp_path / "nothing"))
    assert both.keys() == set()
    first, second = tiny.result(tiny.spec()), tiny.result(tiny.spec(seed=1))
    own.write(first), shipped.write(second)
    (tmp_path / "own" / "torn.bad").write_text("")
    assert both.keys() == {first.key, second.key} == {result.key for result in both.all()}


def test_the_stamp_is_another_one_as_soon_as_a_result_is_written_or_goes(tmp_path):
    store = Store(tmp_path / "results", (tmp_path / "recorded",))
    before = store.stamp()
    written = store.write(tiny.result())
    after = store.stamp()
    assert before != after == store.stamp()
    written.unlink()
    assert store.stamp() not in (before, after)
