"""Fewer bits for each number (Jacob et al. 2018; Nagel et al., "A White Paper on Neural Network Quantization", 2021).

The step says which; the runtime realises it with kernels of its own, so that the same mode has another accuracy and
speed in each. It changes no weight itself, and it is the last step: a runtime's file can neither be pruned nor trained.
"""

import dataclasses
from dataclasses import dataclass

from core.config import option, validate
from core.errors import ConfigError, Words
from core.models import encoder
from core.runtimes.precision import MODES, Precision
from core.techniques.technique import Context, State, Technique


@dataclass(frozen=True)
class Config:
    """How the numbers are stored and multiplied."""

    mode: str = option(
        "int8-dynamic",
        "fp16 and bf16 halve the weights, int8-static fixes the ranges of activations on training examples",
        choices=MODES[1:],
        precision=True,
    )
    embeddings: bool = option(True, "quantize the embeddings of the word pieces too")
    per_channel: bool = option(True, "a scale for each row of a matrix instead of one for all of it")
    layer: int | None = option(None, "only this layer, from 1, in torch: how much does it alone cost?", minimum=1)

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """The same model, to be run in that precision."""
    there = len(encoder.layer_modules(state.model))
    if config.layer is not None and config.layer > there:
        raise ConfigError(
            "layer={layer} is not in the model, which has layers 1 to {there}", layer=config.layer, there=there
        )
    return dataclasses.replace(state, precision=precision(config))


def precision(config: Config) -> Precision:
    """What the runtime is asked for."""
    return Precision(config.mode, config.embeddings, config.per_channel, config.layer)


def told(config: Config) -> Words:
    """In how many bits."""
    modes = {
        "int8-dynamic": Words("int8"),
        "int8-static": Words("int8 with fixed ranges"),
        "int4-weights": Words("weights in int4"),
    }
    words = modes.get(config.mode, Words("{mode}", mode=config.mode))
    return words if config.layer is None else Words("layer {layer} alone in {mode}", layer=config.layer, mode=words)


TECHNIQUE = Technique("quantize", "quantize", Config, apply, precision=precision, told=told)
