"""Scores -> ranks -> masks -> density cubes: pure functions on arrays, no model.

Exact masks prune a model; percentile ranks and density cubes draw the pictures of every slider
position at once, good to one percent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS = 101  # percentile positions 0..100
BINS = 1 << 19  # upper 20 bits of a float32 without its sign

Ranks = npt.NDArray[np.uint8]
Cube = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class WeightScores:
    """By weight name the score of every weight, non-negative and of the matrix' shape: the lowest go first.

    scope: among which weights the lowest are sought: "layer" those of one matrix, "global" of all, "row" of one row.
    """

    by_name: Mapping[str, Tensor]
    scope: str


def pruned_count(size: int, amount: float) -> int:
    """How many of `size` weights an amount in 0..1 prunes: rounded half to even, as torch.nn.utils.prune does."""
    return round(amount * size)


def keep_masks(scored: WeightScores, amount: float) -> dict[str, Tensor]:
    """Exact masks by weight name, True where a weight stays, when an amount in 0..1 of each scope goes."""
    scores = list(scored.by_name.values())
    if scored.scope == "global":
        masks = keep_masks_global(scores, amount)
    else:
        masks = [(keep_mask_rows if scored.scope == "row" else keep_mask)(score, amount) for score in scores]
    return dict(zip(scored.by_name, masks, strict=True))


def keep_mask(score: Tensor, amount: float) -> Tensor:
    """True where a weight stays; exactly pruned_count weights of the lowest score go.

    Bit for bit the mask of torch.nn.utils.prune.l1_unstructured when score is |weight|.
    """
    mask = torch.ones(score.numel(), dtype=torch.bool, device=score.device)
    count = pruned_count(score.numel(), amount)
    if count:
        mask[torch.topk(score.reshape(-1), k=count, largest=False).indices] = False
    return mask.reshape(score.shape)


def keep_masks_global(scores: Sequence[Tensor], amount: float) -> list[Tensor]:
    """One mask a matrix, where all matrices compete for the same amount (scope "global")."""
    joined = keep_mask(torch.cat([score.reshape(-1) for score in scores]), amount)
    parts = torch.split(joined, [score.numel() for score in scores])
    return [part.reshape(score.shape) for part, score in zip(parts, scores, strict=True)]


def keep_mask_rows(score: Tensor, amount: float) -> Tensor:
    """The same share of every row goes: exactly pruned_count weights of the lowest score of each."""
    mask = torch.ones(score.shape, dtype=torch.bool, device=score.device)
    count = pruned_count(score.shape[1], amount)
    if count:
        mask.scatter_(1, torch.topk(score, k=count, dim=1, largest=False).indices, False)
    return mask


def random_scores(shape: Sequence[int], seed: int) -> Tensor:
    """A random order of the weights in 0..1: the same seed and shape give the same one."""
    return torch.rand(tuple(shape), generator=torch.Generator().manual_seed(seed))


def percentile_ranks(scores: Sequence[Tensor], scope: str) -> list[Ranks]:
    """uint8 rank 0..99 of each weight: a weight with rank r goes when the slider passes r percent.

    scores: non-negative float32. scope "layer" ranks within each matrix, "global" over all matrices together,
    "row" within each row of each matrix.
    """
    if scope == "row":
        return [_row_ranks(score.float().numpy()) for score in scores]
    flat = [score.reshape(-1).float().numpy() for score in scores]
    if scope == "global":
        joined = _ranks(np.concatenate(flat))
        parts = np.split(joined, np.cumsum([part.size for part in flat])[:-1])
    else:
        parts = [_ranks(part) for part in flat]
    return [part.reshape(tuple(score.shape)) for part, score in zip(parts, scores, strict=True)]


def _ranks(score: npt.NDArray[np.float32]) -> Ranks:
    """How many of the levels 1..99 each value survives, by counting instead of sorting.

    The bits of a non-negative float order as the float does, so their upper 20 name half a million bins of 0.05 %
    relative width; values of one bin share a rank, which is far finer than the percent that a picture shows.
    """
    bins = score.view(np.uint32) >> np.uint32(12)
    counts = np.bincount(bins, minlength=BINS)
    below = np.cumsum(counts) - counts  # how many values lie in lower bins
    pruned = np.array([pruned_count(score.size, level / 100) for level in range(1, 100)])
    table: Ranks = np.searchsorted(pruned, below, side="right").astype(np.uint8)
    found: Ranks = table[bins]
    return found


def _row_ranks(score: npt.NDArray[np.float32]) -> Ranks:
    pruned = np.array([pruned_count(score.shape[1], level / 100) for level in range(1, 100)])
    table = np.searchsorted(pruned, np.arange(score.shape[1]), side="right").astype(np.uint8)
    found = np.empty(score.shape, dtype=np.uint8)
    np.put_along_axis(found, score.argsort(axis=1), table[None, :], axis=1)
    return found


def mask_at(ranks: Ranks, level: int, out: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.bool_]:
    """The mask of one slider position, True where a weight stays: one comparison a weight, good to one percent."""
    return np.greater_equal(ranks, np.uint8(level), out=out)


def density_cube(ranks: Ranks, block: int) -> Cube:
    """Share of kept weights, 0..255, per slider level and block: (101, block rows, block columns)."""
    rows, columns = ranks.shape
    down, across = -(-rows // block), -(-columns // block)
    row_block = np.arange(rows) // block
    column_block = np.arange(columns) // block
    cell = (row_block[:, None] * across + column_block[None, :]).astype(np.int64)
    counts = np.bincount((cell * LEVELS + ranks).reshape(-1), minlength=down * across * LEVELS)
    pruned = np.cumsum(counts.reshape(down * across, LEVELS), axis=1)
    total = pruned[:, -1:]
    kept = np.concatenate([total, total - pruned[:, :-1]], axis=1)  # level l keeps ranks >= l
    share = np.rint(kept / total * 255).astype(np.uint8)
    return np.ascontiguousarray(share.T).reshape(LEVELS, down, across)
