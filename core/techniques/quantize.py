"""Fewer bits for each number (Jacob et al. 2018; Nagel et al., "A White Paper on Neural Network Quantization", 2021).

The step says which; the runtime realises it with kernels of its own, so that the same mode has another accuracy and
speed in each. It changes no weight itself, and it is the last step: a runtime's file can neither be pruned nor trained.
"""

import dataclasses
from dataclasses import dataclass

from core.options import option, validate
from core.precision import MODES, Precision
from core.techniques.technique import Context, State, Technique


@dataclass(frozen=True)
class Config:
    """How the numbers are stored and multiplied."""

    mode: str = option(
        "int8-dynamic",
        "fp16 and bf16 halve the weights, int8-static fixes the ranges of activations on training examples",
        choices=MODES[1:],
    )
    embeddings: bool = option(True, "quantize the embeddings of the word pieces too")
    per_channel: bool = option(True, "a scale for each row of a matrix instead of one for all of it")

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """The same model, to be run in that precision."""
    precision = Precision(config.mode, config.embeddings, config.per_channel)
    return dataclasses.replace(state, precision=precision)


TECHNIQUE = Technique("quantize", "quantize", Config, apply)
