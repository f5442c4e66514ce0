"""Take whole heads and FFN neurons out of an encoder, or set them to zero: both give the same logits.

A head is head_size rows of Q, K and V and the same columns of O (Michel et al., NeurIPS 2019, section 2); an FFN neuron
is a row of up and a column of down. Matrices are (out, in), as torch stores them. torch-pruning's DependencyGraph (Fang
et al., CVPR 2023) cuts the coupled rows and columns; which units go is decided elsewhere.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch_pruning
from torch import Tensor, nn

from core.models import encoder
from core.models.encoder import Block

UNIT_ROWS = {"heads": ("Q", "K", "V"), "neurons": ("up",)}  # roles whose rows are the units
UNIT_COLUMNS = {"heads": "O", "neurons": "down"}  # the role whose columns are the units


@dataclass(frozen=True)
class Kept:
    """Which heads and which neurons of each layer stay, by their numbers from 0 in the model at hand, ascending."""

    heads: tuple[tuple[int, ...], ...]
    neurons: tuple[tuple[int, ...], ...]


def everything(model: nn.Module) -> Kept:
    """Nothing goes."""
    blocks = encoder.blocks(model)
    return Kept(tuple(tuple(range(b.heads)) for b in blocks), tuple(tuple(range(b.width)) for b in blocks))


def shaped(facts: Mapping[str, Any], model: nn.Module) -> Kept | None:
    """The first units of each layer, so many as a result's facts tell of; None where its shape differs in more."""
    whole = everything(model)
    counts = [facts.get(name, []) for name in ("heads", "widths")]
    if {"layers", "hidden"} & facts.keys() or any(len(one) != len(whole.heads) for one in counts):
        return None
    heads, widths = (tuple(tuple(range(count)) for count in one) for one in counts)
    return Kept(heads, widths)


def removed(model: nn.Module, kept: Kept) -> nn.Module:
    """A smaller copy: dense matrices without the rows, columns and biases of the units that go.

    Q, K and V become (heads * head_size, hidden), O its transpose, up (neurons, hidden), down its transpose. A layer
    that keeps no head loses its attention, one that keeps no neuron its FFN; the biases of their outputs, which belong
    to no unit, stay.
    """
    result = copy.deepcopy(model)
    blocks = encoder.blocks(result)
    if kept == everything(model):
        return result
    with torch.enable_grad():  # torch-pruning reads the graph of a backward pass
        graph = torch_pruning.DependencyGraph().build_dependency(result, example_inputs=_example())
    for block, heads, neurons in zip(blocks, kept.heads, kept.neurons, strict=True):
        if heads and len(heads) < block.heads:
            _cut_rows_(result, graph, block.names["Q"], _channels(_others(heads, block.heads), block.head_size))
        if neurons and len(neurons) < block.width:
            _cut_rows_(result, graph, block.names["up"], _others(neurons, block.width))
    for block, heads, neurons in zip(blocks, kept.heads, kept.neurons, strict=True):
        if block.heads and not heads:
            encoder.without_attention_(result, block)
        if block.width and not neurons:
            encoder.without_ffn_(result, block)
    return result


def zeroed(model: nn.Module, kept: Kept, smaller: nn.Module | None = None) -> nn.Module:
    """A copy of the same shape in which the rows, columns and biases of the units that go are zero.

    smaller: the model without them; where its O and down were fitted, the copy takes their weights.
    """
    result = copy.deepcopy(model)
    with torch.no_grad():
        for block, masks in zip(encoder.blocks(result), _unit_masks(model, kept), strict=True):
            for unit, mask in masks.items():
                for role in (r for r in UNIT_ROWS[unit] if r in block.names):
                    linear = encoder.linear(result, block.names[role])
                    linear.weight.mul_(mask[:, None])
                    linear.bias.mul_(mask)
                encoder.weight(result, block.names[UNIT_COLUMNS[unit]]).mul_(mask)
        if smaller is not None:
            _take_outputs_(result, smaller, kept)
    return result


def _take_outputs_(model: nn.Module, smaller: nn.Module, kept: Kept) -> None:
    every = zip(encoder.blocks(model), encoder.blocks(smaller), _unit_masks(model, kept), strict=True)
    for block, small, masks in every:
        for unit, role in UNIT_COLUMNS.items():
            encoder.weight(model, block.names[role])[:, masks[unit]] = encoder.weight(smaller, small.names[role])


