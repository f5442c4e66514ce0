"""Scores of weights, heads and neurons, masks from them, the search within a budget, removal, refit, and packing.

Imports models, tasks, runtimes and plain values. `optimize`, for users of Python, is looked up when it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.pruning.pack import optimize as optimize


def __getattr__(name: str) -> Any:
    if name != "optimize":
        raise AttributeError(f"module 'core.pruning' has no attribute '{name}'")
    from core.pruning import pack

    return pack.optimize
