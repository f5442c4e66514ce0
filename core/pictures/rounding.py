"""What rounding does to each matrix: its histogram, the step of the grid, and the noise below the signal."""

import json
import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn

from core.models import encoder
from core.runtimes.precision import scales, sqnr_db

BINS = 160
GRIDS = {"8": (8, True), "8-matrix": (8, False), "4": (4, True), "4-matrix": (4, False)}  # bits, a scale a row


@dataclass(frozen=True)
class Rounding:
    """One matrix. counts: of BINS equal bins from low to high. By name of GRIDS: the median step, and decibels."""

    name: str
    layer: int
    role: str
    low: float
    high: float
    counts: tuple[int, ...]
    step: dict[str, float]
    noise_db: dict[str, float | None]  # None where rounding is exact


def draw(model: nn.Module) -> bytes:
    """Every Linear of the model, as JSON."""
    return json.dumps([asdict(_rounding(model, matrix)) for matrix in encoder.matrices(model, "all")]).encode()


def read(payload: bytes) -> list[Rounding]:
    """The inverse of draw."""
    return [Rounding(**{**values, "counts": tuple(values["counts"])}) for values in json.loads(payload)]


def lines(found: Rounding, grid: str) -> list[float]:
    """Where the grid's points lie between the smallest and the largest weight."""
    step = found.step[grid]
    first, last = math.ceil(found.low / step), math.floor(found.high / step)
    return [step * point for point in range(first, last + 1)]


def _rounding(model: nn.Module, matrix: encoder.Matrix) -> Rounding:
    weight = encoder.weight(model, matrix.name).detach()
    low, high = float(weight.min()), float(weight.max())
    counts, _ = np.histogram(weight.numpy(), BINS, (low, high))
    noise = {name: sqnr_db(weight, *grid) for name, grid in GRIDS.items()}
    return Rounding(
        name=matrix.name,
        layer=matrix.layer,
        role=matrix.role,
        low=low,
        high=high,
        counts=tuple(counts.tolist()),
        step={name: float(torch.median(scales(weight, *grid))) for name, grid in GRIDS.items()},
        noise_db={name: value if math.isfinite(value) else None for name, value in noise.items()},
    )
