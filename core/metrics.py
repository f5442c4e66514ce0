"""Metrics: what the examples' answers come to in one figure with its interval, and how two models' are compared.

A Quality names its metric and keeps scores, answers and, where a metric counts them, the truths: so results are
compared without their examples, by the same rule everywhere, and a metric is a view of them.
"""

import collections
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.answers import APART, exact, normalised
from core.counting import (
    all_items,
    items,
    matthews,
    mean_f1,
    numbers,
    one_f1,
    pearson,
    spearman,
    with_class,
    with_rarest,
)
from core.intervals import mcnemar, paired_difference, wilson
from core.resampling import RESAMPLES, Figure, Values, bootstrap, difference_of, interval_of, sign_flips, swaps

ACCURACY, EXACT, MEAN_F1, MACRO_F1, MICRO_F1 = "accuracy", "exact match", "mean F1", "macro-F1", "micro-F1"
EXACT_ANSWER = "exact answer"  # of questions with several right ones
HAS_F1, HAS_EXACT, NO_EXACT = "HasAns F1", "HasAns exact", "NoAns exact"  # as the official script calls them
MATTHEWS, PEARSON, SPEARMAN = "Matthews", "Pearson", "Spearman"
ONE_F1 = re.compile(r"F1 of (?P<label>.+)", re.DOTALL)
TENTH = 0.1  # of the standard deviation of the truths: a number that moves further is another answer
RANKED = 2_000  # resamples where each of them is sorted
Range = tuple[float, float]
Difference = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sample:
    """What is known of the examples, in their order: a score each, an answer each, the truth where it is kept."""

    scores: tuple[float, ...]
    answers: tuple[str, ...] = ()
    truths: tuple[str, ...] = ()

    def of(self, places: Sequence[int]) -> "Sample":
        """The same of these examples only, by their numbers."""
        truths = tuple(self.truths[i] for i in places) if self.truths else ()
        return Sample(tuple(self.scores[i] for i in places), tuple(self.answers[i] for i in places), truths)


def _count(sample: Sample) -> int:
    return len(sample.scores)


def _others(before: Sample, after: Sample) -> tuple[int, ...]:
    """Where the answers are not the same."""
    return tuple(i for i, (a, b) in enumerate(zip(before.answers, after.answers, strict=True)) if a != b)


@dataclass(frozen=True)
class Metric:
    """A figure, at most 1, of the answers to a set of examples.

    interval: of how many resamples it may take, the 95 % interval of the figure. difference: of the sample before and
    after, what was gained, its 95 % interval, and p. share: is it one in 0..1, which is shown in percent? truths: does
    it need them? changed: of the sample before and after, the numbers of the examples whose answer is another one.
    count: of how many examples it is the figure.
    """

    name: str
    figure: Callable[[Sample], float]
    interval: Callable[[Sample, int], Range]
    difference: Callable[[Sample, Sample], Difference]
    share: bool = True
    truths: bool = True
    changed: Callable[[Sample, Sample], tuple[int, ...]] = _others
    count: Callable[[Sample], int] = _count


@functools.lru_cache(maxsize=256)
def of(name: str) -> Metric:
    """The metric of that name. Raises ValueError."""
    if found := ONE_F1.fullmatch(name):
        of_label = functools.partial(one_f1, found["label"])
        return _counted(name, of_label, functools.partial(with_class, found["label"]))
    if name not in METRICS:
        raise ValueError(f"unknown metric '{name}'; it needs an entry in core/metrics.py, beside {', '.join(METRICS)}")
    return METRICS[name]


def tolerance(sample: Sample) -> float:
    """By how much a number may move before it counts as another answer."""
    return TENTH * float(numbers(sample.truths).std())


def _moved(before: Sample, after: Sample) -> tuple[int, ...]:
    """Where the number that was answered moved by more than the tolerance."""
    if not before.answers:
        return ()
    apart = np.abs(numbers(after.answers) - numbers(before.answers)) > tolerance(before)
    return tuple(np.flatnonzero(apart).tolist())


def _mean(sample: Sample) -> float:
    """The mean score, 0 without any."""
    return sum(sample.scores) / len(sample.scores) if sample.scores else 0.0


