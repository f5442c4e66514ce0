"""An export as a job: written by the worker, found at once afterwards, nothing left of one that was stopped."""

import time

import pytest

from core import paths
from core.control import Event
from core.engine import run
from core.jobs import exports
from core.jobs.status import Job, export_key, with_eta
from core.spec import Step
from core.techniques import finetune, magnitude, quantize
from tests.support.worker import wait, working

LAB = "lab"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An executor whose worker has a cache of its own."""
    with working(tmp_path_factory.mktemp("exports")) as there:
        yield there


@pytest.fixture
def shelf(world, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", world[3])
    return world[3] / "exports"


def test_an_export_is_written_once_and_found(world, shelf):
    jobs, dense, origin, _ = world
    spec = run.make_spec(dense.model, origin, (Step("magnitude", magnitude.Config(amount=0.5)),))
    key = jobs.export(spec, origin, "hf", "half", LAB)
    assert key == export_key(spec, "hf") and jobs.status(key).title == "half"
    status = wait(jobs, key)
    assert (status.state, status.error, status.event.stage, status.form) == ("done", None, "zip", "hf")
    found = exports.find(spec.key, "hf")
    assert found.exported.check.good and found.spec == spec
    assert {path.name for path in shelf.iterdir()} == {found.exported.folder.name, found.exported.archive.name}
    written = found.exported.archive.stat().st_mtime_ns
    assert wait(jobs, jobs.export(spec, origin, "hf", "half", LAB)).state == "done"
    assert found.exported.archive.stat().st_mtime_ns == written
    found.exported.archive.unlink()  # half of it: written again
    assert wait(jobs, jobs.export(spec, origin, "hf", "half", LAB)).state == "done"
    assert exports.find(spec.key, "hf") is not None


def test_what_cannot_be_exported_comes_back_as_words(world, shelf):
    jobs, dense, origin, _ = world
    spec = run.make_spec(dense.model, origin, (Step("quantize", quantize.Config()),))
    status = wait(jobs, jobs.export(spec, origin, "hf", "", LAB))
    assert status.state == "failed" and str(status.error).endswith("choose onnx, pte")


def test_a_cancelled_export_leaves_nothing(world, shelf):
    jobs, dense, origin, _ = world
    config = finetune.Config(learning_rate=1e-5, batch_size=8, epochs=100.0, steps=1200)
    spec = run.make_spec(dense.model, origin, (Step("finetune", config),))
    key = jobs.export(spec, origin, "hf", "", LAB)
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


def test_the_time_left_comes_from_the_pace_of_the_stage(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("core.jobs.status.time.monotonic", lambda: now[0])
    job = Job("name", "", 0.0)
    assert with_eta(job, Event("evaluate", 10, 100)).eta_s is None  # the first word of a stage has no pace
    now[0] += 4
    assert with_eta(job, Event("evaluate", 30, 100)).eta_s == pytest.approx(14)
    assert with_eta(job, Event("train", 1, 2, 9.0)).eta_s == 9.0  # what a stage says itself is kept
    assert with_eta(job, Event("evaluate", 5, 100)).eta_s is None  # begun anew, for another model
    now[0] += 1
    assert with_eta(job, Event("evaluate", 15, 100)).eta_s == pytest.approx(8.5)
    assert with_eta(job, Event("size")).eta_s is None
