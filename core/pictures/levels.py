"""What stays of every matrix at every position of a slider, from 0 to 100 percent: what the pictures are drawn from.

Pruned weights are known by their rank; removed heads and neurons by the rows and columns that stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from core.errors import ConfigError
from core.models import encoder
from core.models.encoder import Matrix
from core.pruning.masks import Ranks, WeightScores, percentile_ranks
from core.pruning.removal import UNIT_COLUMNS, Kept, unit_flags
from core.spec import Step
from core.techniques import TECHNIQUES
from core.techniques.technique import Context, State

Lines = npt.NDArray[np.uint8]  # (101, rows or columns) of 0 and 1


@dataclass(frozen=True)
class Levels:
    """By module name either the rank of each weight (rows, columns) or the rows and the columns kept at each level."""

    matrices: tuple[Matrix, ...]
    ranks: Mapping[str, Ranks] = field(default_factory=dict)
    lines: Mapping[str, tuple[Lines, Lines]] = field(default_factory=dict)


def levels(state: State, step: Step, context: Context) -> Levels:
    """Every position of the slider of a step's technique; where it stands in the step's Config does not matter.

    Raises ConfigError where the technique has no slider.
    """
    technique = TECHNIQUES[step.technique]
    cuts = technique.cuts(state, step.config, context) if technique.cuts is not None else None
    if cuts is not None:
        matrices = encoder.matrices(state.model)
        return Levels(matrices, lines=_lines(state, matrices, cuts))
    if technique.scores is None:
        raise ConfigError(
            "{technique} ranks nothing that a slider could prune, so there is no picture of it",
            technique=technique.name,
        )
    with torch.no_grad():
        return _ranked(state, technique.scores(state, step.config, context))


def _ranked(state: State, scored: WeightScores) -> Levels:
    by_weight = {f"{matrix.name}.weight": matrix for matrix in encoder.matrices(state.model, "all")}
    matrices = tuple(by_weight[name] for name in scored.by_name)
    ranks = percentile_ranks(list(scored.by_name.values()), scored.scope)
    return Levels(matrices, dict(zip((matrix.name for matrix in matrices), ranks, strict=True)))


def _lines(state: State, matrices: tuple[Matrix, ...], cuts: Sequence[Kept]) -> dict[str, tuple[Lines, Lines]]:
    blocks = encoder.blocks(state.model)
    found = {}
    for matrix in matrices:
        block = blocks[matrix.layer]
        if matrix.role in ("up", "down"):
            units = np.stack([unit_flags((kept.neurons[matrix.layer],), (block.width,)) for kept in cuts])
        else:
            heads = np.stack([unit_flags((kept.heads[matrix.layer],), (block.heads,)) for kept in cuts])
            units = heads.repeat(block.head_size, axis=1)
        by_column = matrix.role in UNIT_COLUMNS.values()
        every = np.ones((len(cuts), matrix.rows if by_column else matrix.columns), dtype=np.uint8)
        found[matrix.name] = (every, units) if by_column else (units, every)
    return found
