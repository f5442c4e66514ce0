"""What a running experiment says, how it is stopped, and which latency it measures."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import Cancelled

PAIRS = 31


@dataclass(frozen=True)
class Event:
    """What a running experiment has to say: the stage, how far it is, and the running score while it evaluates."""

    stage: str  # what is said of it are the texts stage.*
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    loss: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Timing:
    """Which latency to measure: batch x seq random tokens on so many threads; seq None: batches of the evaluation."""

    batch: int = 1
    seq: int | None = 128
    threads: int = 1
    pairs: int = PAIRS
    memory: bool = False  # the peak of a process too, which takes two fresh processes
    again: bool = False  # also where a time is known, which the machine may have been too busy for


@dataclass(frozen=True)
class Control:
    """How a run reports and how it is stopped."""

    on_event: Callable[[Event], None] = lambda event: None
    cancelled: Callable[[], bool] = lambda: False


def held_up(cancelled: Callable[[], bool]) -> float:
    """Seconds for which a job had to wait for others when it asked whether to go on, so that no measured time counts
    them. Raises Cancelled where it is to stop."""
    asked = time.monotonic()
    if cancelled():
        raise Cancelled
    return time.monotonic() - asked


def in_terminal() -> Control:
    """One that says on stderr how far it is, where that is a terminal."""
    return Control(on_event=_print_progress) if sys.stderr.isatty() else Control()


def _print_progress(event: Event) -> None:
    share = f" {event.done}/{event.total}" if event.total else ""
    eta = f", {event.eta_s:.0f} s left" if event.eta_s is not None else ""
    score = f", {100 * event.value:.1f} %" if event.value is not None else ""
    print(f"\r\033[K{event.stage}{share}{score}{eta}", end="", file=sys.stderr, flush=True)
