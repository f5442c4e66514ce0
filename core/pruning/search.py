"""Which heads and neurons stay within a budget of multiply-accumulates: pure functions on arrays, no model.

Kwon et al., "A Fast Post-Training Pruning Framework for Transformers", NeurIPS 2022: mask search (4.2) and mask
rearrangement (4.3). Neurons are taken in groups of equal size, so that widths come out as its multiples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.macs import Costs

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pick:
    """True where a head or a neuron stays, by layer, and what share of the multiply-accumulates that is."""

    heads: tuple[Flags, ...]
    neurons: tuple[Flags, ...]
    share: float


def smallest_share(heads: Sequence[int], widths: Sequence[int], costs: Costs) -> float:
    """The share of the multiply-accumulates that a single head is: no model can be cut further."""
    return costs.head / _total(heads, widths, costs)


def pick(
    heads: Sequence[Floats], neurons: Sequence[Floats], costs: Costs, keep: float, group: int, *, even: bool = False
) -> Pick:
    """The units whose loss is least for a budget of `keep` times the present multiply-accumulates.

    heads, neurons: what the loss of each unit costs, by layer. For every number of heads, the most important ones,
    the rest of the budget goes to groups of neurons; the number with the least loss wins. even: where the two kinds
    are measured in different units, the number wins that keeps the most equal shares of both. At least one head stays.
    """
    flat = np.concatenate(heads)
    groups = [_groups(layer, group) for layer in neurons]
    worth = np.concatenate([totals / np.maximum(1, sizes) for _, totals, sizes in groups])
    totals, sizes = (np.concatenate([entry[i] for entry in groups]) for i in (1, 2))
    order = np.argsort(-worth, kind="stable")
    head_order = np.argsort(-flat, kind="stable")
    spent = np.concatenate([[0], np.cumsum(sizes[order])]) * costs.neuron
    gained = np.concatenate([[0.0], np.cumsum(totals[order])])
    head_gained = np.concatenate([[0.0], np.cumsum(flat[head_order])])
    total = _total([len(h) for h in heads], [len(n) for n in neurons], costs)
    counts = np.arange(1, len(flat) + 1)
    left = int(keep * total + 0.5) - counts * costs.head
    counts, left = counts[left >= 0], left[left >= 0]
    if not len(counts):
        raise ValueError(f"{keep} of the budget does not pay for one head")
    taken = np.searchsorted(spent, left, side="right") - 1
    if even:
        best = int(np.argmin(np.abs(counts / len(flat) - spent[taken] / max(1, spent[-1]))))
    else:
        worth_of = head_gained[counts] + gained[taken]
        best = len(worth_of) - 1 - int(np.argmax(worth_of[::-1]))  # of equals the one that keeps most heads
    stays = np.zeros(len(flat), dtype=bool)
    stays[head_order[: counts[best]]] = True
    picked = np.zeros(len(worth), dtype=bool)
    picked[order[: taken[best]]] = True
    cost = counts[best] * costs.head + spent[taken[best]]
    return Pick(
        tuple(np.split(stays, np.cumsum([len(h) for h in heads])[:-1])),
        _neurons(groups, picked, [len(layer) for layer in neurons]),
        float(cost / total),
    )


def rearrange(stays: Flags, gram: Floats) -> Flags:
    """As many units of a layer as stay, exchanged greedily while that lowers the second-order loss of the others.

    gram: block Fisher (units, units). Each unit that goes is weighed once, the most important first, against every
    unit that stays: what counts is the sum over all pairs of units that go.
    """
    gone = ~stays
    diagonal = np.ascontiguousarray(gram.diagonal())
    open_to = np.where(gone, np.float32(np.inf), diagonal)  # what goes already cannot go again
    pull = gram[gone].sum(0)  # of all that goes on each unit
    price = np.empty_like(pull)
    for unit in sorted(np.flatnonzero(gone).tolist(), key=(-diagonal).tolist().__getitem__):
        pull -= gram[unit]
        open_to[unit] = diagonal[unit]
        np.multiply(pull, 2, out=price)
        price += open_to
        other = int(price.argmin())
        gone[unit], gone[other] = False, True
        open_to[other] = np.inf
        pull += gram[other]
    return ~gone


def _total(heads: Sequence[int], widths: Sequence[int], costs: Costs) -> int:
    return sum(heads) * costs.head + sum(widths) * costs.neuron


def _groups(layer: Floats, size: int) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
    """The neurons of a layer from the most important down, and sum and size of each group of them."""
    order = np.argsort(-layer, kind="stable")
    starts = np.arange(0, len(layer), size)
    if not len(layer):
        return order, np.zeros(0, dtype=np.float32), starts
    return order, np.add.reduceat(layer[order], starts), np.diff(np.append(starts, len(layer)))


def _neurons(
    groups: Sequence[tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]], picked: Flags, widths: Sequence[int]
) -> tuple[Flags, ...]:
    found, start = [], 0
    for (order, _, sizes), width in zip(groups, widths, strict=True):
        stays = np.zeros(width, dtype=bool)
        stays[order[: int(sizes[picked[start : start + len(sizes)]].sum())]] = True
        found.append(stays)
        start += len(sizes)
    return tuple(found)
