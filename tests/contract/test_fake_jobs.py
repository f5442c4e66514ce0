"""The pages' tests talk to jobs that run at once: each call of theirs is one of the real executor."""

import inspect

import pytest

from core.jobs.executor import Jobs
from tests.support.app import FakeJobs

CALLS = sorted(name for name, value in vars(FakeJobs).items() if inspect.isfunction(value) and name[0] != "_")


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_what_the_real_one_takes(name: str) -> None:
    ours, real = (inspect.signature(getattr(kind, name)).parameters for kind in (FakeJobs, Jobs))
    assert [(one.name, one.kind, one.default) for one in ours.values()] == [
        (one.name, one.kind, one.default) for one in real.values()
    ]


def test_no_call_of_the_pages_is_missing() -> None:
    real = {name for name, value in vars(Jobs).items() if inspect.isfunction(value) and name[0] != "_"}
    assert real - set(CALLS) == {"submit", "close"}, "what only the server and the executor itself call"
