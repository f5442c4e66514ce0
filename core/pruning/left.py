"""Count what is left of every matrix of an encoder, for its result to keep; heads and neurons that were taken out are
counted where they lay in the dense model."""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from core.left import EMBEDDINGS, FACT
from core.models import dimensions, encoder
from core.models.encoder import ROLES, Block
from core.pruning.removal import UNIT_COLUMNS, Kept


def left(model: nn.Module, dense: nn.Module, kept: Kept | None, layers: Sequence[int] | None) -> dict[str, Any]:
    """Facts for a result: of each of dense's matrices what is left in `model`, and how many weights its embeddings
    have; {} where nothing went.

    kept: see State. layers: which of dense's the model's are. A model of other widths is its own frame.
    """
    blocks, whole = encoder.blocks(model), encoder.blocks(dense)
    origins = list(layers) if layers is not None else list(range(len(blocks)))
    narrower = dimensions.hidden_size(model) != dimensions.hidden_size(dense)
    pairs = zip(blocks, [whole[at] for at in origins], strict=True)
    if narrower or (kept is None and not all(_alike(model, block, dense, other) for block, other in pairs)):
        kept, dense, whole, origins = None, model, blocks, list(range(len(blocks)))
    found = []
    for at, block in enumerate(whole):
        mine = origins.index(at) if at in origins else None
        for role in (role for role in ROLES if role in block.names):
            rows, columns = encoder.weight(dense, block.names[role]).shape
            stays = np.zeros((rows, columns), dtype=bool)
            if mine is not None and role in blocks[mine].names:
                here = encoder.weight(model, blocks[mine].names[role]).detach().numpy() != 0
                stays[_places(kept, mine, role, block.head_size, stays.shape)] = here
            found.append(_packed(at, role, stays, block.head_size))
    if all(one["nonzero"] == one["rows"] * one["columns"] for one in found):
        return {}
    return {FACT: found, EMBEDDINGS: encoder.embedding_weights(model)}


def _alike(model: nn.Module, block: Block, dense: nn.Module, other: Block) -> bool:
    """Have two layers matrices of the same shapes, where both have them?"""
    return all(
        encoder.weight(model, name).shape == encoder.weight(dense, other.names[role]).shape
        for role, name in block.names.items()
        if role in other.names
    )


def _places(kept: Kept | None, layer: int, role: str, size: int, shape: tuple[int, int]) -> Any:
    """The index of what is left of a matrix (rows, columns) in the dense one."""
    if kept is None:
        return slice(None)
    if role in ("up", "down"):
        units = np.array(kept.neurons[layer], dtype=int)
    else:
        units = (np.array(kept.heads[layer], dtype=int)[:, None] * size + np.arange(size)).reshape(-1)
    return np.ix_(np.arange(shape[0]), units) if role in UNIT_COLUMNS.values() else np.ix_(units, np.arange(shape[1]))


def _packed(layer: int, role: str, stays: npt.NDArray[np.bool_], side: int) -> dict[str, Any]:
    """One matrix as plain JSON values; a cell is 0 or 100 only where nothing or all of it is left."""
    rows, columns = stays.shape
    starts = [np.arange(0, size, side) for size in (rows, columns)]
    counts = np.add.reduceat(np.add.reduceat(stays.astype(np.int64), starts[0], 0), starts[1], 1)
    heights, widths = (np.diff(np.append(at, size)) for at, size in zip(starts, (rows, columns), strict=True))
    of = heights[:, None] * widths[None, :]
    percent = np.where((counts > 0) & (counts < of), np.clip(np.round(100 * counts / of), 1, 99), 100 * (counts == of))
    cells = base64.b64encode(zlib.compress(percent.astype(np.uint8).tobytes(), 9)).decode()
    place = {"layer": layer, "role": role, "rows": rows, "columns": columns}
    return {**place, "nonzero": int(stays.sum()), "side": side, "cells": cells}
