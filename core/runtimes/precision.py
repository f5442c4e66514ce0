"""Precision of weights and activations: the modes, and uniform quantization of a weight matrix.

Quantization is symmetric, its zero point is 0: real = scale * integer, with a scale for each output channel (row) or
one for the matrix (Jacob et al. 2018, "Quantization and Training of Neural Networks", section 2; Nagel et al. 2021,
"A White Paper on Neural Network Quantization", section 2.3).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

MODES = ("fp32", "fp16", "bf16", "int8-dynamic", "int8-static", "int4-weights")


@dataclass(frozen=True)
class Precision:
    """One of MODES; embeddings: are they in it too; per_channel: a scale for each output channel, not one a matrix.

    layer: only that layer of the encoder, counted from 1; None for the whole model.
    """

    mode: str = "fp32"
    embeddings: bool = True
    per_channel: bool = True
    layer: int | None = None

    @property
    def calibrated(self) -> bool:
        """Are scale and zero point of the activations calibrated on examples, instead of found at run time?"""
        return self.mode == "int8-static"


FP32 = Precision()


def scales(weight: Tensor, bits: int = 8, per_channel: bool = True) -> Tensor:
    """The scale of each row, (rows, 1), or of all, (1, 1): largest magnitude over largest integer, 1 for all zeros."""
    largest = weight.abs().amax(1, keepdim=True) if per_channel else weight.abs().max().reshape(1, 1)
    scale = largest / _largest(bits)
    return torch.where(scale > 0, scale, torch.ones_like(scale))


def integers(weight: Tensor, scale: Tensor, bits: int = 8) -> Tensor:
    """The quantized weights, each the nearest integer, as int8: in -127..127 for 8 bits and -7..7 for 4."""
    largest = _largest(bits)
    return (weight / scale).round().clamp(-largest, largest).to(torch.int8)


def rounded(weight: Tensor, bits: int = 8, per_channel: bool = True) -> Tensor:
    """The weights quantized and dequantized again (fake quantization)."""
    scale = scales(weight, bits, per_channel)
    return integers(weight, scale, bits) * scale


def sqnr_db(weight: Tensor, bits: int = 8, per_channel: bool = True) -> float:
    """Signal-to-quantization-noise ratio: 10 log10(sum w^2 / sum (w - rounded)^2) decibels; inf where exact."""
    error = float((weight - rounded(weight, bits, per_channel)).square().sum())
    signal = float(weight.square().sum())
    return 10 * math.log10(signal / error) if error > 0 and signal > 0 else math.inf


def _largest(bits: int) -> int:
    return int(2 ** (bits - 1) - 1)
