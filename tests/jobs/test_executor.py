"""Jobs in their own process: once each, streamed, cancelled quickly, alive after a killed worker."""

import os
import signal
import time

import psutil
import pytest
import torch

from core import paths
from core.control import Event, Timing
from core.engine import lengths, run
from core.engine.run import compress
from core.engine.store import Store
from core.jobs import lanes, process
from core.jobs.executor import Jobs
from core.jobs.status import Job, lengths_key, note, start
from core.jobs.worker import trained_folder
from core.models import find
from core.models.load import load
from core.pictures.mosaic import unpack
from core.pictures.picture import Mosaic
from core.pruning.masks import LEVELS
from core.spec import Step
from core.techniques import finetune, magnitude
from tests.support import tiny
from tests.support.work import fail, write_line
from tests.support.worker import wait, worker_pid, working

L1 = Step("magnitude", magnitude.Config(amount=0.5))
QUICK = Timing(seq=16, pairs=6)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One executor for all tests here, its worker started once, with a cache of its own."""
    with working(tmp_path_factory.mktemp("jobs")) as there:
        yield there


def training(spec, seed, steps=1200):
    """A training that lasts until it is stopped, a different one for each seed."""
    config = finetune.Config(learning_rate=1e-5, batch_size=8, epochs=100.0, steps=steps)
    return run.make_spec(spec.model, ORIGIN[0], (Step("finetune", config),), seed=seed)


ORIGIN = []


@pytest.fixture(autouse=True)
def origin_of_the_world(world):
    ORIGIN[:] = [world[2]]


def test_the_log_says_when_each_stage_began_and_what_a_training_scored():
    job = Job("job", submitted=time.monotonic() - 5)
    start(job)
    train = [Event("train", step, 10, value=0.7 if step == 5 else None) for step in range(1, 9)]
    for event in (Event("load"), *train, Event("evaluate", 1, 2), Event("evaluate", 2, 2)):
        note(job, event)
    assert [(event.stage, event.done) for _, event in job.log] == [
        ("load", 0),
        ("train", 1),
        ("train", 5),
        ("evaluate", 1),
    ]
    assert all(seconds >= 5 for seconds, _ in job.log)
    start(job)
    assert job.log[-1][1].stage == "restarted"


def test_a_spec_is_computed_and_its_result_lies_in_the_store(world):
    jobs, dense, origin, cache = world
    spec = run.make_spec(dense.model, origin, (L1,))
    key = jobs.run(spec, origin, QUICK, "half")
    first = jobs.status(key)
    assert key == spec.key == first.spec and first.active and (first.title, first.form) == ("half", "")
    status = wait(jobs, key)
    assert (status.state, status.error, status.restarts) == ("done", None, 0)
    result = Store(cache / "results").read(spec.key)
    assert result.spec == spec and result.speeds[0].seq == 16
    assert Store(cache / "results").read(spec.dense.key) is not None


def test_handing_a_job_over_does_not_wait_for_it(world):
    jobs, _, _, cache = world
    started = time.monotonic()
    key = jobs.submit(write_line, "slow", {"file": str(cache / "slow"), "seconds": 1.5}, "", 0)
    assert time.monotonic() - started < 0.5 and jobs.status(key).active
    wait(jobs, key)


def test_equal_jobs_are_computed_once(world, tmp_path):
    jobs = world[0]
    file = tmp_path / "lines"
    keys = {jobs.submit(write_line, "same", {"file": str(file), "seconds": 0.5}, "", 0) for _ in range(10)}
    assert keys == {"same"} and [status.key for status in jobs.active()] == ["same"]
    wait(jobs, "same")
    assert len(file.read_text().splitlines()) == 1


def test_equal_specs_are_one_job(world):
    jobs, dense, origin, _ = world
    for _ in range(5):
        jobs.run(training(dense, seed=1), origin, None)
    key = training(dense, seed=1).key
    wait(jobs, key, lambda status: status.event.stage == "train")
    jobs.run(training(dense, seed=1), origin, None)
    assert [status.key for status in jobs.active()] == [key] and jobs.status(key).restarts == 0
    jobs.cancel(key)
    wait(jobs, key)


def test_a_finished_job_can_be_asked_for_again(world, tmp_path):
    jobs = world[0]
    for count in (1, 2):
        wait(jobs, jobs.submit(write_line, "again", {"file": str(tmp_path / "lines")}, "", 0))
        assert len((tmp_path / "lines").read_text().splitlines()) == count


def test_events_arrive_while_it_runs(world):
    jobs, dense, origin, _ = world
    key = jobs.run(training(dense, seed=2, steps=40), origin, None)
    status = wait(jobs, key, lambda status: status.event.stage == "train" and status.event.done >= 2)
    assert status.state == "running" and status.seconds > 0
    event = status.event
    assert event.total == 40 and 0 < event.done <= 40 and event.loss > 0
    assert event.eta_s > 0 or event.done == 40
    wait(jobs, key)
    # quality streamed after the training, and the last word was its size
    assert jobs.status(key).state == "done" and jobs.status(key).event.stage in ("evaluate", "size")


def test_cancel_within_a_second(world):
    jobs, dense, origin, cache = world
    spec = training(dense, seed=3)
    key = jobs.run(spec, origin, None)
    wait(jobs, key, lambda status: status.event.stage == "train")
    started = time.monotonic()
    jobs.cancel(key)
    assert wait(jobs, key).state == "cancelled"
    assert time.monotonic() - started < 5  # a second on a machine that does nothing else
    assert Store(cache / "results").read(spec.key) is None and jobs.active() == []


def test_a_job_that_waits_is_withdrawn(world, tmp_path):
    jobs, dense, origin, _ = world
    first = jobs.run(training(dense, seed=4), origin, None)
    wait(jobs, first, lambda status: status.event.stage == "train")
    second = jobs.submit(write_line, "never", {"file": str(tmp_path / "lines")}, "", 0)
    assert {status.key for status in jobs.active()} == {first, second}
    jobs.cancel(second)
    wait(jobs, second)
    jobs.cancel(first)
    wait(jobs, first)
    assert jobs.status(second).state == "cancelled" and not (tmp_path / "lines").exists()


def test_a_killed_worker_is_restarted_and_the_job_ends_well(world):
    jobs, dense, origin, cache = world
    spec = training(dense, seed=5, steps=60)
    key = jobs.run(spec, origin, None)
    wait(jobs, key, lambda status: status.event.stage == "train")
    os.kill(worker_pid(jobs), signal.SIGKILL)
    status = wait(jobs, key)
    assert (status.state, status.restarts, status.error) == ("done", 1, None)
    assert Store(cache / "results").read(spec.key) is not None


def test_what_a_user_can_mend_comes_back_as_words(world, tmp_path):
    jobs, _, _, _ = world
    spec, origin = tiny.experiment(tmp_path, L1, count=60)
    tiny.folder(tmp_path / "model", tiny.bert(seed=9))
    status = wait(jobs, jobs.run(spec, origin, None))
    assert status.state == "failed"
    assert str(status.error) == f"'{spec.model}' has changed on disk since it was chosen; choose it again"


def test_every_length_is_timed_by_a_job(world):
    jobs, dense, origin, cache = world
    spec = run.make_spec(dense.model, origin, (L1,), seed=7)
    key = jobs.time_lengths(spec, origin)
    assert key == lengths_key(spec) != spec.key
    status = wait(jobs, key)
    assert (status.state, status.error, status.event.stage) == ("done", None, "lengths")
    result = Store(cache / "results").read(spec.key)
    assert {(s.batch, s.seq) for s in result.speeds} == set(lengths.grid(140))


def test_a_bug_is_a_failure_with_its_name(world):
    jobs = world[0]
    status = wait(jobs, jobs.submit(fail, "bug", {"word": "missing"}, "", 0))
    assert status.state == "failed" and str(status.error) == "KeyError: 'missing'"


def test_a_picture_is_drawn_into_the_cache(world):
    jobs, dense, origin, cache = world
    step = Step("magnitude", magnitude.Config(layers="all"))
    status = wait(jobs, jobs.draw(dense, origin, step, "picture", Mosaic()))
    assert status.state == "done"
    drawn = (cache / "pictures" / "picture.bin").read_bytes()
    assert drawn == tiny.mosaic(tiny.bert(), step)
    assert len(unpack(drawn)[0]["matrices"]) == 14 and LEVELS == 101


def test_a_model_can_be_trained_into_a_folder_that_loads(world, monkeypatch):
    jobs, dense, origin, cache = world
    spec = training(dense, seed=6, steps=2)
    monkeypatch.setattr(paths, "CACHE", cache)
    for _ in range(2):  # asked for again, it is there
        status = wait(jobs, jobs.train(spec, origin))
        assert (status.state, status.error) == ("done", None)
    trained = load(find.resolve(str(trained_folder(spec)))).model
    expected = compress(spec, origin, Store(cache / "results")).model
    assert all(torch.equal(a, b) for a, b in zip(trained.parameters(), expected.parameters(), strict=True))


def test_nothing_listens(world):
    ours = psutil.Process()
    before = {
        connection.laddr for connection in ours.net_connections("inet") if connection.status == psutil.CONN_LISTEN
    }
    for one in (psutil.Process(pid) for pid in world[0]._lanes.pids()):
        assert "core.jobs.process" in one.cmdline()
        for each in (one, *one.children(recursive=True)):
            assert each.net_connections("inet") == []
    assert before == {c.laddr for c in ours.net_connections("inet") if c.status == psutil.CONN_LISTEN}


def test_an_unknown_job_has_no_status(world):
    assert world[0].status("nothing") is None
    world[0].cancel("nothing")


def test_nothing_is_started_before_it_is_needed():
    jobs = Jobs()
    assert jobs.active() == [] and jobs._lanes.pids() == [] and jobs._lanes._threads == []
    jobs.close()


def test_a_worker_that_cannot_start_is_a_failed_job(monkeypatch):
    jobs = Jobs()
    monkeypatch.setattr(process.sys, "executable", "/nowhere/python")
    try:
        status = wait(jobs, jobs.submit(write_line, "key", {}, "", 0))
        assert status.state == "failed" and str(status.error).startswith(
            "the worker could not be started: FileNotFoundError"
        )
    finally:
        jobs.close()


def test_close_ends_every_process(tmp_path):
    jobs = Jobs()
    wait(jobs, jobs.submit(write_line, "key", {"file": str(tmp_path / "lines")}, "", lanes.QUICK))
    jobs.submit(write_line, "runs", {"file": str(tmp_path / "lines"), "seconds": 60}, "", lanes.LONG)
    wait(jobs, "runs", lambda status: status.state == "running")
    processes = [psutil.Process(pid) for pid in jobs._lanes.pids()]
    jobs.close()
    assert len(processes) == 2 and psutil.wait_procs(processes, timeout=20)[1] == []


def test_a_job_that_measures_the_memory_is_another_one(world):
    jobs, dense, origin, _ = world
    keys = [jobs.run(dense, origin, timing) for timing in (None, Timing(pairs=3), Timing(pairs=3, memory=True))]
    assert keys == [dense.key, dense.key, f"{dense.key}-memory"]
    assert wait(jobs, keys[-1]).state == "done"
