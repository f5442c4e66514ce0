"""Exports: written by the worker as a job, found by their key, never half of one, and the oldest make room."""

import dataclasses
import json
import os
import shutil
import time

import pytest

from core import paths
from core.engine import run
from core.engine.export import export
from core.engine.manifest import MANIFEST
from core.engine.store import Store
from core.jobs import exports
from core.jobs.status import export_key
from core.spec import Step
from core.techniques import finetune, magnitude, quantize
from tests.support import tiny
from tests.support.worker import wait, working


def zip_of(folder):
    return folder.with_name(f"{folder.name}.zip")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An export of a tiny model, its Spec, and its files."""
    place = tmp_path_factory.mktemp("made")
    spec, origin = tiny.experiment(place, Step("magnitude", magnitude.Config(amount=0.5)))
    done = export(spec, origin, "hf", place / "out" / "mine", Store(place / "cache" / "results"))
    return spec, done


@pytest.fixture
def there(made, bonsai_cache):
    """The same where the pages look for it."""
    spec, done = made
    folder = exports.folder(spec, "hf")
    folder.mkdir(parents=True)
    for file in done.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    zip_of(folder).write_bytes(done.archive.read_bytes())
    return folder


def test_a_finished_export_is_read_back_as_it_was(made, there):
    spec, done = made
    found = exports.find(spec.key, "hf")
    assert found.exported == dataclasses.replace(done, folder=there, archive=zip_of(there))
    assert (found.spec, found.form) == (spec, "hf")
    assert found.environment.installation and found.measured_at
    assert 0 < found.phone.low_ms < found.phone.high_ms
    assert found.exported.check.good and found.exported.check.accuracy.n > 10


def test_another_key_or_format_is_another_export(made, there):
    spec, _ = made
    assert exports.find(spec.key[:8] + "0" * 16, "hf") is None  # a name says eight digits of the key only
    assert exports.find(spec.key, "onnx") is None and exports.find(spec.dense.key, "hf") is None
    assert there.parent.name == "exports" and there.name.endswith(f"-hf-{spec.key[:8]}")


@pytest.mark.parametrize("broken", ["zip", "manifest", "half a manifest", "no check", "unknown step"])
def test_half_of_an_export_is_not_offered_and_is_cleared(broken, made, there):
    manifest = there / MANIFEST
    if broken == "zip":
        zip_of(there).unlink()
    elif broken == "manifest":
        manifest.unlink()
    elif broken == "half a manifest":
        manifest.write_text(manifest.read_text()[:200])
    else:
        values = json.loads(manifest.read_text())
        if broken == "no check":
            del values["check"]
        else:
            values["recipe"]["steps"] = [{"technique": "nothing", "config": {}}]
        manifest.write_text(json.dumps(values))
    assert exports.find(made[0].key, "hf") is None
    assert exports.cleared(made[0], "hf") == there and not there.exists() and not zip_of(there).exists()


def test_the_oldest_make_room_and_leftovers_go(bonsai_cache, monkeypatch):
    shelf = bonsai_cache / "exports"
    places = [shelf / name for name in ("old", "middle", "new.er")]
    for age, place in enumerate(places):
        place.mkdir(parents=True)
        (place / "model").write_bytes(bytes(600))
        zip_of(place).write_bytes(bytes(300))
        os.utime(place, (age, age))
    (shelf / "broken.half").mkdir()
    (shelf / "broken.half.zip").touch()
    (shelf / "alone.zip").touch()
    monkeypatch.setattr(exports, "BYTES", 2000)
    exports.make_room(places[-1])
    assert {path.name for path in shelf.iterdir()} == {"middle", "middle.zip", "new.er", "new.er.zip"}
    monkeypatch.setattr(exports, "BYTES", 10)
    exports.make_room(places[-1])
    assert {path.name for path in shelf.iterdir()} == {"new.er", "new.er.zip"}  # the newest stays, however large


@pytest.fixture
def shipped(made, tmp_path, monkeypatch):
    """The same as it comes with the code: its zip, and nothing on the shelf."""
    spec, done = made
    place = tmp_path / "ready"
    place.mkdir()
    name = exports.folder(spec, "hf").name
    half = place / name
    shutil.copytree(done.folder, half)
    shutil.make_archive(str(half), "zip", place, name)
    shutil.rmtree(half)
    monkeypatch.setattr(exports, "READY", place)
    return place / f"{name}.zip"


def test_what_comes_with_the_code_is_put_on_the_shelf_when_it_is_asked_for(made, shipped, bonsai_cache):
    spec, done = made
    assert exports.ready(spec.dense) == [(spec, "hf")] and exports.ready(spec) == []
    assert not (bonsai_cache / "exports").exists()
    found = exports.find(spec.key, "hf")
    assert found.exported.folder.parent == bonsai_cache / "exports" and found.exported.check == done.check
    assert found.exported.archive.read_bytes() == shipped.read_bytes()
    assert len(list((bonsai_cache / "exports").iterdir())) == 2
    shipped.unlink()
    assert exports.find(spec.key, "hf") == found
    assert exports.find(spec.key, "onnx") is None


def test_one_that_cannot_be_unpacked_is_none(made, shipped):
    shipped.write_bytes(shipped.read_bytes()[:500])
    assert exports.find(made[0].key, "hf") is None


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An executor whose worker has a cache of its own."""
    with working(tmp_path_factory.mktemp("exports")) as there:
        yield there


