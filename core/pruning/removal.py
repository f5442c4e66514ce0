"""Take whole heads and FFN neurons out of an encoder, or set them to zero: both give the same logits.

torch-pruning's DependencyGraph cuts the coupled rows and columns; which units go is decided elsewhere.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch_pruning
from torch import Tensor, nn

from core.models import encoder
from core.models.encoder import Block

SIDE_ROWS = {"heads": ("Q", "K", "V"), "neurons": ("up",)}  # roles whose rows are the units
SIDE_COLUMNS = {"heads": "O", "neurons": "down"}  # the role whose columns are the units


@dataclass(frozen=True)
class Kept:
    """Which heads and neurons of each layer stay, by their numbers in the model at hand, ascending."""

    heads: tuple[tuple[int, ...], ...]
    neurons: tuple[tuple[int, ...], ...]


def everything(model: nn.Module) -> Kept:
    """Nothing goes."""
    blocks = encoder.blocks(model)
    return Kept(tuple(tuple(range(b.heads)) for b in blocks), tuple(tuple(range(b.width)) for b in blocks))


def removed(model: nn.Module, kept: Kept) -> nn.Module:
    """A smaller copy: dense matrices without the rows and columns of what goes.

    A layer that keeps no head loses its attention, one that keeps no neuron its FFN; the biases of their outputs stay.
    """
    result = copy.deepcopy(model)
    blocks = encoder.blocks(result)
    if kept == everything(model):
        return result
    with torch.enable_grad():  # torch-pruning reads the graph of a backward pass
        graph = torch_pruning.DependencyGraph().build_dependency(result, example_inputs=_example())
    for block, heads, neurons in zip(blocks, kept.heads, kept.neurons, strict=True):
        if heads and len(heads) < block.heads:
            _cut_(result, graph, block.names["Q"], _channels(_others(heads, block.heads), block.head_size))
        if neurons and len(neurons) < block.width:
            _cut_(result, graph, block.names["up"], _others(neurons, block.width))
    for block, heads, neurons in zip(blocks, kept.heads, kept.neurons, strict=True):
        if block.heads and not heads:
            encoder.without_attention_(result, block)
        if block.width and not neurons:
            encoder.without_ffn_(result, block)
    return result


def zeroed(model: nn.Module, kept: Kept, smaller: nn.Module | None = None) -> nn.Module:
    """A copy of the same shape whose heads and neurons that go are zero, biases included.

    smaller: the model without them; where its output matrices were fitted, the copy takes their weights.
    """
    result = copy.deepcopy(model)
    with torch.no_grad():
        for block, rows in zip(encoder.blocks(result), _unit_masks(model, kept), strict=True):
            for side in ("heads", "neurons"):
                for role in (r for r in SIDE_ROWS[side] if r in block.names):
                    linear = encoder.linear(result, block.names[role])
                    linear.weight.mul_(rows[side][:, None])
                    linear.bias.mul_(rows[side])
                encoder.weight(result, block.names[SIDE_COLUMNS[side]]).mul_(rows[side])
        if smaller is not None:
            _take_outputs_(result, smaller, kept)
    return result


def _take_outputs_(model: nn.Module, smaller: nn.Module, kept: Kept) -> None:
    masks = _unit_masks(model, kept)
    for block, small, rows in zip(encoder.blocks(model), encoder.blocks(smaller), masks, strict=True):
        for side, role in SIDE_COLUMNS.items():
            encoder.weight(model, block.names[role])[:, rows[side]] = encoder.weight(smaller, small.names[role])


def weight_masks(model: nn.Module, kept: Kept) -> dict[str, Tensor]:
    """What `zeroed` leaves, as a mask a matrix by weight name: True where the weight stays."""
    found = {}
    for block, rows in zip(encoder.blocks(model), _unit_masks(model, kept), strict=True):
        for role, side, across in _sides(block):
            shape = encoder.weight(model, block.names[role]).shape
            mask = rows[side] if across else rows[side][:, None]
            found[f"{block.names[role]}.weight"] = mask.expand(shape).clone()
    return found


def cut_masks(model: nn.Module, kept: Kept, masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks of the whole model as masks of the smaller one."""
    found = dict(masks)
    for block, rows in zip(encoder.blocks(model), _unit_masks(model, kept), strict=True):
        for role, side, across in _sides(block):
            name = f"{block.names[role]}.weight"
            if name in found:
                found[name] = found[name][:, rows[side]] if across else found[name][rows[side]]
            if name in found and not found[name].numel():
                del found[name]
    return found


def _example() -> dict[str, Tensor]:
    ids = torch.ones(1, 8, dtype=torch.long)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _cut_(model: nn.Module, graph: torch_pruning.DependencyGraph, name: str, channels: Sequence[int]) -> None:
    cut = torch_pruning.prune_linear_out_channels
    graph.get_pruning_group(encoder.linear(model, name), cut, idxs=list(channels)).prune()


def _others(kept: Sequence[int], count: int) -> list[int]:
    return sorted(set(range(count)) - set(kept))


def _channels(heads: Sequence[int], size: int) -> list[int]:
    return [channel for head in heads for channel in range(head * size, (head + 1) * size)]


def _sides(block: Block) -> list[tuple[str, str, bool]]:
    """Each matrix of a layer: its role, whether heads or neurons cut it, and whether they are its columns."""
    rows = [(role, side, False) for side, roles in SIDE_ROWS.items() for role in roles]
    columns = [(role, side, True) for side, role in SIDE_COLUMNS.items()]
    return [entry for entry in (*rows, *columns) if entry[0] in block.names]


def _unit_masks(model: nn.Module, kept: Kept) -> list[dict[str, Tensor]]:
    """For each layer, True at the rows (or columns) of heads and of neurons that stay."""
    found = []
    for block, heads, neurons in zip(encoder.blocks(model), kept.heads, kept.neurons, strict=True):
        channels, width = torch.zeros(block.heads * block.head_size), torch.zeros(block.width)
        channels[_channels(heads, block.head_size)] = 1
        width[list(neurons)] = 1
        found.append({"heads": channels.bool(), "neurons": width.bool()})
    return found
