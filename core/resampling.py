"""Interval and test for a mean of scores that are fractions, by resampling examples: plain numbers in and out.

The seed is fixed, so that equal scores always give equal figures.
"""

import functools
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
MOST_DRAWS = 20_000_000  # of all resamples together: a quarter of a second, and 2,000 of them for 10,000 examples
CHUNK = 1_000_000  # draws that are in memory at once
ALL_SIGNS = 15  # up to so many differences every choice of their signs is tried
NORMAL = NormalDist()
Values = npt.NDArray[np.float64]


@functools.lru_cache(maxsize=1024)  # a page asks for the same pair of results at every rerun
def bootstrap(values: tuple[float, ...], resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, BCa (Efron 1987, JASA 82:171); the mean twice where all values are alike."""
    every = np.array(values, dtype=np.float64)
    mean = float(every.mean())
    centred = every - mean
    squares = float((centred**2).sum())
    if not squares:
        return mean, mean
    found = _rows(len(every), resamples, lambda order, shape: every[order.integers(len(every), size=shape)].mean(1))
    below = (np.count_nonzero(found < mean) + np.count_nonzero(found <= mean)) / (2 * len(found))
    bias = NORMAL.inv_cdf(min(max(below, 0.5 / len(found)), 1 - 0.5 / len(found)))
    skew = float((centred**3).sum()) / (6 * squares**1.5)  # the acceleration, which the jackknife gives of a mean
    tails = [bias + NORMAL.inv_cdf(tail) for tail in (0.025, 0.975)]
    low, high = np.quantile(found, [NORMAL.cdf(bias + tail / (1 - skew * tail)) for tail in tails]).tolist()
    return low, high


@functools.lru_cache(maxsize=1024)
def sign_flips(differences: tuple[float, ...], resamples: int = RESAMPLES) -> float:
    """Two-sided p of paired differences under a mean of 0, by flipping signs (Fisher 1935, Design of Experiments, 21).

    Exact for up to 15 pairs that differ; else by chance, where the pairs as they are count as one more draw.
    """
    moved = np.array([one for one in differences if one], dtype=np.float64)
    least = abs(float(moved.sum())) - 1e-9  # sums of the same numbers in other orders differ by rounding

    def sums(signs: npt.NDArray[np.int64]) -> Values:
        return np.abs((2.0 * signs - 1.0) @ moved)

    if len(moved) <= ALL_SIGNS:
        every = np.arange(1 << len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float((sums(every) >= least).mean())
    found = _rows(len(moved), resamples, lambda order, shape: sums(order.integers(2, size=shape)))
    return (1 + int((found >= least).sum())) / (1 + len(found))


def _rows(
    width: int, count: int, draw: Callable[[np.random.Generator, tuple[int, int]], Values], seed: int = 0
) -> Values:
    """`count` figures, fewer where that would be too many draws, each of a row of `width` draws; a part at a time."""
    order, left, found = np.random.default_rng(seed), min(count, max(1, MOST_DRAWS // width)), []
    while left:
        rows = min(left, max(1, CHUNK // width))
        found.append(draw(order, (rows, width)))
        left -= rows
    return np.concatenate(found)
