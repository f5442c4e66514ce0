"""What the Heads page shows: the importance of every head, how much of it is kept, and its stripes of Q, K, V and O."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.models import encoder
from core.pictures.levels import Levels
from core.pictures.mosaic import FAST, pack, unpack
from core.pruning.masks import LEVELS
from core.techniques.operations import unit_importance
from core.techniques.technique import Context, State, Tensors

CRITERIA = ("fisher", "taylor", "magnitude")  # of core.pruning.importance, without chance
STRIPES = ("Q", "K", "V", "O")


@dataclass(frozen=True)
class Map:
    """By layer and head, NaN where a layer has fewer: importance by criterion, and the share kept at each level."""

    importance: dict[str, npt.NDArray[np.float32]]
    kept: npt.NDArray[np.float32]  # (101, layers, heads), 0..1


def importance(state: State, context: Context) -> Tensors:
    """(layers, heads) by criterion; small enough to be shipped with recorded results."""

    def compute() -> Tensors:
        found = {}
        for criterion in CRITERIA:
            rows = [torch.from_numpy(layer) for layer in unit_importance(state, criterion, context).head_importance]
            found[criterion] = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=float("nan"))
        return found

    return context.remember("heads", compute)


def draw(state: State, found: Levels, context: Context) -> bytes:
    """Importance and share kept of every head as bytes."""
    blocks = encoder.blocks(state.model)
    kept = np.full((LEVELS, len(blocks), max(block.heads for block in blocks)), np.nan, dtype=np.float32)
    for layer, block in enumerate(blocks):
        drawn = [_shares(found, block.names[role], block.heads, role) for role in STRIPES if role in block.names]
        shares = [share for share in drawn if share is not None]
        if block.heads and shares:
            kept[:, layer, : block.heads] = np.mean(shares, axis=0)
    parts = {name: tensor.numpy() for name, tensor in importance(state, context).items()} | {"kept": kept}
    return _pack({}, parts)


def draw_head(state: State, found: Levels, layer: int, head: int) -> bytes:
    """The weights of one head as four stripes (head_size, hidden), with what of them each level keeps, as bytes."""
    block = encoder.blocks(state.model)[layer]
    rows = slice(head * block.head_size, (head + 1) * block.head_size)
    parts: dict[str, Any] = {}
    for role in STRIPES:
        name = block.names[role]
        weight = encoder.weight(state.model, name).detach().numpy()
        stripe = weight[:, rows].T if role == "O" else weight[rows]
        parts[role] = stripe.astype("<f2")
        if found.lines:
            units = found.lines[name][1 if role == "O" else 0][:, rows.start]  # a head goes as a whole
            parts[f"{role}.levels"] = units.astype(np.uint8)
        elif name in found.ranks:
            ranks = found.ranks[name]
            parts[f"{role}.ranks"] = ranks[:, rows].T if role == "O" else ranks[rows]
    return _pack({"layer": layer, "head": head}, parts)


def read(payload: bytes) -> Map:
    """The inverse of `draw`."""
    _, parts = _unpack(payload)
    return Map({name: parts[name] for name in CRITERIA}, parts["kept"])


def stripes(payload: bytes, level: int) -> dict[str, npt.NDArray[np.float32]]:
    """By role the weights of a head at a level, divided by the largest of them; NaN where the weight is gone."""
    _, parts = _unpack(payload)
    largest = max(float(np.abs(parts[role].astype(np.float32)).max()) for role in STRIPES)
    found = {}
    for role in STRIPES:
        values = parts[role].astype(np.float32) / (largest or 1.0)
        if f"{role}.ranks" in parts:
            values = np.where(parts[f"{role}.ranks"] >= level, values, np.nan)
        elif f"{role}.levels" in parts and not parts[f"{role}.levels"][level]:
            values = np.full_like(values, np.nan)
        found[role] = values
    return found


def _shares(found: Levels, name: str, count: int, role: str) -> npt.NDArray[np.float32] | None:
    """(101, heads): the share of a matrix' weights kept in each of its heads."""
    if name in found.lines:
        units = found.lines[name][1 if role == "O" else 0]
        return units.reshape(LEVELS, count, -1).mean(2)  # type: ignore[no-any-return]
    if name not in found.ranks:
        return None
    ranks = found.ranks[name].T if role == "O" else found.ranks[name]
    split = ranks.reshape(count, -1)
    pruned = np.stack([np.cumsum(np.bincount(row, minlength=LEVELS)) for row in split], axis=1)  # (101, heads)
    kept = 1 - np.concatenate([np.zeros((1, count)), pruned[:-1]]) / split.shape[1]
    return kept.astype(np.float32)


def _pack(facts: dict[str, Any], parts: dict[str, npt.NDArray[Any]]) -> bytes:
    entries = [{"name": name, "dtype": part.dtype.str, "shape": part.shape} for name, part in parts.items()]
    body = b"".join(np.ascontiguousarray(part).tobytes() for part in parts.values())
    return pack({**facts, "parts": entries}, zlib.compress(body, FAST))


def _unpack(payload: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    header, packed = unpack(payload)
    raw, at, parts = zlib.decompress(packed), 0, {}
    for entry in header["parts"]:
        kind, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        size = int(np.prod(shape)) * kind.itemsize
        parts[entry["name"]] = np.frombuffer(raw[at : at + size], kind).reshape(shape)
        at += size
    return header, parts
