"""Bootstrap and sign flips against published values, every resample written out, and simulation."""

import itertools
import math
import random
from statistics import NormalDist, mean

import pytest

from core.resampling import bootstrap, sign_flips

# heights of fifteen pairs of Darwin's maize, crossed less self-fertilised, in eighths of an inch
DARWIN = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)


def test_sign_flips_as_published():
    # Fisher, The Design of Experiments, 21: of 32,768 choices of signs 863 have a sum of 314 or more
    assert sign_flips(tuple(map(float, DARWIN))) == 2 * 863 / 32768


def test_sign_flips_by_hand():
    # sums of (1, 2, 4) by their signs: 7 5 3 1 -1 -3 -5 -7; of (-1, 2, 4), 5 and beyond: 4 of 8
    assert sign_flips((1.0, 2.0, 4.0)) == 2 / 8
    assert sign_flips((-1.0, 2.0, 4.0)) == 4 / 8
    assert sign_flips((0.0, 0.1, 0.0, 0.2, 0.3)) == 2 / 8  # pairs that are alike say nothing
    assert sign_flips((0.0, 0.0)) == sign_flips(()) == 1.0


def test_sign_flips_of_many_are_drawn():
    order = random.Random(0)
    same = tuple(order.gauss(0, 1) for _ in range(400))
    moved = tuple(one + 0.12 for one in same)
    # beside the normal approximation of the sum
    for values in (same, moved):
        z = sum(values) / math.sqrt(sum(one * one for one in values))
        assert sign_flips(values) == pytest.approx(2 * NormalDist().cdf(-abs(z)), abs=0.02)
    assert sign_flips((1.0,) * 400) == 1 / 10_001  # no draw is as far, but that they are so is one


def test_the_bootstrap_draws_as_every_resample_written_out():
    values, normal = (0.0, 0.125, 0.25, 1.0, 0.5), NormalDist()
    found = sorted(mean(one) for one in itertools.product(values, repeat=len(values)))
    middle = mean(values)
    below = sum(one < middle for one in found) / len(found) + found.count(middle) / len(found) / 2
    squares, cubes = (sum((one - middle) ** power for one in values) for power in (2, 3))
    bias, skew = normal.inv_cdf(below), cubes / 6 / squares**1.5
    ends = []
    for z in (-1.959963984540054, 1.959963984540054):
        share = normal.cdf(bias + (bias + z) / (1 - skew * (bias + z)))
        ends.append(found[round(share * (len(found) - 1))])
    assert bootstrap(values) == pytest.approx(tuple(ends), abs=0.051)  # two of the means that there are
    assert ends[0] > 0.1 and ends[1] > middle + (middle - ends[0])  # it leans towards the long tail


def test_the_bootstrap_of_many_is_that_of_the_normal_distribution():
    order = random.Random(1)
    values = tuple(order.random() for _ in range(2000))
    half = 1.96 * math.sqrt(sum((one - mean(values)) ** 2 for one in values)) / len(values)
    low, high = bootstrap(values)
    assert (low, high) == pytest.approx((mean(values) - half, mean(values) + half), abs=half / 20)


def test_equal_values_give_equal_figures():
    values = (0.1, 0.9, 0.4)
    first = bootstrap(values)
    bootstrap.cache_clear()
    assert bootstrap(values) == first and bootstrap((0.4,) * 3) == pytest.approx((0.4, 0.4))


def test_the_bootstrap_covers_the_truth():
    order, hits = random.Random(2), 0
    for _ in range(400):
        low, high = bootstrap(tuple(min(1.0, order.random() * 1.5) for _ in range(60)), 1000)
        hits += low <= 2 / 3 <= high  # a third of the draws is 1, the others lie evenly below
    assert 0.92 <= hits / 400 <= 0.98
