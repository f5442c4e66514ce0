"""How a model's numbers are stored and multiplied: the modes, and the integer grid that weights are rounded to.

Scales are symmetric: real = scale * integer, with one scale for each row (output channel) or one for the matrix
(Jacob et al. 2018, "Quantization and Training of Neural Networks", section 2; Nagel et al. 2021, section 2.3).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

MODES = ("fp32", "fp16", "bf16", "int8-dynamic", "int8-static", "int4-weights")


@dataclass(frozen=True)
class Precision:
    """One of MODES; embeddings: are they stored so too; per_channel: a scale for each row instead of one a matrix.

    layer: only that layer of the encoder, counted from 1; None for the whole model.
    """

    mode: str = "fp32"
    embeddings: bool = True
    per_channel: bool = True
    layer: int | None = None

    @property
    def calibrated(self) -> bool:
        """Are the ranges of activations fixed beforehand, on examples?"""
        return self.mode == "int8-static"


FP32 = Precision()


def scales(weight: Tensor, bits: int = 8, per_channel: bool = True) -> Tensor:
    """The step of the grid, (rows, 1) or (1, 1): the largest magnitude over the largest integer, 1 for all zeros."""
    largest = weight.abs().amax(1, keepdim=True) if per_channel else weight.abs().max().reshape(1, 1)
    step = largest / _top(bits)
    return torch.where(step > 0, step, torch.ones_like(step))


def integers(weight: Tensor, scale: Tensor, bits: int = 8) -> Tensor:
    """Each weight's nearest integer on the grid, int8, in -127..127 for 8 bits and -7..7 for 4."""
    top = _top(bits)
    return (weight / scale).round().clamp(-top, top).to(torch.int8)


def rounded(weight: Tensor, bits: int = 8, per_channel: bool = True) -> Tensor:
    """The weights as the grid holds them."""
    scale = scales(weight, bits, per_channel)
    return integers(weight, scale, bits) * scale


def noise_db(weight: Tensor, bits: int = 8, per_channel: bool = True) -> float:
    """Signal-to-noise ratio of rounding in decibels: 10 log10(sum w^2 / sum (w - rounded)^2); inf where exact."""
    error = float((weight - rounded(weight, bits, per_channel)).square().sum())
    signal = float(weight.square().sum())
    return 10 * math.log10(signal / error) if error > 0 and signal > 0 else math.inf


def _top(bits: int) -> int:
    return int(2 ** (bits - 1) - 1)
