"""Movement pruning in blocks: scores that are learnt with the weights, and the masks that follow from them.

A unit is a block of an attention matrix, a whole head, or an FFN neuron (a row of up with the column of down). The
model computes with weight * mask, where the mask of a unit is 1 for the best scores; the gradient of a score is the sum
over its unit of weight times the gradient of the masked weight, as if the mask were the score (Sanh et al. 2020,
section 4; in blocks: Lagunas et al. 2021, section 3.1). So units whose weights move away from zero gain.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ConfigError
from core.models import encoder
from core.models.encoder import Block
from core.pruning.importance import Units
from core.pruning.removal import UNIT_COLUMNS, UNIT_ROWS, Kept

SCORES = "movement"  # the submodule that holds the scores while they are learnt
SPREAD = 2.0  # scores that begin with an order lie between this and its negative: some hundreds of steps apart


@dataclass(frozen=True)
class Tile:
    """How a weight (out, in) falls into units: so many rows of them, and so many in each row."""

    weight: str
    down: int
    across: int

    def reduced(self, values: Tensor) -> Tensor:
        """The sum of the values (out, in) over each unit, (units,)."""
        rows, columns = values.shape
        parts = values.view(self.down, rows // self.down, self.across, columns // self.across)
        return parts.sum((1, 3)).reshape(-1)

    def spread(self, units: Tensor, shape: Sequence[int]) -> Tensor:
        """The value of each unit (units,) at each of its weights, (out, in)."""
        rows, columns = shape
        grid = units.view(self.down, 1, self.across, 1)
        return grid.expand(self.down, rows // self.down, self.across, columns // self.across).reshape(rows, columns)


@dataclass(frozen=True)
class Group:
    """Units that are scored alike: those of one matrix, or the heads or neurons of a layer.

    tiles: the weights in which they lie. heads: of blocks, the head of its layer that each lies in; () elsewhere.
    """

    name: str
    kind: str
    layer: int
    tiles: tuple[Tile, ...]
    weights: int  # of one unit
    heads: tuple[int, ...] = ()

    @property
    def units(self) -> int:
        """How many there are."""
        return self.tiles[0].down * self.tiles[0].across


def groups(model: nn.Module, block: int) -> tuple[Group, ...]:
    """All units of the encoder; block: the side of the attention's blocks, 0 for whole heads. Raises ConfigError."""
    found: list[Group] = []
    for layer, one in enumerate(encoder.blocks(model)):
        if one.heads:
            found += _blocks(model, layer, one, block) if block else [_whole(model, layer, one, "heads")]
        if one.width:
            found.append(_whole(model, layer, one, "neurons"))
    return tuple(found)


def require_block(side: int, hidden: int, channels: int, head_size: int) -> None:
    """Raise ConfigError unless blocks of that side divide attention matrices of (channels, hidden), and their heads."""
    if hidden % side or channels % side or head_size % side:
        raise ConfigError(
            "block={block} does not divide attention matrices of {rows} x {columns} with heads of {size}; take {size}",
            block=side,
            rows=channels,
            columns=hidden,
            size=head_size,
        )


def _whole(model: nn.Module, layer: int, block: Block, kind: str) -> Group:
    count = block.heads if kind == "heads" else block.width
    rows = [Tile(f"{block.names[role]}.weight", count, 1) for role in UNIT_ROWS[kind]]
    column = Tile(f"{block.names[UNIT_COLUMNS[kind]]}.weight", 1, count)
    weights = sum(model.get_parameter(tile.weight).numel() for tile in (*rows, column)) // count
    return Group(f"{kind}_{layer}", kind, layer, (*rows, column), weights)


