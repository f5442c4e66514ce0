"""An executor with a worker of its own, and waiting for its jobs."""

import contextlib
import time

import pytest

from core.jobs.executor import Jobs
from tests.support import tiny

PATIENCE_S = 240  # to start a process that imports torch on a busy machine


@contextlib.contextmanager
def working(folder):
    """An executor, a tiny experiment, and the cache of its worker, which has begun."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONSAI_CACHE", str(folder / "cache"))
        jobs = Jobs()
        spec, origin = tiny.experiment(folder)
        wait(jobs, jobs.warm_up(spec.model, origin))
    yield jobs, spec, origin, folder / "cache"
    jobs.close()


def wait(jobs, key, until=lambda status: not status.active):
    """The first status that fulfils the condition."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        status = jobs.status(key)
        if until(status):
            return status
        assert status.active, f"ended too early: {status}"
        time.sleep(0.02)
    pytest.fail(f"nothing came of {jobs.status(key)}")


def worker_pid(jobs):
    """Process id of the worker that does a job."""
    return jobs._lanes.pids()[-1]
