"""How one job stands: its state, its last event with the seconds left, and the key under which it is found."""

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.control import Event, Timing
from core.errors import Words
from core.spec import Spec

# of a training: step, running loss, and the score of the validation examples where it was asked
Point = tuple[int, float | None, float | None]
Line = tuple[float, Event]  # of a log: seconds since the job was asked for, and what began or was found then
MOST_POINTS = 300
MOST_LINES = 200
State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Status:
    """What a page needs to draw a job.

    restarts: how many workers died under it. curve: of its last training. log: when each stage began, and the score of
    a training each time it was asked for. spec: the key of the Spec that it measures or exports, "" of any other job.
    form: the format of an export, "" of anything else. ahead: how many jobs come before it while it waits. wait_s:
    about how many seconds these take, None where nothing like them has been done yet.
    """

    key: str
    title: str
    state: State
    event: Event
    restarts: int
    error: Words | None
    seconds: float
    curve: tuple[Point, ...] = ()
    log: tuple[Line, ...] = ()
    spec: str = ""
    form: str = ""
    ahead: int = 0
    wait_s: float | None = None

    @property
    def active(self) -> bool:
        """Is there still something to wait for?"""
        return self.state in ("waiting", "running")


@dataclass
class Job:
    """What the executor knows of a job while it lasts; work: "module:function" of the worker."""

    name: str  # key and attempt: what a worker says of an earlier attempt is not of this one
    key: str = ""
    title: str = ""
    submitted: float = field(default_factory=time.monotonic)
    work: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    spec: str = ""
    form: str = ""
    kind: tuple[str, ...] = ()  # jobs of one kind take about as long
    state: State = "waiting"
    event: Event = Event("waiting")
    starts: int = 0
    cancelled: bool = False
    error: Words | None = None
    watchers: set[str] = field(default_factory=set)
    began: float | None = None
    ended: float | None = None
    curve: list[Point] = field(default_factory=list)
    log: list[Line] = field(default_factory=list)
    pace: tuple[str, int, float] = ("", 0, 0.0)  # the stage, where in it, and when it was first heard of

    @property
    def active(self) -> bool:
        """Does it wait or run?"""
        return self.state in ("waiting", "running")


def job_key(spec: Spec, timing: Timing | None) -> str:
    """The key under which `Jobs.run` computes: a job that also measures the memory is not one that does not."""
    return f"{spec.key}-memory" if timing is not None and timing.memory else spec.key


def lengths_key(spec: Spec) -> str:
    """The key under which `Jobs.time_lengths` times a Spec."""
    return f"lengths-{spec.key}"


def track_key(dense: Spec, method: str, layers: str) -> str:
    """The key under which `Jobs.track` answers at every position of a slider."""
    return f"track-{dense.key}-{method}-{layers}"


def find_key(dense: Spec) -> str:
    """The key under which `Jobs.find` searches; one search of a model and task at a time."""
    return f"find-{dense.key}"


def export_key(spec: Spec, form: str) -> str:
    """The key under which `Jobs.export` writes."""
    return f"export-{spec.key}-{form}"


def end(job: Job, state: State, error: Words | None = None) -> None:
    """It is over: stop its clock."""
    job.state, job.error, job.ended = state, error, time.monotonic()


def status_of(job: Job, ahead: int = 0, wait_s: float | None = None) -> Status:
    """How it stands, for a page."""
    return Status(
        key=job.key,
        title=job.title,
        state=job.state,
        event=job.event,
        restarts=max(0, job.starts - 1),
        error=job.error,
        seconds=(job.ended or time.monotonic()) - job.submitted,
        curve=tuple(job.curve),
        log=tuple(job.log),
        spec=job.spec,
        form=job.form,
        ahead=ahead,
        wait_s=wait_s,
    )


def with_eta(job: Job, event: Event) -> Event:
    """The seconds that are left of a stage by its pace so far, where the stage does not say so itself."""
    now, (stage, first, since) = time.monotonic(), job.pace
    if event.stage != stage or event.done < first:
        job.pace = (event.stage, event.done, now)
    elif event.eta_s is None and first < event.done <= event.total:
        left = (now - since) / (event.done - first) * (event.total - event.done)
        return dataclasses.replace(event, eta_s=left)
    return event


def note(job: Job, event: Event) -> None:
    """Take what the worker says: the last event, the curve of a training, and what belongs in the log."""
    if event.stage != job.event.stage or (event.stage == "train" and event.value is not None):
        job.log.append((time.monotonic() - job.submitted, event))
        del job.log[:-MOST_LINES]
    if event.stage == "train":
        if job.curve and event.done <= job.curve[-1][0]:
            job.curve = []
        job.curve.append((event.done, event.loss, event.value))
        if len(job.curve) > MOST_POINTS:  # every other one; scores are few and stay
            job.curve = [point for place, point in enumerate(job.curve) if place % 2 or point[2] is not None]
    job.event = with_eta(job, event)


def start(job: Job) -> None:
    """A worker began; not the first one if it died under an earlier one."""
    job.starts += 1
    if job.starts > 1:
        note(job, Event("restarted"))
