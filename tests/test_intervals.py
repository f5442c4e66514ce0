"""Intervals and tests against published values and simulation."""

import math
import random

import pytest

from core.intervals import holm, mcnemar, median_interval, paired_difference, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 1998, 17:857, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_ends():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0 and wilson(20, 20)[0] == pytest.approx(1 - 0.1611, abs=5e-5)
    assert wilson(0, 20)[0] == 0.0


def test_wilson_covers_the_truth():
    order = random.Random(1)
    hits = 0
    for _ in range(2000):
        low, high = wilson(sum(order.random() < 0.9 for _ in range(100)), 100)
        hits += low <= 0.9 <= high
    assert 0.93 <= hits / 2000 <= 0.975


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (5, 15, 2 * 21700 / 2**20),  # sum of C(20, 0..5) is 21,700
        (0, 5, 2 / 32),
        (1, 8, 2 * 10 / 512),
        (4, 4, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_by_hand(first, second, p):
    assert mcnemar(first, second) == pytest.approx(p, rel=1e-12)
    assert mcnemar(second, first) == mcnemar(first, second)


def test_mcnemar_takes_many_pairs():
    # 2 ** 1200 is beyond a float; the normal approximation of 560 against 640 gives 0.0226
    assert mcnemar(560, 640) == pytest.approx(0.0226, abs=5e-4)
    assert 0 <= mcnemar(0, 1200) < 1e-300


def test_paired_difference_as_published():
    # 1,600 people asked twice, 944 then 880 approve, 150 and 86 changed: 0.04, (0.021, 0.059)
    # (Agresti, Categorical Data Analysis, 2nd ed., 10.1.1)
    difference, low, high = paired_difference(150, 86, 1600)
    assert difference == -0.04
    assert (-high, -low) == pytest.approx((0.021, 0.059), abs=5e-4)


def test_paired_difference_by_hand():
    # cells plus a half: 3.5 and 1.5 of 12; centre -2/12, variance (5 - 4/12) / 144
    difference, low, high = paired_difference(3, 1, 10)
    half = 1.959963984540054 * math.sqrt((5 - 4 / 12) / 144)
    assert difference == -0.2
    assert (low, high) == pytest.approx((-2 / 12 - half, -2 / 12 + half))


def test_paired_difference_ends():
    assert paired_difference(0, 0, 0) == (0.0, -1.0, 1.0)
    difference, low, high = paired_difference(0, 0, 600)
    assert difference == 0 and low < 0 < high and high < 0.01


def test_paired_difference_covers_the_truth():
    order = random.Random(2)
    hits = 0
    for _ in range(2000):
        draws = [order.random() for _ in range(200)]
        lost, won = sum(d < 0.06 for d in draws), sum(0.06 <= d < 0.09 for d in draws)
        _, low, high = paired_difference(lost, won, 200)
        hits += low <= -0.03 <= high
    assert 0.93 <= hits / 2000 <= 0.975


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # ranks of the 95 % interval of a median, Conover, Practical Nonparametric Statistics
    [(6, 1, 6), (10, 2, 9), (20, 6, 15), (31, 10, 22)],
)
def test_median_interval_ranks(n, low, high):
    values = list(range(1, n + 1))
    random.Random(0).shuffle(values)
    assert median_interval(values) == (low, high)


def test_median_interval_of_few_values_is_their_range():
    assert median_interval([2.0, 1.0, 3.0]) == (1.0, 3.0)
    assert median_interval([2.0]) == (2.0, 2.0)


@pytest.mark.parametrize("n", [7, 31, 64])
def test_median_interval_covers_the_truth(n):
    order = random.Random(n)
    hits = 0
    for _ in range(2000):
        low, high = median_interval([order.expovariate(1.0) for _ in range(n)])
        hits += low <= math.log(2) <= high
    # at least 95 %, less three standard errors of 2,000 draws; not uselessly wide either
    assert 0.935 <= hits / 2000 <= 0.99


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]  # 0.005 < .05/4, 0.01 < .05/3, 0.03 > .05/2
    assert holm([0.04]) == [True] and holm([]) == [] and holm([0.06, 0.2]) == [False, False]
