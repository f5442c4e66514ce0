"""What stays of every matrix at every position of a slider, from 0 to 100 percent: what the pictures are drawn from.

Pruned weights are told by their rank; removed heads and neurons by the rows and columns that stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.models import encoder, macs
from core.models.encoder import Matrix
from core.pruning.masks import LEVELS, Ranks, percentile_ranks
from core.pruning.removal import SIDE_COLUMNS, Kept
from core.techniques import magnitude, structured, wanda
from core.techniques.technique import Context, State, Tensors

Lines = npt.NDArray[np.uint8]  # (101, rows or columns) of 0 and 1


@dataclass(frozen=True)
class Levels:
    """By module name either the rank of each weight (rows, columns) or the rows and the columns kept at each level."""

    matrices: tuple[Matrix, ...]
    ranks: Mapping[str, Ranks] = field(default_factory=dict)
    lines: Mapping[str, tuple[Lines, Lines]] = field(default_factory=dict)


def levels(state: State, config: Any, context: Context) -> Levels:
    """Every position of the slider of a pruning technique; the amount in its config does not matter."""
    if isinstance(config, structured.Config):
        matrices = encoder.matrices(state.model)
        return Levels(matrices, lines=_lines(state, matrices, cuts(state, config, context)))
    matrices = encoder.matrices(state.model, config.layers)
    with torch.no_grad():
        if isinstance(config, wanda.Config):
            scores, scope = wanda.scores(state, config, context), "row"
        else:
            scores, scope = magnitude.scores(state.model, config, context.seed), config.scope
    ranks = percentile_ranks(list(scores.values()), scope)
    return Levels(matrices, dict(zip((m.name for m in matrices), ranks, strict=True)))


def cuts(state: State, config: structured.Config, context: Context) -> list[Kept]:
    """What stays at each level: keep_macs is one less the level, and at the end the least that can be reached."""
    blocks = encoder.blocks(state.model)

    def compute() -> Tensors:
        found = structured.units(state, config, context)
        costs = macs.unit_costs(state.model, structured.SEQ)
        kept = []
        for level in range(LEVELS):
            context.on_progress("search", level, LEVELS)
            share = max(1 - level / 100, structured.least(found, costs))
            kept.append(structured.choose(found, costs, share, config.round_to))
        heads = [_flags(one.heads, [b.heads for b in blocks]) for one in kept]
        neurons = [_flags(one.neurons, [b.width for b in blocks]) for one in kept]
        return {name: torch.from_numpy(np.packbits(rows, axis=1)) for name, rows in (("h", heads), ("n", neurons))}

    packed = context.remember(cuts_name(config), compute)
    heads = _split(packed["h"], [b.heads for b in blocks])
    neurons = _split(packed["n"], [b.width for b in blocks])
    return [Kept(h, n) for h, n in zip(heads, neurons, strict=True)]


def cuts_name(config: structured.Config) -> str:
    """Under which name a model's cuts are remembered."""
    return f"cuts-{config.criterion}-{config.round_to}"


def _flags(kept: tuple[tuple[int, ...], ...], counts: list[int]) -> Lines:
    flags = [np.isin(np.arange(count), units) for units, count in zip(kept, counts, strict=True)]
    return np.concatenate(flags).astype(np.uint8)


def _split(packed: torch.Tensor, counts: list[int]) -> list[tuple[tuple[int, ...], ...]]:
    rows = np.unpackbits(packed.numpy(), axis=1, count=sum(counts))
    ends = np.cumsum(counts)[:-1]
    return [tuple(tuple(np.flatnonzero(part).tolist()) for part in np.split(row, ends)) for row in rows]


def _lines(state: State, matrices: tuple[Matrix, ...], kept: list[Kept]) -> dict[str, tuple[Lines, Lines]]:
    blocks = encoder.blocks(state.model)
    found = {}
    for matrix in matrices:
        block = blocks[matrix.layer]
        if matrix.role in ("up", "down"):
            units = np.stack([_flags((one.neurons[matrix.layer],), [block.width]) for one in kept])
        else:
            heads = np.stack([_flags((one.heads[matrix.layer],), [block.heads]) for one in kept])
            units = heads.repeat(block.head_size, axis=1)
        across = matrix.role in SIDE_COLUMNS.values()
        every = np.ones((len(kept), matrix.rows if across else matrix.columns), dtype=np.uint8)
        found[matrix.name] = (every, units) if across else (units, every)
    return found
