"""What a job's status says of the time that it still takes."""

import pytest

from core.control import Event
from core.jobs.status import Job, with_eta


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
