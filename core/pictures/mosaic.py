"""The bytes that the live canvas draws from: a density cube of every matrix, and apart from them all single weights.

Layout: uint32 little-endian length of the header, the header as JSON, then one zlib stream. `mosaic`: of each matrix of
the header its cube uint8 (101, down, across), written as what each level loses against the level before, modulo 256,
which halves the compressed bytes: level 0 is 255 minus the first of the 101 planes. `single_weights`, what the
magnifier shows: of each matrix, kind "ranks", the percentile rank of each weight uint8 (rows, columns); kind "lines",
its rows kept uint8 (101, rows) and its columns kept (101, columns). For the demo the first are 1.8 MB and the second 9,
so the page is sent the second once and last.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.models import encoder
from core.pictures.levels import Levels
from core.pruning.masks import Cube, density_cube

VERSION = 3
PATCH = 64  # weights on a side of the magnifier
SMALL_MODEL = 20_000_000  # prunable weights up to which blocks of 16 are drawn, 32 above, and single weights are sent
LEVEL = 6  # of zlib
FAST = 1  # that of single weights, which hardly compress
BLOCK = 16  # weights on a side of a block in the view of one matrix
POSITIVE, NEGATIVE, MIDDLE = np.array([0, 84, 150]), np.array([178, 70, 0]), np.array([226, 226, 226])


def mosaic(found: Levels) -> bytes:
    """Every slider position of a pruning as bytes for the canvas."""
    matrices = found.matrices
    block = 16 if _is_small(matrices) else 32
    entries, body = [], []
    places = _places(matrices)
    for matrix, (row, column) in zip(matrices, places, strict=True):
        cube = _cube(found, matrix, block)
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
                "patch": [min(PATCH, matrix.rows), min(PATCH, matrix.columns)],
            }
        )
        body.append(_losses(cube).tobytes())
    header = {
        "version": VERSION,
        "block": block,
        "kind": "lines" if found.lines else "ranks",
        "matrices": entries,
        "rowLabels": _row_labels(matrices, places),
        "columnLabels": list(encoder.ROLES),
    }
    return pack(header, zlib.compress(b"".join(body), LEVEL))


def single_weights(found: Levels) -> bytes:
    """Up to which level every weight stays, as bytes for the magnifier of the mosaic; of a large model no matrix."""
    matrices = [m for m in found.matrices if found.lines or _is_small(found.matrices)]
    kept = [part for m in matrices for part in (found.lines[m.name] if found.lines else (found.ranks[m.name],))]
    entries = [{"name": m.name, "rows": m.rows, "columns": m.columns} for m in matrices]
    header = {"version": VERSION, "kind": "lines" if found.lines else "ranks", "matrices": entries}
    return pack(header, zlib.compress(b"".join(np.ascontiguousarray(part).tobytes() for part in kept), FAST))


def _is_small(matrices: Sequence[encoder.Matrix]) -> bool:
    return sum(m.rows * m.columns for m in matrices) <= SMALL_MODEL


def close_up(found: Levels, name: str, weights: npt.NDArray[np.float32], heads: int) -> bytes:
    """One matrix down to its single weights as bytes for its view; heads: how many it is divided into, 0 for none."""
    (matrix,) = (m for m in found.matrices if m.name == name)
    kept = [found.ranks[name]] if name in found.ranks else list(found.lines[name])
    header = {
        "version": VERSION,
        "name": matrix.name,
        "label": matrix.label,
        "role": matrix.role,
        "layer": matrix.layer,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "block": BLOCK,
        "heads": heads,
        "headAxis": "" if not heads else "columns" if matrix.role == "O" else "rows",
        "kind": "lines" if found.lines else "ranks",
    }
    parts = [*kept, weights.astype("<f2")]
    return pack(header, zlib.compress(b"".join(np.ascontiguousarray(part).tobytes() for part in parts), FAST))


def coloured(values: npt.NDArray[np.float32], zoom: int = 3) -> npt.NDArray[np.uint8]:
    """Values in -1..1 as an image (rows, columns, 4), blue above and orange below zero; NaN is transparent."""
    strength = np.sqrt(np.abs(np.nan_to_num(values)))[..., None]  # small weights would else be invisible
    ends = np.where(values[..., None] >= 0, POSITIVE, NEGATIVE)
    rgb = MIDDLE + (ends - MIDDLE) * strength
    image = np.concatenate([rgb, np.where(np.isnan(values), 0, 255)[..., None]], axis=-1).round().astype(np.uint8)
    return image.repeat(zoom, 0).repeat(zoom, 1)


def _cube(found: Levels, matrix: encoder.Matrix, block: int) -> Cube:
    """The share kept of each block of a matrix at each level."""
    if matrix.name in found.ranks:
        return density_cube(found.ranks[matrix.name], block)
    rows, columns = found.lines[matrix.name]
    down, across = (  # how many rows (columns) of each block are kept, (101, blocks)
        np.add.reduceat(line, np.arange(0, line.shape[1], block), axis=1, dtype=np.int64) for line in (rows, columns)
    )
    full = down[0][:, None] * across[0][None, :]
    share = down[:, :, None] * across[:, None, :] / full
    cube: Cube = np.rint(255 * share).astype(np.uint8)
    return cube


def _losses(cube: Cube) -> Cube:
    full = np.full((1, *cube.shape[1:]), 255, dtype=np.uint8)
    return np.concatenate([full, cube[:-1]]) - cube  # modulo 256: a rearranged block may gain


def pack(header: dict[str, Any], body: bytes) -> bytes:
    """Header and compressed body as one value."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return struct.pack("<I", len(text)) + text + body


def unpack(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The inverse of pack; the body stays compressed."""
    (length,) = struct.unpack_from("<I", payload)
    return json.loads(payload[4 : 4 + length]), payload[4 + length :]


def _places(matrices: Sequence[encoder.Matrix]) -> list[tuple[int, int]]:
    """Row and column of each matrix: a row a layer, roles across; the others follow in rows of six."""
    layers = sorted({m.layer for m in matrices if m.layer >= 0})
    others, places = 0, []
    for matrix in matrices:
        if matrix.layer >= 0 and matrix.role in encoder.ROLES:
            places.append((layers.index(matrix.layer), encoder.ROLES.index(matrix.role)))
        else:
            places.append((len(layers) + others // len(encoder.ROLES), others % len(encoder.ROLES)))
            others += 1
    return places


def _row_labels(matrices: Sequence[encoder.Matrix], places: Sequence[tuple[int, int]]) -> list[str]:
    labels = {row: str(m.layer + 1) if m.layer >= 0 else "" for m, (row, _) in zip(matrices, places, strict=True)}
    return [labels[row] for row in sorted(labels)]
