"""Dominance and the pick against trying every pair."""

import random

from core.pareto import front


def brute_force(costs, qualities):
    def beaten(i):
        return any(
            costs[j] <= costs[i]
            and qualities[j] >= qualities[i]
            and (costs[j], qualities[j]) != (costs[i], qualities[i])
            for j in range(len(costs))
        )

    return {(costs[i], qualities[i]) for i in range(len(costs)) if not beaten(i)}


def test_front_is_what_no_point_beats():
    order = random.Random(0)
    for _ in range(200):
        count = order.randint(1, 12)
        costs, qualities = ([order.randint(0, 5) for _ in range(count)] for _ in range(2))
        found = front(costs, qualities)
        assert {(costs[i], qualities[i]) for i in found} == brute_force(costs, qualities)
        assert [costs[i] for i in found] == sorted({costs[i] for i in found})  # by cost, each once


def test_of_equal_points_the_first_is_kept():
    assert front([1.0, 1.0, 1.0], [0.9, 0.9, 0.9]) == [0]


def test_nothing_has_no_front():
    assert front([], []) == []
