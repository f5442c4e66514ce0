"""Pack a folder's model: what `optimize` takes out of it, written as a folder that gives the same logits."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.models import encoder, find, save
from core.models.load import load
from core.pruning.pack import optimize


@dataclass(frozen=True)
class Packed:
    """Parameters before and after, heads and FFN neurons of each layer that are left; the folder beside the model as
    it was."""

    before: int
    after: int
    heads: tuple[int, ...]
    widths: tuple[int, ...]
    check: save.ReloadCheck

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        shape = {"heads": list(self.heads), "widths": list(self.widths)}
        return {
            "params_before": self.before,
            "params_after": self.after,
            **shape,
            "logits_apart": self.check.largest_difference,
        }


def pack(model: str, out: Path) -> Packed:
    """Write the packed model and its tokenizer to a new folder. Raises ModelError."""
    if out.exists():
        raise ModelError("'{path}' is there already; name a new folder", path=out)
    loaded = load(find.resolve(model))
    small = optimize(loaded.model)
    save.write(small, loaded.tokenizer, out)
    check = save.reload_check(loaded.model, loaded.tokenizer, out, save.SENTENCES)
    save.write_json(out / save.CHECK, dataclasses.asdict(check))
    shapes = encoder.layer_shapes(small)
    return Packed(
        before=sum(p.numel() for p in loaded.model.parameters()),
        after=sum(p.numel() for p in small.parameters()),
        heads=tuple(shape["heads"] for shape in shapes),
        widths=tuple(shape["width"] for shape in shapes),
        check=check,
    )


def words(found: Packed) -> str:
    """Four lines for a terminal."""
    verdict, apart = "the same" if found.check.ok else "OTHER", found.check.largest_difference
    return "\n".join(
        (
            f"weights   {found.before:,} -> {found.after:,}",
            f"heads     {' '.join(map(str, found.heads))}",
            f"neurons   {' '.join(map(str, found.widths))}",
            f"answers   {verdict}: logits " + ("are no numbers" if apart is None else f"at most {apart:.1e} apart"),
        )
    )