def _blocks(model: nn.Module, layer: int, block: Block, side: int) -> list[Group]:
    found = []
    hidden = model.get_parameter(f"{block.names['Q']}.weight").shape[1]
    require_block(side, hidden, block.heads * block.head_size, block.head_size)
    for role in (*UNIT_ROWS["heads"], UNIT_COLUMNS["heads"]):
        name = f"{block.names[role]}.weight"
        rows, columns = model.get_parameter(name).shape
        tile = Tile(name, rows // side, columns // side)
        place = torch.arange(tile.down * tile.across)
        along = place % tile.across if role == UNIT_COLUMNS["heads"] else place // tile.across
        heads = tuple((along * side // block.head_size).tolist())
        found.append(Group(f"{role}_{layer}", "blocks", layer, (tile,), side * side, heads))
    return found


class _Masked(torch.autograd.Function):
    """weight * mask, with a gradient for the score of each unit."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, score: Tensor, mask: Tensor, tile: Tile) -> Tensor:
        """weight (out, in), score and mask (units,)."""
        spread = tile.spread(mask.to(weight.dtype), weight.shape)
        ctx.save_for_backward(weight, spread)
        ctx.tile = tile
        return weight * spread

    @staticmethod
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor | None, ...]:
        """Of the weight where it stays, and of every score."""
        weight, spread = ctx.saved_tensors
        return wanted * spread, ctx.tile.reduced(wanted * weight), None, None


class Moving:
    """A model whose units are learning which of them stay.

    filled: a head of which a block stays costs all of its weights, as it is to be filled again.
    """

    def __init__(self, model: nn.Module, units: Sequence[Group], *, filled: bool = False) -> None:
        self.model, self.groups, self.filled = model, tuple(units), filled
        scores = nn.ParameterDict({group.name: nn.Parameter(torch.zeros(group.units)) for group in units})
        self.scores = scores.to(next(model.parameters()).device)
        self.masks = {group.name: torch.ones(group.units, dtype=torch.bool) for group in units}
        self._costs = torch.cat([torch.full((group.units,), float(group.weights)) for group in units])
        self.total = sum(encoder.weight(model, matrix.name).numel() for matrix in encoder.matrices(model))

    def begin_(self, units: Units) -> None:
        """Let the scores begin with the order of the units' importance for each of their weights, not all alike."""
        worth = []
        for group in self.groups:
            if group.kind == "neurons":
                worth.append(torch.as_tensor(units.neuron_importance[group.layer]) / group.weights)
            else:
                heads = torch.as_tensor(units.head_importance[group.layer]) / self._head_weights()[group.layer]
                worth.append(heads[list(group.heads)] if group.heads else heads)
        order, places = torch.unique(torch.cat(worth), return_inverse=True)
        begun = SPREAD * (2 * places / max(1, len(order) - 1) - 1)
        with torch.no_grad():
            for name, values in self._by_group(begun).items():
                self.scores[name].copy_(values)

    def keep_(self, density: float) -> None:
        """Choose the units of the best scores that together have at most that share of the encoder's linear weights."""
        scores = self._scores()
        order = scores.argsort(descending=True, stable=True)
        costs = self._costs_in(order) if self.filled else self._costs[order]
        chosen = torch.zeros(len(scores), dtype=torch.bool)
        chosen[order[costs.cumsum(0) <= density * self.total + 0.5]] = True
        self.masks = self._by_group(chosen)

    def keep_likely_(self, least: float) -> None:
        """Of the units that stay let those go whose score has a sigmoid below `least`."""
        for group in self.groups:
            likely = self.scores[group.name].detach().cpu().sigmoid() >= least
            self.masks[group.name] = self.masks[group.name] & likely

    def _costs_in(self, order: Tensor) -> Tensor:
        """What each unit adds when they are taken in that order: the first block of a head the whole head."""
        heads = torch.cat([self._heads_of(group) for group in self.groups])[order]
        costs = self._costs[order].clone()
        inside = heads >= 0
        costs[inside] = 0.0
        seen: dict[int, int] = {}
        for place in inside.nonzero()[:, 0].tolist():
            seen.setdefault(int(heads[place]), place)
        whole = self._head_weights()
        for head, place in seen.items():
            costs[place] = whole[head >> 16]
        return costs

    def _heads_of(self, group: Group) -> Tensor:
        """A number for the head that each unit lies in; -1 for what lies in none."""
        if not group.heads:
            return torch.full((group.units,), -1)
        return torch.tensor(group.heads) + (group.layer << 16)

    def _head_weights(self) -> dict[int, float]:
        """The weights of one head of each layer."""
        return {
            layer: 4.0 * block.head_size * encoder.weight(self.model, block.names["O"]).shape[0]
            for layer, block in enumerate(encoder.blocks(self.model))
            if block.heads
        }

    def weight_masks(self) -> dict[str, Tensor]:
        """By weight name a mask (out, in), True where the weight stays."""
        return self._at_weights(self.masks)

    def places(self) -> dict[str, Tensor]:
        """By weight name the place (out, in) of each weight's unit in the order of the scores, the lowest first."""
        order = self._scores().argsort(descending=True, stable=True).flip(0)
        return self._at_weights(self._by_group(order.argsort().float()))

    def _scores(self) -> Tensor:
        return torch.cat([self.scores[group.name].detach().cpu() for group in self.groups])

    def _by_group(self, units: Tensor) -> dict[str, Tensor]:
        parts = torch.split(units, [group.units for group in self.groups])
        return {group.name: part for group, part in zip(self.groups, parts, strict=True)}

    def _at_weights(self, units: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Values of the units at each of their weights, by weight name."""
        found = {}
        for group in self.groups:
            for tile in group.tiles:
                found[tile.weight] = tile.spread(units[group.name], self.model.get_parameter(tile.weight).shape)
        return found

    def surviving(self) -> Kept:
        """Heads of which any block stays, and neurons."""
        heads: list[set[int]] = [set() for _ in encoder.blocks(self.model)]
        neurons: list[set[int]] = [set() for _ in heads]
        for group in self.groups:
            there = self.masks[group.name].nonzero()[:, 0].tolist()
            if group.kind == "neurons":
                neurons[group.layer].update(there)
            else:
                heads[group.layer].update(group.heads[unit] if group.heads else unit for unit in there)
        return Kept(tuple(tuple(sorted(one)) for one in heads), tuple(tuple(sorted(one)) for one in neurons))

    @contextmanager
    def masked(self) -> Iterator[None]:
        """While open, every run of the model computes with the masks, and its parameters include the scores."""
        self.model.add_module(SCORES, self.scores)
        swapped: list[tuple[nn.Linear, nn.Parameter]] = []

        def begin(module: nn.Module, inputs: Any) -> None:
            for group in self.groups:
                mask = self.masks[group.name].to(self.scores[group.name].device)
                for tile in group.tiles:
                    linear = encoder.linear(self.model, tile.weight.rpartition(".")[0])
                    weight = encoder.weight(self.model, tile.weight.rpartition(".")[0])
                    swapped.append((linear, weight))
                    product = _Masked.apply(weight, self.scores[group.name], mask, tile)  # type: ignore[no-untyped-call]
                    linear._parameters["weight"] = product  # for this run

        def end(module: nn.Module, inputs: Any, output: Any) -> None:
            while swapped:
                linear, weight = swapped.pop()
                linear._parameters["weight"] = weight

        handles = [
            self.model.register_forward_pre_hook(begin),
            self.model.register_forward_hook(end, always_call=True),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            delattr(self.model, SCORES)


def density_at(step: int, steps: int, density: float, warm: float, ramp: float) -> float:
    """The share that stays during a step from 1: all of it for the share `warm` of the steps, then a cubic that is
    steep at first, until the share `ramp` (Zhu and Gupta 2017, equation 1, as Sanh et al. 2020, section 5, use it)."""
    done = min(1.0, max(0.0, (step / steps - warm) / (ramp - warm)))
    return density + (1 - density) * (1 - done) ** 3


def regularised(scores: Iterable[Tensor], weight: float) -> Tensor:
    """weight times the mean of sigmoid(score) over all units (Sanh et al. 2020, section 4: soft movement pruning)."""
    return weight * torch.cat([score.sigmoid() for score in scores]).mean()
