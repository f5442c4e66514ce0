"""What each stored result costs on an axis, and times of one machine at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.control import Timing
from core.environment import here
from core.result import Result, Size, Speed

MS = "ms"
SIZES: dict[str, Callable[[Size], int]] = {
    "zip_mb": lambda size: size.zip_bytes,
    "mb": lambda size: size.bytes,
    "nonzero": lambda size: size.nonzero,
    "macs": lambda size: size.macs,
}
AXES = ("zip_mb", MS, "mb", "nonzero", "macs")


@dataclass(frozen=True)
class Candidate:
    """A result on an axis: milliseconds of a sentence, else millions of bytes, weights or multiply-accumulates."""

    result: Result
    cost: float


def usual(result: Result, against: str = "") -> list[Speed]:
    """The times of one sentence of usual length on one thread, oldest first; against: see Speed."""
    timing = Timing()
    settings = (timing.batch, timing.seq, timing.threads, against)
    return [s for s in result.speeds if (s.batch, s.seq, s.threads, s.against) == settings]


def speed_of(result: Result, against: str = "") -> Speed | None:
    """The usual time of one result alone: this machine's, else the newest of another."""
    timed = usual(result, against)
    own = [speed for speed in timed if speed.environment.machine == here().machine]
    return next(reversed(own or timed), None)


def machines(results: Sequence[Result], against: Sequence[str] = ()) -> dict[str, int]:
    """How many of the results each machine has timed, most first; of two with as many this machine comes first.

    against: for each result the runtime of the dense model beside it, "" for its own.
    """
    counts = Counter(machine for timed in _by_machine(results, against) for machine in timed)
    order = sorted(counts, key=lambda machine: (-counts[machine], machine != here().machine))
    return {machine: counts[machine] for machine in order}


def one_machine(results: Sequence[Result], against: Sequence[str] = (), machine: str = "") -> list[Speed | None]:
    """The usual time of each result, all of one machine, since times of two never share an axis; None without one.

    machine: "" takes the one that has timed most of them. against: as for `machines`.
    """
    chosen = machine or next(iter(machines(results, against)), "")
    return [timed.get(chosen) for timed in _by_machine(results, against)]


def _by_machine(results: Sequence[Result], against: Sequence[str]) -> list[dict[str, Speed]]:
    pairs = zip(results, against or [""] * len(results), strict=True)
    return [{speed.environment.machine: speed for speed in usual(result, beside)} for result, beside in pairs]


def on_axis(results: Sequence[Result], axis: str, machine: str = "") -> list[Candidate]:
    """The results that can stand on this axis of AXES together; machine: as for `one_machine`."""
    if axis == MS:
        speeds = one_machine(results, machine=machine)
        return [Candidate(r, s.median_ms) for r, s in zip(results, speeds, strict=True) if s is not None]
    return [Candidate(result, SIZES[axis](result.size) / 1e6) for result in results]
