"""Which points are worth taking: dominance, and the pick for "at least X, at most Y", on plain sequences."""

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


def pick(
    costs: Sequence[float], qualities: Sequence[float], at_least: float | None = None, at_most: float | None = None
) -> int | None:
    """The point to take: quality >= at_least and cost <= at_most; None when no point fits.

    With at_least given the cheapest that fits wins, else the best.
    """
    fits = [
        i
        for i in front(costs, qualities)
        if (at_least is None or qualities[i] >= at_least) and (at_most is None or costs[i] <= at_most)
    ]
    if not fits:
        return None
    return fits[0] if at_least is not None else fits[-1]
