"""What each stored result costs on an axis, and times of one machine at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from core.control import Timing
from core.environment import here
from core.result import Result, Size, Speed
from core.spec import TORCH

MS = "ms"
SIZES: dict[str, Callable[[Size], int]] = {
    "zip_mb": lambda size: size.zip_bytes,
    "mb": lambda size: size.bytes,
    "nonzero": lambda size: size.nonzero,
    "macs": lambda size: size.macs,
}
AXES = ("zip_mb", MS, "mb", "nonzero", "macs")


@dataclass(frozen=True)
class Time:
    """Milliseconds of a sentence of usual length on one thread, and the slower end of their 95 % interval."""

    ms: float
    high: float


@dataclass(frozen=True)
class Candidate:
    """A result on an axis: milliseconds of a sentence, else millions of bytes, weights or multiply-accumulates."""

    result: Result
    cost: float


def usual(result: Result, against: str = "") -> list[Speed]:
    """The times of one sentence of usual length on one thread, oldest first; against: see Speed.

    A browser has no PyTorch: its times are beside the dense model in its own runtime, whatever is asked for.
    """
    timing = Timing()
    settings = (timing.batch, timing.seq, timing.threads)
    able = (s for s in result.speeds if s.against == against or s.environment.is_browser)
    return [s for s in able if (s.batch, s.seq, s.threads) == settings]


def speed_of(result: Result, against: str = "") -> Speed | None:
    """The usual time of one result alone: this machine's, else the newest of another; one that was taken while the
    machine was busy only where there is no other."""
    timed = usual(result, against)
    own = [speed for speed in timed if speed.environment.machine == here().machine]
    quiet = [[speed for speed in some if not speed.busy] for some in (own, timed)]
    return next((some[-1] for some in (*quiet, own, timed) if some), None)


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


def times(results: Sequence[Result], machine: str = "") -> list[Time | None]:
    """The time of each result that can be compared with the others'; None without one of that machine.

    It is that of the dense model in PyTorch, the median of all days, divided by how much faster a result was beside it:
    on another day the machine may have been slower for both. machine: as for `one_machine`.
    """
    speeds = one_machine(results, beside_torch(results), machine)
    dense = [speed.dense_median_ms for speed in speeds if speed is not None]
    reference = median(dense) if dense else 0.0
    return [None if s is None else Time(reference / s.speedup, reference / s.interval[0]) for s in speeds]


def comparable(results: Sequence[Result]) -> dict[str, int]:
    """How many of the results each machine has `times` of, most first: the first is whose times are the usual ones."""
    return machines(results, beside_torch(results))


def beside_torch(results: Sequence[Result]) -> list[str]:
    """For each result what its time has to be taken against, so that all are against dense in PyTorch."""
    return ["" if result.spec.runtime == TORCH else TORCH for result in results]


def on_axis(results: Sequence[Result], axis: str, machine: str = "") -> list[Candidate]:
    """The results that can stand on this axis of AXES together; machine: as for `one_machine`."""
    if axis == MS:
        found = times(results, machine)
        return [Candidate(result, time.ms) for result, time in zip(results, found, strict=True) if time is not None]
    return [Candidate(result, SIZES[axis](result.size) / 1e6) for result in results]
