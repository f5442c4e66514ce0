"""The tensors of a model's folder under the names that transformers reads, whatever a program wrote around them.

One file or several with an index; names with the prefix of DataParallel or torch.compile; LayerNorm as gamma and beta;
masks of torch.nn.utils.prune, which stay masks.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from core import foreign
from core.errors import ModelError

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PREFIXES = re.compile(r"^(?:module\.|_orig_mod\.)+")
LAYER_NORM = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
ORIGINAL, MASK = "_orig", "_mask"  # what torch.nn.utils.prune makes of "weight"
# what a checkpoint may hold that no answer needs: numbers of positions, and the heads of pretraining
IDLE = re.compile(r"(^|\.)(position_ids|token_type_ids)$|^(cls|lm_head|mlm|vocab_\w+|(discriminator|generator)_\w+)\.")


@dataclass(frozen=True)
class Weights:
    """All tensors by name, and by the same names the masks of those that were pruned: True where a weight stays."""

    tensors: dict[str, Tensor]
    masks: dict[str, Tensor]


def files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder; none where there are no such. Raises ModelError for one that is missing."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    index = folder / INDEX
    if not index.is_file():
        return ()
    try:
        names = sorted(set(foreign.parse(index.read_text(encoding="utf8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ModelError("{file} is not an index of safetensors files; save the model again", file=INDEX) from None
    parts = tuple(folder / Path(str(name)).name for name in names)
    missing = next((part.name for part in parts if not part.is_file()), None)
    if missing is not None:
        raise ModelError("{index} names {file}, which is not there; copy it too", index=INDEX, file=missing)
    return parts


def plain_name(name: str) -> str:
    """The name without what a wrapper put before it, and as LayerNorm's parts are called today."""
    name = PREFIXES.sub("", name)
    for old, new in LAYER_NORM.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def shapes(folder: Path) -> Mapping[str, tuple[int, ...]]:
    """Shape of every tensor, from the heads of the files; a pruned weight counts once."""
    return _shapes(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files(folder)))


@functools.lru_cache(maxsize=8)  # a page asks several times at every rerun
def _shapes(stamps: tuple[tuple[Path, int, int], ...]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for path, _, _ in stamps:
        with safe_open(path, framework="np") as file:  # for torch all of it would be mapped into memory
            stored = list(file.keys())
            for name in stored:
                if not _is_mask(name, stored):
                    found[plain_name(_unmasked(name, stored))] = tuple(file.get_slice(name).get_shape())
    return MappingProxyType(found)


def read(folder: Path) -> Weights:
    """All tensors of a folder. Raises OSError, SafetensorError."""
    stored: dict[str, Tensor] = {}
    for path in files(folder):
        stored |= load_file(path)
    return unpruned({plain_name(name): tensor for name, tensor in stored.items()})


def unpruned(stored: Mapping[str, Tensor]) -> Weights:
    """Weights with their masks applied: what torch.nn.utils.prune computes in each forward pass."""
    tensors: dict[str, Tensor] = {}
    masks: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if _is_mask(name, stored):
            continue
        plain = _unmasked(name, stored)
        if plain != name:
            masks[plain] = stored[f"{plain}{MASK}"].to(torch.bool)
            tensor = torch.where(masks[plain], tensor, torch.zeros_like(tensor))
        tensors[plain] = tensor
    return Weights(tensors, masks)


def is_idle(name: str) -> bool:
    """May this tensor be left out, as no answer depends on it?"""
    return IDLE.search(name) is not None


def _is_mask(name: str, stored: Iterable[str]) -> bool:
    return name.endswith(MASK) and f"{name.removesuffix(MASK)}{ORIGINAL}" in stored


def _unmasked(name: str, stored: Iterable[str]) -> str:
    plain = name.removesuffix(ORIGINAL)
    return plain if name.endswith(ORIGINAL) and f"{plain}{MASK}" in stored else name
