"""Intervals and tests for shares and ratios; plain numbers in, plain numbers out."""

import math
from collections.abc import Sequence
from typing import Literal

Z95 = 1.959963984540054  # 97.5 % quantile of the normal distribution
LEVEL = 0.05  # a p below is called a difference
MARGIN = 0.02  # a ratio closer to 1 than this is not called a difference, however many pairs show it


def wilson(successes: float, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share (Wilson 1927, JASA 22:209); (0, 1) when n is 0."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = successes / n, Z95 * Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # at the ends they are the share itself, which rounding would miss
    return max(0.0, centre - half) if successes else 0.0, min(1.0, centre + half) if successes < n else 1.0


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p of McNemar's paired test (McNemar 1947), from the two discordant counts."""
    n, smaller = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, k) for k in range(smaller + 1))
    return min(1.0, 2 * tail / (1 << n))  # of whole numbers: 2**1024 is beyond a float


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which of several tests are significant when all together may err with that probability (Holm 1979, step-down)."""
    order, found = sorted(range(len(p_values)), key=p_values.__getitem__), [False] * len(p_values)
    for place, index in enumerate(order):
        if p_values[index] > level / (len(order) - place):
            break
        found[index] = True
    return found


def paired_difference(only_first: float, only_second: float, n: int) -> tuple[float, float, float]:
    """Share of the second minus the first over n pairs with its 95 % interval.

    Score interval with the Agresti-Min adjustment (Statistics in Medicine 2005, 24:729): half a
    pair is added to each cell of the 2 x 2 table. Returns (difference, low, high).
    """
    if n == 0:
        return 0.0, -1.0, 1.0
    first, second, total = only_first + 0.5, only_second + 0.5, n + 2
    centre = (second - first) / total
    spread = (first + second - (second - first) ** 2 / total) / total**2
    half = Z95 * math.sqrt(spread)
    return (only_second - only_first) / n, max(-1.0, centre - half), min(1.0, centre + half)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Distribution-free interval of the median of at least 95 % coverage, from order statistics.

    The k-th smallest and k-th largest value, where k is the largest with Binomial(n, 1/2) below k
    at most 2.5 % (Conover, Practical Nonparametric Statistics, 3.2). Under 6 values: their range.
    """
    ordered, n = sorted(values), len(values)
    tail, k = 0.0, 0
    while k < n // 2 and tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


def faster_or_slower(low: float, high: float) -> Literal["faster", "slower", "no difference shown"]:
    """What the interval of a median ratio shows: a difference only if all of it lies beyond MARGIN of 1."""
    return "faster" if low > 1 + MARGIN else "slower" if high < 1 - MARGIN else "no difference shown"
