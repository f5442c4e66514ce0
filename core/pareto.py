"""Which points are worth taking: those that no other beats, on plain sequences."""

from collections.abc import Sequence


def front(costs: Sequence[float], qualities: Sequence[float]) -> list[int]:
    """Indices of the points that no other beats: lower cost is better, higher quality is better.

    Sorted by cost. Of points equal in both only the first is kept. O(n log n).
    """
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -qualities[i]))
    kept: list[int] = []
    for index in order:
        if not kept or qualities[index] > qualities[kept[-1]]:
            kept.append(index)
    return kept
