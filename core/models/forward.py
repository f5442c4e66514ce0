"""How a batch is fed to a model, and in which precision it computes."""

from collections.abc import Mapping

import torch
from torch import Tensor

MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def has_bf16() -> bool:
    """Does this machine multiply bf16 in hardware (AVX512-BF16 or AMX)? Else autocast only costs time."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def autocast(device: torch.device | None = None) -> torch.autocast:
    """bf16 autocast on a GPU and where the CPU has it, a no-op elsewhere."""
    kind = device.type if device else "cpu"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=kind == "cuda" or has_bf16())


def model_inputs(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The part of a batch that the model reads; the rest is for the loss."""
    return {name: value for name, value in batch.items() if name in MODEL_INPUTS}
