"""What is left of every matrix of an encoder, coarse enough to be kept with each result: shares of square cells.

A cell is as wide as a head, so that heads, blocks inside of them and groups of neurons can be told apart. Heads and
neurons that were taken out are counted where they lay.
"""

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from core.models import encoder
from core.models.encoder import ROLES, Block
from core.pruning.removal import UNIT_COLUMNS, Kept

Cells = npt.NDArray[np.uint8]  # (cells down, cells across), percent
FACT, EMBEDDINGS = "left", "embeddings"


@dataclass(frozen=True)
class Left:
    """A matrix of the dense model: its layer from 0, role, rows, columns, weights that are not zero, and its cells.

    side: of a cell, in weights.
    """

    layer: int
    role: str
    rows: int
    columns: int
    nonzero: int
    side: int
    cells: Cells

    @property
    def density(self) -> float:
        """The share of its weights that are not zero, 0..1."""
        return self.nonzero / (self.rows * self.columns)

    @property
    def label(self) -> str:
        """What people read: "layer 3 Q"."""
        return f"layer {self.layer + 1} {self.role}"


def left(model: nn.Module, dense: nn.Module, kept: Kept | None, layers: Sequence[int] | None) -> dict[str, Any]:
    """Facts for a result: of each of dense's matrices what is left in `model`, and how many weights its embeddings
    have; {} where nothing went.

    kept: see State. layers: which of dense's the model's are. A model of other widths is its own frame.
    """
    blocks, whole = encoder.blocks(model), encoder.blocks(dense)
    origins = list(layers) if layers is not None else list(range(len(blocks)))
    if kept is None and any(
        not _alike(model, block, dense, whole[at]) for block, at in zip(blocks, origins, strict=True)
    ):
        dense, whole, origins = model, blocks, list(range(len(blocks)))
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


def read(facts: Mapping[str, Any]) -> list[Left]:
    """The matrices that a result's facts tell of; [] in results from before that, and where nothing went."""
    found = []
    for one in facts.get(FACT, []):
        down, across = (-(-size // one["side"]) for size in (one["rows"], one["columns"]))
        cells = np.frombuffer(zlib.decompress(base64.b64decode(one["cells"])), np.uint8).reshape(down, across)
        found.append(Left(**{**one, "cells": cells}))
    return found


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
