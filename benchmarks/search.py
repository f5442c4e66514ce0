"""The search for a budget beside a search by chance: measurements until the best of the recorded sweep is found.

Nothing is computed: what a recipe measured is looked up among the recorded results of the demo in ONNX Runtime.
"""

import random
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from core.budget import BEST, FASTEST, SMALLEST, Budget, answer, options
from core.engine.choose import stored
from core.engine.run import recorded_spec
from core.engine.search import search
from core.engine.store import recording_store
from core.environment import here, load_average
from core.result import Result
from core.spec import Spec

SEEDS = range(5)
BUDGETS = (
    Budget(quality=0.88, goal=FASTEST),
    Budget(quality=0.88, goal=SMALLEST),
    Budget(ms=10.0, goal=BEST),
    Budget(mb=10.0, goal=BEST),
    Budget(quality=0.88, ms=10.0, mb=20.0, goal=FASTEST),
)


def measure(data: str) -> dict[str, Any]:
    """For each budget the median over seeds of the measurements, ours and by chance, and the size of the sweep."""
    dense = recorded_spec("demo", "sst2")
    assert dense is not None
    results = [
        r for r in stored(dense, recording_store()) if r.spec.runtime == "onnx" and r.spec.seed == 0 and r.speeds
    ]
    grid = {result.spec: result for result in results}
    found = [_one(grid, budget) for budget in BUDGETS]
    return {
        "what": f"measurements until the best of {len(grid)} recorded recipes is found, median of {len(SEEDS)} seeds",
        "budgets": found,
        "worst": max(one["ours"] for one in found) / len(grid),
        "target": 0.5,
        "machine": here().machine,
        "load": load_average(),
    }


def _one(grid: dict[Spec, Result], budget: Budget) -> dict[str, Any]:
    pick = answer(options(list(grid.values())), budget).pick
    assert pick is not None
    best = pick.result

    def ours(seed: int) -> Iterable[Result]:
        return (found.results[-1] for found in search(list(grid), grid.__getitem__, budget, len(grid), seed=seed))

    def chance(seed: int) -> Iterable[Result]:
        return random.Random(seed).sample(list(grid.values()), len(grid))

    asked = {name: value for name, value in (*budget.limits.items(), ("goal", budget.goal))}
    return asked | {"ours": _until(ours, best), "chance": _until(chance, best)}


def _until(order: Callable[[int], Iterable[Result]], best: Result) -> float:
    counts = [next(count for count, result in enumerate(order(seed), 1) if result is best) for seed in SEEDS]
    return float(median(counts))
