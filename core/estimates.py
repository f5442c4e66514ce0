"""What a student of some size will be, before it is trained: exact counts, and its time by its share of the work."""

import functools
from dataclasses import dataclass
from fractions import Fraction

import torch
import transformers

from core import lengths, models, size, students
from core.result import Result, Speed
from core.spec import Spec


@dataclass(frozen=True)
class Sizes:
    """Parameters, multiply-accumulates of one sentence of `seq` tokens, and bytes of the fp32 file's weights."""

    params: int
    macs: int
    bytes: int
    seq: int


def layers_of(dense: Spec) -> int:
    """How many layers the model before any step has. Raises ModelError."""
    return len(lengths.outline(dense).shape.widths)


@functools.lru_cache(maxsize=128)
def student(dense: Spec, layers: int, width: str, seq: int = 128) -> Sizes:
    """A student of that size; nothing is computed but its shape. Raises ConfigError, ModelError."""
    students.require_layers(layers, layers_of(dense))
    config = models.config_of(models.resolve(dense.model))
    with torch.device("meta"):
        model = transformers.AutoModelForSequenceClassification.from_config(config)
        smaller = students.fresh(model, layers, Fraction(width), 0)
    params = sum(parameter.numel() for parameter in smaller.parameters())
    return Sizes(params, size.macs(smaller, seq), 4 * params, seq)


def milliseconds(sizes: Sizes, dense: Result, speed: Speed | None) -> float | None:
    """About what it takes: dense's time by the share of its multiplications; None where that was not timed."""
    if speed is None or dense.size.seq != sizes.seq:
        return None
    return speed.dense_median_ms * sizes.macs / dense.size.macs