def _share_interval(sample: Sample, resamples: int = RESAMPLES) -> Range:
    """Wilson's score interval."""
    return wilson(sum(sample.scores), len(sample.scores))


def _share_difference(before: Sample, after: Sample) -> Difference:
    """Agresti and Min's score interval and McNemar's exact p, of right and wrong answers."""
    if not {*before.scores, *after.scores} <= {0.0, 1.0}:
        raise ValueError("scores between right and wrong are not counted as right or wrong; name another metric")
    pairs = list(zip(before.scores, after.scores, strict=True))
    lost = sum(one > other for one, other in pairs)
    won = sum(one < other for one, other in pairs)
    return *paired_difference(lost, won, len(pairs)), mcnemar(lost, won)


def _reworded(before: Sample, after: Sample) -> tuple[int, ...]:
    """Where the answers differ in more than what does not count (core.answers)."""
    pairs = zip(before.answers, after.answers, strict=True)
    return tuple(i for i, (a, b) in enumerate(pairs) if a != b and normalised(a) != normalised(b))


@functools.lru_cache(maxsize=64)
def _exactly(sample: Sample) -> Sample:
    """The same answers, each scored by whether it is one of its right ones."""
    rows, second = zip(sample.answers, sample.truths, strict=True), not all(sample.truths)
    return Sample(tuple(exact(a, t.split(APART) if t else (), second) for a, t in rows), sample.answers)


def _exact_figure(sample: Sample) -> float:
    return _mean(_exactly(sample))


def _exact_interval(sample: Sample, resamples: int = RESAMPLES) -> Range:
    return _share_interval(_exactly(sample))


def _exact_difference(before: Sample, after: Sample) -> Difference:
    return _share_difference(_exactly(before), _exactly(after))


def _mean_interval(sample: Sample, resamples: int = RESAMPLES) -> Range:
    """Bootstrap over examples; scores that are all alike have no spread to resample.

    Those get the interval of right and wrong answers with the same mean, from which no score in 0..1 spreads more.
    """
    alike = len(set(sample.scores)) < 2
    return _share_interval(sample) if alike else bootstrap(sample.scores, resamples)


@functools.lru_cache(maxsize=1024)
def _mean_difference(before: Sample, after: Sample) -> Difference:
    """Bootstrap and sign flips over the pairs' differences; for differences that are all alike see `_mean_interval`."""
    moved = tuple(now - then for then, now in zip(before.scores, after.scores, strict=True))
    if len(set(moved)) < 2:
        lost, won = -sum(one for one in moved if one < 0), sum(one for one in moved if one > 0)
        return *paired_difference(lost, won, len(moved)), sign_flips(moved)
    return sum(moved) / len(moved), *bootstrap(moved), sign_flips(moved)


Weighted = Callable[[Sample], Figure]  # of a sample, its figure as a function of weights
Support = Callable[[Sample], int]  # of a sample, how many of its examples or items the figure counts


def len_of(sample: Sample) -> int:
    """All examples, which a coefficient counts."""
    return len(sample.answers)


def _value(weighted: Weighted, sample: Sample) -> float:
    n = len(sample.answers)
    return float(weighted(sample)(np.ones((1, n)))[0]) if n else 0.0


@functools.lru_cache(maxsize=1024)
def _resampled(weighted: Weighted, support: Support, sample: Sample, resamples: int) -> Range:
    """Bootstrap over examples. Where no resample differs, as all answers are right or none is, there is nothing to
    resample: a share then has the interval of right and wrong ones among what it counts, `support`, and a coefficient
    is not known at all, unless it is 1."""
    if not sample.answers:
        return 0.0, 1.0
    different, counts = _counts(sample.answers, sample.truths)
    low, high = interval_of(weighted(Sample((), *different)), counts, resamples)
    if low < high:
        return low, high
    n = support(sample)
    least, most = wilson(max(0.0, low) * n, n)
    if support is not len_of:
        return least, most
    return (2 * least - 1, 1.0) if low > 0 else (-1.0, 1.0)


def _counts(*texts: Sequence[str]) -> tuple[list[tuple[str, ...]], Values]:
    """The different examples, as their answers and truths, and how often each of them is there."""
    found = collections.Counter(zip(*texts, strict=True))
    return list(zip(*found, strict=True)), np.array(list(found.values()), dtype=np.float64)


