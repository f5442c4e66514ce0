"""How big a model is: parameters, bytes of its file, the same deflated, its work and its shape."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deflate
import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from core.models import encoder
from core.models.macs import macs, shape_of
from core.result import Size

ZIP_LEVEL = 6  # what zip programs use; libdeflate does it in a tenth of zlib's time
CHUNK = 4_000_000


def weigh(
    model: nn.Module, stored: Mapping[str, Tensor] | Path | None = None, which: str = "encoder", seq: int = 128
) -> Size:
    """Size of the model; `which` names the prunable matrices as in encoder.matrices.

    stored: the tensors as they would be saved, by default the model's own, or the file of its runtime.
    zip_bytes: every tensor deflated on its own in pieces of 4 MB, which is within 3 % of a zip of the file.
    """
    with torch.no_grad():
        weights = [encoder.weight(model, m.name) for m in encoder.matrices(model, which)]
        if isinstance(stored, Path):
            content = np.fromfile(stored, np.uint8)
            saved, parts = len(content), [torch.from_numpy(content)]
        else:
            tensors = stored or {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
            saved, parts = len(safetensors.torch.save(dict(tensors), {"format": "pt"})), list(tensors.values())
        return Size(
            params=sum(p.numel() for p in model.parameters()),
            nonzero=sum(int(p.count_nonzero()) for p in model.parameters()),
            prunable=sum(w.numel() for w in weights),
            prunable_nonzero=sum(int(w.count_nonzero()) for w in weights),
            bytes=saved,
            zip_bytes=deflated_bytes(parts),
            macs=macs(model, seq),
            seq=seq,
            shape=shape_of(model),
        )


def deflated_bytes(tensors: list[Tensor]) -> int:
    """Bytes of the tensors deflated at level 6; pieces seen before in this process are not deflated again."""
    pieces = [
        raw[start : start + CHUNK]
        for raw in (tensor.detach().reshape(-1).view(torch.uint8).numpy().tobytes() for tensor in tensors)
        for start in range(0, len(raw), CHUNK)
    ]
    with ThreadPoolExecutor(max_workers=torch.get_num_threads()) as pool:
        return sum(pool.map(_deflated, pieces))


_known: dict[bytes, int] = {}  # digest of a piece -> its deflated length, for this process


def _deflated(piece: bytes) -> int:
    digest = hashlib.blake2b(piece, digest_size=16).digest()
    if digest not in _known:
        _known[digest] = len(deflate.deflate_compress(piece, ZIP_LEVEL))
    return _known[digest]
