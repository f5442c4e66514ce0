"""What a budget buys: quality at least, milliseconds at most, megabytes at most, all at once, from what is stored.

A limit is a number in its own unit and never stands for another quantity. Times are those of core.choice.times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.choice import Time, times
from core.result import Result

QUALITY, MS, MB = "quality", "ms", "mb"
LIMITS = (QUALITY, MS, MB)
FASTEST, SMALLEST, BEST = "fastest", "smallest", "most accurate"
GOALS = (FASTEST, SMALLEST, BEST)
AIMS = {FASTEST: MS, SMALLEST: MB, BEST: QUALITY}  # what each goal is to make small
MARGIN = 0.02  # what is better by less is not worth a word


@dataclass(frozen=True)
class Budget:
    """What is asked for; None asks for nothing. quality: of the leading metric, 0..1. ms: of one sentence of 128 tokens
    on one thread. mb: of the file.

    goal: one of GOALS, by which the best of all that fit is found. sure: the limits hold for the unfavourable end of
    each 95 % interval.
    """

    quality: float | None = None
    ms: float | None = None
    mb: float | None = None
    goal: str = FASTEST
    sure: bool = False

    @property
    def asks_for_time(self) -> bool:
        """Does it matter whose times count?"""
        return self.ms is not None or self.goal == FASTEST

    @property
    def limits(self) -> dict[str, float]:
        """Those that are asked for, by name."""
        found = {name: getattr(self, name) for name in LIMITS}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def allowed(self) -> dict[str, float]:
        """The same as the most that each may cost, see Option.cost: of quality the errors."""
        return {name: 1 - value if name == QUALITY else value for name, value in self.limits.items()}


@dataclass(frozen=True)
class Option:
    """A stored result with what it costs; ms and its interval are None where that machine has not timed it."""

    result: Result
    ms: float | None
    ms_high: float | None
    mb: float

    @property
    def quality(self) -> float:
        """Its leading figure, 0..1."""
        return self.result.quality.interval.value

    def cost(self, limit: str, sure: bool) -> float:
        """What counts against a limit: errors for quality, so that less is better everywhere; infinite if unknown."""
        if limit == QUALITY:
            return 1 - (self.result.quality.interval.low if sure else self.quality)
        if limit == MB:
            return self.mb
        found = self.ms_high if sure else self.ms
        return float("inf") if found is None else found


@dataclass(frozen=True)
class Relaxation:
    """A limit that is loosened to a value, and what that buys."""

    limit: str
    value: float
    option: Option


@dataclass(frozen=True)
class Answer:
    """pick: the best that fits, next: the one after it; both None where nothing fits, and then closest is what misses
    the limits by least, and misses says by how much, in their units.

    relaxation: the least by which one limit lets a better one in, better by more than MARGIN; None where none does, and
    where the goal is speed and the pick was not timed: then nobody knows what is better.
    best: what would be taken without limits, where that is another one and no relaxation says it. count: of how
    many; timed: how many of those were.
    """

    pick: Option | None = None
    next: Option | None = None
    relaxation: Relaxation | None = None
    closest: Option | None = None
    misses: Mapping[str, float] = field(default_factory=dict)
    best: Option | None = None
    count: int = 0
    timed: int = 0

    @property
    def binding(self) -> str | None:
        """The limit that keeps a better one away; None where none does."""
        return self.relaxation.limit if self.relaxation else None


def options(results: Sequence[Result], machine: str = "") -> list[Option]:
    """The results with their costs; machine: whose times count, "" the one that has timed most of them."""
    return [_option(result, time) for result, time in zip(results, times(results, machine), strict=True)]


def _option(result: Result, time: Time | None) -> Option:
    mb = result.size.bytes / 1e6
    return Option(result, None, None, mb) if time is None else Option(result, time.ms, time.high, mb)


def answer(known: Sequence[Option], budget: Budget) -> Answer:
    """What to take of these within the budget, what binds, and what the least relaxation buys. O(n).

    What nobody timed comes after all that was.
    """
    count, timed = len(known), sum(one.ms is not None for one in known)
    fitting = sorted((one for one in known if not _misses(one, budget)), key=lambda one: _rank(one, budget.goal))
    if not fitting:
        closest = min(known, key=lambda one: sum(_shares(one, budget).values()), default=None)
        return Answer(closest=closest, misses=_misses(closest, budget) if closest else {}, count=count, timed=timed)
    pick, following = fitting[0], fitting[1] if len(fitting) > 1 else None
    if _rank(pick, budget.goal)[0] == float("inf"):
        return Answer(pick, following, count=count, timed=timed)
    relaxation, best = _relaxation(known, budget, pick), min(known, key=lambda one: _rank(one, budget.goal))
    beyond = best if relaxation is None and _rank(best, budget.goal)[0] < _rank(pick, budget.goal)[0] else None
    return Answer(pick, following, relaxation, best=beyond, count=count, timed=timed)


def _relaxation(known: Sequence[Option], budget: Budget, pick: Option) -> Relaxation | None:
    """The least that one limit has to give way, as a share of what it allows, for something better than the pick."""
    found: list[tuple[float, Relaxation]] = []
    for one in known:
        shares = _shares(one, budget)
        if len(shares) == 1 and _rank(one, budget.goal)[0] < (1 - MARGIN) * _rank(pick, budget.goal)[0]:
            ((limit, share),) = shares.items()
            cost = one.cost(limit, budget.sure)
            found.append((share, Relaxation(limit, 1 - cost if limit == QUALITY else cost, one)))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _rank(one: Option, goal: str) -> tuple[float, ...]:
    ms = one.cost(MS, False)
    return {
        FASTEST: (ms, one.cost(QUALITY, False), one.mb),
        SMALLEST: (one.mb, one.cost(QUALITY, False), ms),
        BEST: (one.cost(QUALITY, False), ms, one.mb),
    }[goal]


def _misses(one: Option, budget: Budget) -> dict[str, float]:
    """By how much it is over each limit that it does not meet, in that limit's unit."""
    over = {name: one.cost(name, budget.sure) - most for name, most in budget.allowed.items()}
    return {name: by for name, by in over.items() if by > 1e-12}


def _shares(one: Option, budget: Budget) -> dict[str, float]:
    """The same as shares of what each limit allows: of the errors, the milliseconds, the megabytes."""
    return {name: by / max(budget.allowed[name], 1e-9) for name, by in _misses(one, budget).items()}
