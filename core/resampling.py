"""Intervals and tests for figures without a formula, by resampling examples: plain numbers in and out.

A figure is a function of weights, (draws, examples) -> (draws,): how often each example is counted. So a mean, an F1
score and a rank correlation are resampled by the same few lines. Examples that are alike are one with a count, which
is the same and much quicker. The seed is fixed: equal examples give equal figures.
"""

import functools
from collections.abc import Callable, Iterator
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
MOST_DRAWS = 20_000_000  # of all resamples together: a quarter of a second, and 2,000 of them for 10,000 examples
CHUNK = 1_000_000  # draws that are in memory at once
ALL_SIGNS = 15  # up to so many differences every choice of their signs is tried
MOST_LEFT_OUT = 2_000  # examples up to which each is left out once, for the acceleration; it falls as 1 / sqrt(n)
ROUNDING = 1e-9  # sums of the same numbers in other orders differ by rounding
NORMAL = NormalDist()
Values = npt.NDArray[np.float64]
Figure = Callable[[Values], Values]


def interval_of(figure: Figure, counts: Values, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % bootstrap interval of a figure of examples, BCa (Efron 1987, JASA 82:171); the figure twice where no
    resample changes it. counts: how often each example is there."""
    value = float(figure(counts[None])[0])
    found = np.concatenate([figure(weights) for weights in _resamples(counts, resamples)])
    return _bca(found, value, _acceleration(figure, counts))


def difference_of(
    before: Figure, after: Figure, counts: Values, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """95 % bootstrap interval of after - before over the same examples, and two-sided p by the share of resamples on
    the other side of zero (Efron and Tibshirani 1993, An Introduction to the Bootstrap, 15.4)."""

    def gained(weights: Values) -> Values:
        return after(weights) - before(weights)

    value = float(gained(counts[None])[0])
    found = np.concatenate([gained(weights) for weights in _resamples(counts, resamples)])
    tail = min(int((found <= ROUNDING).sum()), int((found >= -ROUNDING).sum()))
    return *_bca(found, value, _acceleration(gained, counts)), min(1.0, 2 * (1 + tail) / (1 + len(found)))


def swaps(figure: Figure, counts: Values, differ: npt.NDArray[np.bool_], resamples: int = RESAMPLES) -> float:
    """Two-sided p of the difference between two models' figures, by exchanging their answers to single examples
    (approximate randomization, Noreen 1989).

    figure: of twice as many weights, those of the first model's answers before those of the second's. differ: where
    exchanging changes anything. Exact for up to 15 examples that differ; else by chance, where the answers as they are
    count as one more draw.
    """

    def apart(exchanged: Values) -> Values:
        first = np.concatenate([counts - exchanged, exchanged], 1)
        second = np.concatenate([exchanged, counts - exchanged], 1)
        return np.abs(figure(second) - figure(first))

    least = float(apart(np.zeros((1, len(counts))))[0]) - ROUNDING
    often = np.where(differ, counts, 0).astype(np.int64)
    single = np.repeat(np.arange(len(counts)), often)  # the place of each example that differs
    if len(single) <= ALL_SIGNS:
        chosen = (np.arange(1 << len(single))[:, None] >> np.arange(len(single)) & 1).astype(np.float64)
        every = chosen @ np.eye(len(counts))[single]
        parts = np.array_split(every, max(1, every.size // CHUNK))
        return float(np.mean(np.concatenate([apart(one) for one in parts]) >= least))
    order, hits, total = np.random.default_rng(0), 0, 0
    for rows in _chunks(len(counts), int(counts.sum()), resamples):
        found = apart(order.binomial(often, 0.5, size=(rows, len(counts))).astype(np.float64))
        hits, total = hits + int((found >= least).sum()), total + rows
    return (1 + hits) / (1 + total)


@functools.lru_cache(maxsize=1024)  # a page asks for the same pair of results at every rerun
def bootstrap(values: tuple[float, ...], resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % bootstrap interval of the mean; the mean twice where all values are alike."""
    every, counts = np.unique(np.array(values, dtype=np.float64), return_counts=True)
    return interval_of(lambda weights: weights @ every / len(values), counts.astype(np.float64), resamples)


@functools.lru_cache(maxsize=1024)
def sign_flips(differences: tuple[float, ...], resamples: int = RESAMPLES) -> float:
    """Two-sided p of paired differences under a mean of 0, by flipping signs (Fisher 1935, Design of Experiments, 21).

    Exact for up to 15 pairs that differ; else by chance, where the pairs as they are count as one more draw.
    """
    moved, counts = np.unique(np.array([one for one in differences if one], dtype=np.float64), return_counts=True)
    first = np.concatenate([moved, np.zeros(len(moved))])  # the second model's scores are those of no change
    return swaps(lambda weights: weights @ first, counts.astype(np.float64), np.ones(len(moved), bool), resamples)


def _bca(found: Values, value: float, skew: float) -> tuple[float, float]:
    """The interval from resampled figures, corrected for their bias and for their acceleration."""
    if np.ptp(found) <= ROUNDING:
        return value, value
    below = (np.count_nonzero(found < value - ROUNDING) + np.count_nonzero(found <= value + ROUNDING)) / (
        2 * len(found)
    )
    bias = NORMAL.inv_cdf(min(max(below, 0.5 / len(found)), 1 - 0.5 / len(found)))
    tails = [bias + NORMAL.inv_cdf(tail) for tail in (0.025, 0.975)]
    low, high = np.quantile(found, [NORMAL.cdf(bias + tail / (1 - skew * tail)) for tail in tails]).tolist()
    return low, high


def _acceleration(figure: Figure, counts: Values) -> float:
    """The acceleration by the jackknife (Efron 1987, 6.5); 0 for many examples, where it is small."""
    n = len(counts)
    if n > MOST_LEFT_OUT:
        return 0.0
    rows = max(1, CHUNK // max(1, n))
    parts = [counts - np.eye(n)[start : start + rows] for start in range(0, n, rows)]
    each = np.concatenate([figure(part) for part in parts])
    apart = float(counts @ each) / float(counts.sum()) - each
    squares = float(counts @ apart**2)
    return float(counts @ apart**3) / (6 * squares**1.5) if squares > ROUNDING**2 else 0.0


def _resamples(counts: Values, resamples: int) -> Iterator[Values]:
    """How often each example is drawn, as many in all as there are, with replacement; a part at a time."""
    order, n, total = np.random.default_rng(0), len(counts), int(counts.sum())
    for rows in _chunks(n, total, resamples):
        if n < total:
            yield order.multinomial(total, counts / total, size=rows).astype(np.float64)
        else:  # a hundred times as quick where each is there once
            drawn = order.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
            yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _chunks(width: int, total: int, count: int) -> Iterator[int]:
    """How many rows of that width to take at a time, `count` in all, or fewer of many examples."""
    left = min(count, max(1, MOST_DRAWS // max(1, total)))
    while left:
        rows = min(left, max(1, CHUNK // max(1, width)))
        yield rows
        left -= rows
