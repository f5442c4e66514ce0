"""The same recipe with other seeds: how much of a figure is chance."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.result import Result
from core.spec import Spec

MOST = 10  # seeds 0 to 9 are looked for


@dataclass(frozen=True)
class Spread:
    """Mean, smallest and largest of so many values."""

    count: int
    mean: float
    low: float
    high: float


def stored(spec: Spec, read: Callable[[str], Result | None]) -> dict[int, Result]:
    """What `read` finds of a recipe under its key with each seed."""
    found = {seed: read(dataclasses.replace(spec, seed=seed).key) for seed in range(MOST)}
    return {seed: result for seed, result in found.items() if result is not None}


def accuracy(results: Mapping[int, Result]) -> Spread | None:
    """Of the percent that is right, over two seeds and more."""
    return _spread([100 * result.quality.interval.value for result in results.values()])


def gain(results: Mapping[int, Result], others: Mapping[int, Result]) -> Spread | None:
    """Of the points by which the first are better, seed by seed, over two seeds and more that both have."""
    pairs = [(results[seed], others[seed]) for seed in results if seed in others]
    return _spread([100 * (one.quality.interval.value - other.quality.interval.value) for one, other in pairs])


def _spread(values: Sequence[float]) -> Spread | None:
    if len(values) < 2:
        return None
    return Spread(len(values), sum(values) / len(values), min(values), max(values))
