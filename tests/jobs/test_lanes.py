"""The two lanes: a training stands still for what is short, times wait, and nothing dies with a worker."""

import time

import pytest

from core.jobs import lanes
from core.jobs.executor import Jobs
from tests.support.work import die, ignore, write_line
from tests.support.worker import wait

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def jobs():
    found = Jobs()
    yield found
    found.close()


def asked(jobs, key, priority, file, seconds=0.0, watcher="", timing=None):
    payload = {"file": str(file), "seconds": seconds, "timing": timing, "line": key}
    return jobs.submit(write_line, key, payload, "", priority, watcher)


def has_begun(file, key):
    end = time.monotonic() + 240
    while not (file.exists() and key in file.read_text().split()):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_training_stands_still_while_something_short_is_done(jobs, tmp_path):
    file = tmp_path / "lines"
    asked(jobs, "long", lanes.LONG, file, seconds=3)
    has_begun(file, "long")
    asked(jobs, "short", lanes.QUICK, file, seconds=1)
    assert wait(jobs, "long", lambda status: status.event.stage == "paused").state == "running"
    assert wait(jobs, "short").state == "done"
    assert wait(jobs, "long", lambda status: not status.active).state == "done"
    assert file.read_text().split() == ["long", "short"]
    assert len(jobs._lanes.pids()) == 1  # what the long one took is given back


def test_a_training_does_not_begin_while_something_short_is_done(jobs, tmp_path):
    file = tmp_path / "lines"
    asked(jobs, "short", lanes.QUICK, file, seconds=1)
    asked(jobs, "long", lanes.LONG, file)
    asked(jobs, "next", lanes.QUICK, file)
    wait(jobs, "long")
    assert file.read_text().split() == ["short", "next", "long"]


def test_times_are_taken_when_nobody_waits_for_an_accuracy(jobs, tmp_path):
    file = tmp_path / "lines"
    asked(jobs, "first", lanes.QUICK, file, seconds=1)
    has_begun(file, "first")
    asked(jobs, "timed", lanes.QUICK, file, timing={"pairs": 3})
    asked(jobs, "other", lanes.QUICK, file, seconds=0.5)
    status = wait(jobs, "timed", lambda status: status.event.stage == "times")
    assert status.state == "waiting" and status.ahead == 1  # its accuracy is there
    assert wait(jobs, "timed").state == "done"
    assert file.read_text().split() == ["first", "timed", "other", "timed"]
    asked(jobs, "alone", lanes.QUICK, file, timing={"pairs": 3})
    wait(jobs, "alone")
    assert file.read_text().split().count("alone") == 1  # in one go, where nobody waits


def test_one_sees_how_many_are_before_and_about_how_long(jobs, tmp_path):
    file = tmp_path / "lines"
    for place in range(3):
        asked(jobs, f"line-{place}", lanes.QUICK, file, seconds=0.5, watcher=f"w{place}")
    began = time.monotonic()
    status = jobs.status("line-2")
    assert status.state == "waiting" and status.ahead in (1, 2) and status.wait_s is not None
    wait(jobs, "line-2")
    assert time.monotonic() - began < 60


def test_a_job_that_kills_its_worker_is_given_up(jobs):
    jobs.submit(die, "deadly", {}, "", lanes.QUICK)
    status = wait(jobs, "deadly")
    assert (status.state, status.restarts) == ("failed", lanes.MOST_STARTS - 1)
    assert str(status.error).startswith("the worker process died 3 times in this job")


def test_a_cancelled_job_that_does_not_look_is_ended_with_its_worker(jobs, monkeypatch):
    monkeypatch.setattr(lanes, "STUCK_S", 0.5)
    jobs.submit(ignore, "stuck", {"seconds": 600}, "", lanes.QUICK)
    wait(jobs, "stuck", lambda status: bool(jobs._jobs["stuck"].starts))
    jobs.cancel("stuck")
    assert wait(jobs, "stuck").state == "cancelled"


def test_what_is_cancelled_before_there_is_a_worker_does_not_run(monkeypatch, tmp_path):
    monkeypatch.setattr(lanes.Lanes, "_is_for_later", lambda self, job: bool(time.sleep(0.5)))
    jobs = Jobs()
    try:
        asked(jobs, "early", lanes.QUICK, tmp_path / "lines", seconds=60)
        wait(jobs, "early", lambda status: status.state == "running")
        jobs.cancel("early")
        assert wait(jobs, "early").state == "cancelled" and not (tmp_path / "lines").exists()
    finally:
        jobs.close()