def weight_masks(model: nn.Module, kept: Kept) -> dict[str, Tensor]:
    """What `zeroed` leaves: by weight name a mask of the matrix' shape (out, in), True where the weight stays."""
    found = {}
    for block, masks in zip(encoder.blocks(model), _unit_masks(model, kept), strict=True):
        for role, unit, by_column in _unit_matrices(block):
            shape = encoder.weight(model, block.names[role]).shape
            mask = masks[unit] if by_column else masks[unit][:, None]
            found[f"{block.names[role]}.weight"] = mask.expand(shape).clone()
    return found


def cut_masks(model: nn.Module, kept: Kept, masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks (out, in) of `model` as masks of the smaller one; those of matrices of which nothing is left are gone."""
    found = dict(masks)
    for block, unit_masks in zip(encoder.blocks(model), _unit_masks(model, kept), strict=True):
        for role, unit, by_column in _unit_matrices(block):
            name = f"{block.names[role]}.weight"
            if name in found:
                found[name] = found[name][:, unit_masks[unit]] if by_column else found[name][unit_masks[unit]]
            if name in found and not found[name].numel():
                del found[name]
    return found


def packed(cuts: Sequence[Kept], model: nn.Module) -> dict[str, Tensor]:
    """Many cuts of one model as bits: "h" (cuts, bytes) of the heads of all layers, 1 stays, "n" of the neurons."""
    blocks = encoder.blocks(model)
    heads = [unit_flags(one.heads, [block.heads for block in blocks]) for one in cuts]
    neurons = [unit_flags(one.neurons, [block.width for block in blocks]) for one in cuts]
    return {name: torch.from_numpy(np.packbits(rows, axis=1)) for name, rows in (("h", heads), ("n", neurons))}


def unpacked(bits: Mapping[str, Tensor], model: nn.Module) -> list[Kept]:
    """The inverse of `packed`."""
    blocks = encoder.blocks(model)
    heads = _units_of(bits["h"], [block.heads for block in blocks])
    neurons = _units_of(bits["n"], [block.width for block in blocks])
    return [Kept(*one) for one in zip(heads, neurons, strict=True)]


def unit_flags(kept: Sequence[Sequence[int]], counts: Sequence[int]) -> npt.NDArray[np.uint8]:
    """The units that each layer keeps as one row of 0 and 1 over all layers, whose units are so many each."""
    flags = [np.isin(np.arange(count), units) for units, count in zip(kept, counts, strict=True)]
    return np.concatenate(flags).astype(np.uint8)


def _units_of(bits: Tensor, counts: Sequence[int]) -> list[tuple[tuple[int, ...], ...]]:
    rows = np.unpackbits(bits.numpy(), axis=1, count=sum(counts))
    ends = np.cumsum(counts)[:-1]
    return [tuple(tuple(np.flatnonzero(part).tolist()) for part in np.split(row, ends)) for row in rows]


def _example() -> dict[str, Tensor]:
    ids = torch.ones(1, 8, dtype=torch.long)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _cut_rows_(model: nn.Module, graph: torch_pruning.DependencyGraph, name: str, channels: Sequence[int]) -> None:
    cut = torch_pruning.prune_linear_out_channels
    graph.get_pruning_group(encoder.linear(model, name), cut, idxs=list(channels)).prune()


def _others(kept: Sequence[int], count: int) -> list[int]:
    return sorted(set(range(count)) - set(kept))


def _channels(heads: Sequence[int], size: int) -> list[int]:
    return [channel for head in heads for channel in range(head * size, (head + 1) * size)]


def _unit_matrices(block: Block) -> list[tuple[str, str, bool]]:
    """The matrices of a layer: their role, whether heads or neurons are cut out of them, and whether as columns."""
    rows = [(role, unit, False) for unit, roles in UNIT_ROWS.items() for role in roles]
    columns = [(role, unit, True) for unit, role in UNIT_COLUMNS.items()]
    return [entry for entry in (*rows, *columns) if entry[0] in block.names]


def _unit_masks(model: nn.Module, kept: Kept) -> list[dict[str, Tensor]]:
    """For each layer True at the rows (or columns) that stay: "heads" (heads * head_size,), "neurons" (neurons,)."""
    found = []
    for block, heads, neurons in zip(encoder.blocks(model), kept.heads, kept.neurons, strict=True):
        head_mask, neuron_mask = torch.zeros(block.heads * block.head_size), torch.zeros(block.width)
        head_mask[_channels(heads, block.head_size)] = 1
        neuron_mask[list(neurons)] = 1
        found.append({"heads": head_mask.bool(), "neurons": neuron_mask.bool()})
    return found