@pytest.fixture
def shelf(world, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", world[3])
    return world[3] / "exports"


@pytest.mark.long
def test_an_export_is_written_once_and_found(world, shelf):
    jobs, dense, origin, _ = world
    spec = run.make_spec(dense.model, origin, (Step("magnitude", magnitude.Config(amount=0.5)),))
    key = jobs.export(spec, origin, "hf", "half", "lab")
    assert key == export_key(spec, "hf") and jobs.status(key).title == "half"
    status = wait(jobs, key)
    assert (status.state, status.error, status.event.stage, status.form) == ("done", None, "zip", "hf")
    found = exports.find(spec.key, "hf")
    assert found.exported.check.good and found.spec == spec
    assert {path.name for path in shelf.iterdir()} == {found.exported.folder.name, found.exported.archive.name}
    written = found.exported.archive.stat().st_mtime_ns
    assert wait(jobs, jobs.export(spec, origin, "hf", "half", "lab")).state == "done"
    assert found.exported.archive.stat().st_mtime_ns == written
    found.exported.archive.unlink()  # half of it: written again
    assert wait(jobs, jobs.export(spec, origin, "hf", "half", "lab")).state == "done"
    assert exports.find(spec.key, "hf") is not None


def test_what_cannot_be_exported_comes_back_as_words(world, shelf):
    jobs, dense, origin, _ = world
    spec = run.make_spec(dense.model, origin, (Step("quantize", quantize.Config()),))
    status = wait(jobs, jobs.export(spec, origin, "hf", "", "lab"))
    assert status.state == "failed" and str(status.error).endswith("choose onnx, pte, web")


def test_a_cancelled_export_leaves_nothing(world, shelf):
    jobs, dense, origin, _ = world
    config = finetune.Config(learning_rate=1e-5, batch_size=8, epochs=100.0, steps=1200)
    spec = run.make_spec(dense.model, origin, (Step("finetune", config),))
    key = jobs.export(spec, origin, "hf", "", "lab")
    wait(jobs, key, lambda status: status.event.stage == "train")
    jobs.cancel(key)
    assert wait(jobs, key).state == "cancelled"
    assert exports.find(spec.key, "hf") is None and not list(shelf.glob(f"*{spec.key[:8]}*"))


def test_watched_jobs_are_listed_when_they_are_over_and_their_clock_stops(world):
    jobs, dense, origin, _ = world
    first, second = (run.make_spec(dense.model, origin, (), seed=seed) for seed in (7, 8))
    for spec in (first, second):
        wait(jobs, jobs.run(spec, origin, None, "mine", "watcher"))
    assert [status.key for status in jobs.watched("watcher")] == [first.key, second.key]
    taken = jobs.status(first.key).seconds
    wait(jobs, jobs.run(first, origin, None, "mine", "watcher"))  # asked for again, it is the newest
    assert [status.key for status in jobs.watched("watcher")] == [second.key, first.key]
    before = jobs.status(second.key).seconds
    time.sleep(0.05)
    assert jobs.status(second.key).seconds == before > 0 and taken > 0
    assert jobs.watched("nobody") == []
