"""Pack a folder's model: what `optimize` takes out of it, written as a folder that gives the same logits."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.errors import ModelError
from core.models import encoder, find, save
from core.models.load import load
from core.pruning.pack import optimize

TOLERANCE = 1e-5  # largest difference of logits in fp32


@dataclass(frozen=True)
class Packed:
    """Parameters before and after, heads and FFN neurons of each layer that are left, and the difference of logits."""

    before: int
    after: int
    heads: tuple[int, ...]
    widths: tuple[int, ...]
    difference: float

    @property
    def good(self) -> bool:
        """Does it answer as before?"""
        return self.difference <= TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        shape = {"heads": list(self.heads), "widths": list(self.widths)}
        return {"params_before": self.before, "params_after": self.after, **shape, "logits_apart": self.difference}


def pack(model: str, out: Path) -> Packed:
    """Write the packed model and its tokenizer to a new folder. Raises ModelError."""
    if out.exists():
        raise ModelError("'{path}' is there already; name a new folder", path=out)
    loaded = load(find.resolve(model))
    small = optimize(loaded.model)
    save.save(small, loaded.tokenizer, out)
    again = load(find.resolve(str(out)))
    apart = max(_apart(loaded.model, again.model, loaded.tokenizer, text) for text in save.SENTENCES)
    shapes = encoder.layer_shapes(small)
    return Packed(
        before=sum(p.numel() for p in loaded.model.parameters()),
        after=sum(p.numel() for p in small.parameters()),
        heads=tuple(shape["heads"] for shape in shapes),
        widths=tuple(shape["width"] for shape in shapes),
        difference=apart,
    )


def words(found: Packed) -> str:
    """Four lines for a terminal."""
    verdict = "the same" if found.good else "OTHER"
    return "\n".join(
        (
            f"weights   {found.before:,} -> {found.after:,}",
            f"heads     {' '.join(map(str, found.heads))}",
            f"neurons   {' '.join(map(str, found.widths))}",
            f"answers   {verdict}: logits at most {found.difference:.1e} apart",
        )
    )


def _apart(one: nn.Module, other: nn.Module, tokenizer: Any, text: str) -> float:
    batch = tokenizer([text], return_tensors="pt")
    with torch.inference_mode():
        pairs = zip(one(**batch).to_tuple(), other(**batch).to_tuple(), strict=True)
        return max(float((a - b).abs().max()) for a, b in pairs)
