"""Metrics: how the scores of the examples become one figure with its interval, and how two models' are compared.

A Quality names its metric, so that results are compared without their examples, by the same rule everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.intervals import mcnemar, paired_difference, wilson
from core.resampling import RESAMPLES, bootstrap, sign_flips

Scores = Sequence[float]


@dataclass(frozen=True)
class Metric:
    """A metric whose figure is the mean of scores in 0..1, one an example.

    interval: of scores and of how many resamples it may take, the 95 % interval of their mean.
    difference: of the scores before and after, the mean of what was gained, its 95 % interval, and p.
    """

    name: str
    interval: Callable[[Scores, int], tuple[float, float]]
    difference: Callable[[Scores, Scores], tuple[float, float, float, float]]


def of(name: str) -> Metric:
    """The metric of that name. Raises ValueError."""
    if name not in METRICS:
        raise ValueError(f"unknown metric '{name}'; it needs an entry in core/metrics.py, beside {', '.join(METRICS)}")
    return METRICS[name]


def _share_interval(scores: Scores, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Wilson's score interval."""
    return wilson(sum(scores), len(scores))


def _share_difference(before: Scores, after: Scores) -> tuple[float, float, float, float]:
    """Agresti and Min's score interval and McNemar's exact p, of right and wrong answers."""
    if not {*before, *after} <= {0.0, 1.0}:
        raise ValueError("scores between right and wrong are not counted as right or wrong; name another metric")
    pairs = list(zip(before, after, strict=True))
    lost = sum(one > other for one, other in pairs)
    won = sum(one < other for one, other in pairs)
    return *paired_difference(lost, won, len(pairs)), mcnemar(lost, won)


def _mean_interval(scores: Scores, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Bootstrap over examples; scores that are all alike have no spread to resample.

    Those get the interval of right and wrong answers with the same mean, from which no score in 0..1 spreads more.
    """
    alike = len(set(scores)) < 2
    return wilson(sum(scores), len(scores)) if alike else bootstrap(tuple(scores), resamples)


def _mean_difference(before: Scores, after: Scores) -> tuple[float, float, float, float]:
    """Bootstrap and sign flips over the pairs' differences; for differences that are all alike see `_mean_interval`."""
    moved = tuple(now - then for then, now in zip(before, after, strict=True))
    if len(set(moved)) < 2:
        lost, won = -sum(one for one in moved if one < 0), sum(one for one in moved if one > 0)
        return *paired_difference(lost, won, len(moved)), sign_flips(moved)
    return sum(moved) / len(moved), *bootstrap(moved), sign_flips(moved)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", _share_interval, _share_difference),
        Metric("F1", _mean_interval, _mean_difference),
    )
}
