"""Which heads and neurons stay within a budget of multiply-accumulates (MACs): pure functions on arrays, no model.

Kwon et al., "A Fast Post-Training Pruning Framework for Transformers", NeurIPS 2022: `pick` is the mask search of
section 4.2 (algorithm 1 there), `rearrange` the mask rearrangement of section 4.3. Unlike there, neurons are taken in
groups of equal size, so that widths come out as its multiples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.macs import Costs

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pick:
    """Masks of each layer's heads (heads,) and neurons (neurons,), True stays, and their share of the MACs in 0..1."""

    head_mask: tuple[Mask, ...]
    neuron_mask: tuple[Mask, ...]
    macs_share: float


@dataclass(frozen=True)
class _Groups:
    """A layer's neurons in groups: their `order` (neurons,), the most important first; of each group the sum of its
    neurons' importance and how many they are, both (groups,)."""

    order: npt.NDArray[np.int64]
    importance: Floats
    sizes: npt.NDArray[np.int64]


def smallest_keep_macs(num_heads: Sequence[int], num_neurons: Sequence[int], costs: Costs) -> float:
    """The share of the MACs that a single head is, by the heads and neurons of each layer: nothing smaller is left."""
    return costs.head / _macs(num_heads, num_neurons, costs)


def pick(
    head_importance: Sequence[Floats],
    neuron_importance: Sequence[Floats],
    costs: Costs,
    keep_macs: float,
    group: int,
    *,
    comparable: bool = True,
) -> Pick:
    """Mask search: the heads and neurons of most importance within a budget (Kwon et al. 2022, 4.2, algorithm 1).

    head_importance (heads,), neuron_importance (neurons,): by layer; in the paper the diagonal of the Fisher
    information. costs: MACs of one head and of one neuron. keep_macs: the budget, a share of the present MACs in 0..1.
    group: so many neurons of a layer go together; 1 in the paper. comparable: False where the importance of heads and
    that of neurons have no common unit, so that no sum of both can be largest: then the shares of both that stay are
    as equal as can be. At least one head stays. Raises ValueError where the budget does not pay for it.
    """
    num_heads, num_neurons = [len(layer) for layer in head_importance], [len(layer) for layer in neuron_importance]
    total = _macs(num_heads, num_neurons, costs)
    flat = np.concatenate(head_importance)  # heads compete over all layers, and so do groups of neurons
    head_order = np.argsort(-flat, kind="stable")
    groups = [_groups(layer, group) for layer in neuron_importance]
    importance = np.concatenate([layer.importance for layer in groups])
    sizes = np.concatenate([layer.sizes for layer in groups])
    group_order = np.argsort(-(importance / np.maximum(1, sizes)), kind="stable")

    # line 1: for each number n of heads, the most important ones ...
    n = np.arange(1, sum(num_heads) + 1)
    left = int(keep_macs * total + 0.5) - n * costs.head
    n, left = n[left >= 0], left[left >= 0]
    if not len(n):
        raise ValueError(f"{keep_macs} of the budget does not pay for one head")
    # line 4: ... as many groups of neurons, the most important ones, as the rest of the budget pays for
    group_macs = np.concatenate([[0], np.cumsum(sizes[group_order])]) * costs.neuron
    f = np.searchsorted(group_macs, left, side="right") - 1
    # lines 7 and 10: the n whose pruned units have the least importance, that is whose kept ones have the most
    if comparable:
        of_heads = np.concatenate([[0.0], np.cumsum(flat[head_order])])
        of_groups = np.concatenate([[0.0], np.cumsum(importance[group_order])])
        kept = of_heads[n] + of_groups[f]
        best = len(kept) - 1 - int(np.argmax(kept[::-1]))  # of equals the one that keeps most heads
    else:
        best = int(np.argmin(np.abs(n / len(flat) - group_macs[f] / max(1, group_macs[-1]))))

    head_mask, group_mask = np.zeros(len(flat), dtype=bool), np.zeros(len(sizes), dtype=bool)
    head_mask[head_order[: n[best]]] = True
    group_mask[group_order[: f[best]]] = True
    return Pick(
        tuple(np.split(head_mask, np.cumsum(num_heads)[:-1])),
        _neuron_masks(groups, group_mask),
        float((n[best] * costs.head + group_macs[f[best]]) / total),
    )


def rearrange(mask: Mask, block_fisher: Floats) -> Mask:
    """Mask rearrangement of one layer: as many units stay, but others where that costs less (Kwon et al. 2022, 4.3).

    mask: (units,), True stays. block_fisher: (units, units), the layer's block F of the Fisher information, of which
    mask search knew the diagonal only. The loss of the pruned units is the sum of F over all their pairs, to second
    order; it is lowered greedily: each pruned unit, the most important first, is exchanged once for the unit whose
    pruning in its place adds least.
    """
    pruned = ~mask
    diagonal = np.ascontiguousarray(block_fisher.diagonal())
    own = np.where(pruned, np.float32(np.inf), diagonal)  # what is pruned cannot be pruned again
    coupling = block_fisher[pruned].sum(0)  # (units,): of each unit with all pruned ones
    added = np.empty_like(coupling)
    for unit in sorted(np.flatnonzero(pruned).tolist(), key=(-diagonal).tolist().__getitem__):
        coupling -= block_fisher[unit]
        own[unit] = diagonal[unit]
        np.multiply(coupling, 2, out=added)  # F is symmetric: each pair counts twice
        added += own
        cheapest = int(added.argmin())
        pruned[unit], pruned[cheapest] = False, True
        own[cheapest] = np.inf
        coupling += block_fisher[cheapest]
    return ~pruned


def _macs(num_heads: Sequence[int], num_neurons: Sequence[int], costs: Costs) -> int:
    return sum(num_heads) * costs.head + sum(num_neurons) * costs.neuron


def _groups(importance: Floats, size: int) -> _Groups:
    order = np.argsort(-importance, kind="stable")
    starts = np.arange(0, len(importance), size)
    if not len(importance):
        return _Groups(order, np.zeros(0, dtype=np.float32), starts)
    sums = np.add.reduceat(importance[order], starts)
    return _Groups(order, sums, np.diff(np.append(starts, len(importance))))


def _neuron_masks(groups: Sequence[_Groups], group_mask: Mask) -> tuple[Mask, ...]:
    """The mask of all groups as one of neurons a layer; a layer's most important groups are kept before its others."""
    found, start = [], 0
    for layer in groups:
        kept = group_mask[start : start + len(layer.sizes)]
        mask = np.zeros(len(layer.order), dtype=bool)
        mask[layer.order[: int(layer.sizes[kept].sum())]] = True
        found.append(mask)
        start += len(layer.sizes)
    return tuple(found)
