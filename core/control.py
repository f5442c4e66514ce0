"""What a running experiment says, how it is stopped, and which latency it measures."""

from collections.abc import Callable
from dataclasses import dataclass

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
    """Which latency to measure: batch x seq random tokens on so many threads; seq None: the validation batches."""

    batch: int = 1
    seq: int | None = 128
    threads: int = 1
    pairs: int = PAIRS
    memory: bool = False  # the peak of a process too, which takes two fresh processes


@dataclass(frozen=True)
class Control:
    """How a run reports and how it is stopped."""

    on_event: Callable[[Event], None] = lambda event: None
    cancelled: Callable[[], bool] = lambda: False