@functools.lru_cache(maxsize=1024)
def _exchanged(weighted: Weighted, support: Support, before: Sample, after: Sample) -> Difference:
    """Bootstrap over examples, and p by exchanging the two models' answers."""
    delta, low, high, _ = _apart(weighted, support, before, after, RESAMPLES)
    if not before.answers:
        return delta, low, high, 1.0
    (one, other, truths), counts = _counts(before.answers, after.answers, before.truths)
    differ = np.array([a != b for a, b in zip(one, other, strict=True)], dtype=bool)
    return delta, low, high, swaps(weighted(Sample((), one + other, truths + truths)), counts, differ)


@functools.lru_cache(maxsize=1024)
def _resampled_difference(weighted: Weighted, before: Sample, after: Sample, resamples: int) -> Difference:
    """Bootstrap over examples for both: answers of two scales cannot be exchanged."""
    delta, low, high, p = _apart(weighted, len_of, before, after, resamples)
    return delta, low, high, 1.0 if before.answers == after.answers else p


def _apart(weighted: Weighted, support: Support, before: Sample, after: Sample, resamples: int) -> Difference:
    if before.truths != after.truths:
        raise ValueError("answers to other examples cannot be paired")
    n = len(before.answers)
    if not n:
        return 0.0, -1.0, 1.0, 1.0
    (one, other, truths), counts = _counts(before.answers, after.answers, before.truths)
    first, second = weighted(Sample((), one, truths)), weighted(Sample((), other, truths))
    low, high, p = difference_of(first, second, counts, resamples)
    delta = _value(weighted, after) - _value(weighted, before)
    if low == high:  # no resample differs: the doubt that answers which are all alike leave, among what is counted
        _, low, high = paired_difference(0, 0, max(1, support(before)))
        scale = 2 if support is len_of else 1  # a coefficient goes from -1 to 1
        low, high = max(-2.0, delta + scale * low), min(2.0, delta + scale * high)
    return delta, low, high, p


def _counted(name: str, weighted: Weighted, support: Support = len_of) -> Metric:
    """A metric of counts: of right and wrong answers to each class, or of items found and missed."""
    return Metric(
        name,
        functools.partial(_value, weighted),
        functools.partial(_resampled, weighted, support),
        functools.partial(_exchanged, weighted, support),
        share=support is not len_of,
    )


def _correlation(name: str, weighted: Weighted, resamples: int) -> Metric:
    def interval(sample: Sample, most: int) -> Range:
        return _resampled(weighted, len_of, sample, min(most, resamples))

    def difference(before: Sample, after: Sample) -> Difference:
        return _resampled_difference(weighted, before, after, resamples)

    return Metric(name, functools.partial(_value, weighted), interval, difference, share=False, changed=_moved)


def _among(name: str, whole: Metric, answerable: bool) -> Metric:
    """The metric of the examples that have an answer, or of those that have none, where F1 is the exact match."""

    def part(sample: Sample) -> Sample:
        return sample.of([place for place, truth in enumerate(sample.truths) if bool(truth) == answerable])

    return Metric(
        name,
        lambda sample: whole.figure(part(sample)),
        lambda sample, most: whole.interval(part(sample), most),
        lambda before, after: whole.difference(part(before), part(after)),
        count=lambda sample: _count(part(sample)),
    )


_F1 = Metric(MEAN_F1, _mean, _mean_interval, _mean_difference, truths=False, changed=_reworded)
_EXACT = Metric(EXACT_ANSWER, _exact_figure, _exact_interval, _exact_difference, changed=_reworded)
METRICS = {
    metric.name: metric
    for metric in (
        Metric(ACCURACY, _mean, _share_interval, _share_difference, truths=False),
        Metric(EXACT, _mean, _share_interval, _share_difference, truths=False),
        _F1,
        _EXACT,
        _among(HAS_F1, _F1, True),
        _among(HAS_EXACT, _EXACT, True),
        _among(NO_EXACT, _EXACT, False),
        _counted(MACRO_F1, mean_f1, with_rarest),
        _counted(MICRO_F1, items, all_items),
        _counted(MATTHEWS, matthews),
        _correlation(PEARSON, pearson, RESAMPLES),
        _correlation(SPEARMAN, spearman, RANKED),
    )
}
