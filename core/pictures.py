"""The bytes that the live canvas draws from: a density cube of every matrix and a corner of single weights.

Layout: uint32 little-endian length of the header, the header as JSON, then one zlib stream that holds, for
each matrix of the header, its cube uint8 (101, down, across) and its patch of percentile ranks uint8. The
cube is written as what each level loses against the level before, which halves the compressed bytes: level 0
is 255 minus the first of the 101 planes.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from core import anatomy
from core.masks import Cube, density_cube, percentile_ranks
from core.techniques.magnitude import Config, scores

VERSION = 1
PATCH = 64  # weights on a side
SMALL_MODEL = 20_000_000  # prunable weights up to which blocks of 16 are drawn, 32 above
LEVEL = 6


def mosaic(model: nn.Module, config: Config, seed: int = 0) -> bytes:
    """Every slider position of a magnitude pruning as bytes for the canvas; config.amount does not matter."""
    matrices = anatomy.matrices(model, config.layers)
    with torch.no_grad():
        ranks = percentile_ranks(list(scores(model, config, seed).values()), config.scope)
    total = sum(m.rows * m.columns for m in matrices)
    block = 16 if total <= SMALL_MODEL else 32
    entries, body = [], []
    places = _places(matrices)
    for matrix, rank, (row, column) in zip(matrices, ranks, places, strict=True):
        cube, patch = density_cube(rank, block), rank[:PATCH, :PATCH]
        entries.append(
            {
                "name": matrix.name,
                "label": matrix.label,
                "row": row,
                "column": column,
                "rows": matrix.rows,
                "columns": matrix.columns,
                "down": cube.shape[1],
                "across": cube.shape[2],
                "patch": list(patch.shape),
            }
        )
        body += [_losses(cube).tobytes(), np.ascontiguousarray(patch).tobytes()]
    header = {
        "version": VERSION,
        "block": block,
        "matrices": entries,
        "rowLabels": _row_labels(matrices, places),
        "columnLabels": list(anatomy.ROLES),
    }
    return pack(header, zlib.compress(b"".join(body), LEVEL))


def _losses(cube: Cube) -> Cube:
    full = np.full((1, *cube.shape[1:]), 255, dtype=np.uint8)
    return np.concatenate([full, cube[:-1]]) - cube  # never negative: a level keeps no more than the one before


def picture_key(revision: str, config: Config, layers: str) -> str:
    """Names a picture by its content: the model and everything of the Config but the amount."""
    facts = [VERSION, revision, config.criterion, config.scope, layers]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def pack(header: dict[str, Any], body: bytes) -> bytes:
    """Header and compressed body as one value."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return struct.pack("<I", len(text)) + text + body


def unpack(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The inverse of pack; the body stays compressed."""
    (length,) = struct.unpack_from("<I", payload)
    return json.loads(payload[4 : 4 + length]), payload[4 + length :]


def _places(matrices: Sequence[anatomy.Matrix]) -> list[tuple[int, int]]:
    """Row and column of each matrix: a row a layer, roles across; the others follow in rows of six."""
    layers = sorted({m.layer for m in matrices if m.layer >= 0})
    others, places = 0, []
    for matrix in matrices:
        if matrix.layer >= 0 and matrix.role in anatomy.ROLES:
            places.append((layers.index(matrix.layer), anatomy.ROLES.index(matrix.role)))
        else:
            places.append((len(layers) + others // len(anatomy.ROLES), others % len(anatomy.ROLES)))
            others += 1
    return places


def _row_labels(matrices: Sequence[anatomy.Matrix], places: Sequence[tuple[int, int]]) -> list[str]:
    labels = {row: str(m.layer + 1) if m.layer >= 0 else "" for m, (row, _) in zip(matrices, places, strict=True)}
    return [labels[row] for row in sorted(labels)]
