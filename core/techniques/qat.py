"""Train while rounding (Jacob et al. 2018, section 3), so that the weights learn to live on the integer grid.

Every Linear of the model sees its weights rounded per row and its inputs per tensor, as int8-dynamic will do; gradients
pass the rounding as if it were not there (the straight-through estimator, Bengio et al. 2013). The result is a model in
fp32: put `quantize` after it. It does not learn the ranges of int8-static, which are calibrated as ever.
"""

import copy
import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import validate
from core.errors import Words
from core.models import encoder
from core.runtimes.precision import rounded
from core.techniques.operations import require_examples, train_copy_
from core.techniques.technique import Context, Legend, State, Technique
from core.training.loop import Recipe, training_option

LEVELS = 255  # of an activation's range in 8 bits


@dataclass(frozen=True)
class Config:
    """A short training at a low rate: the weights are to move by less than a step of the grid."""

    learning_rate: float = training_option("learning_rate", 1e-5)
    batch_size: int = training_option("batch_size", 32)
    epochs: float = training_option("epochs", 0.25)
    steps: int | None = training_option("steps", None)
    weight_decay: float = training_option("weight_decay", 0.0)

    def __post_init__(self) -> None:
        validate(self)


class _Rounding(nn.Module):
    """A Linear that computes with rounded weights and inputs, and trains the exact ones."""

    def __init__(self, old: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = old.weight, old.bias

    def forward(self, inputs: Tensor) -> Tensor:
        weight = self.weight + (rounded(self.weight.detach()) - self.weight.detach())
        return functional.linear(inputs + (_rounded_inputs(inputs.detach()) - inputs.detach()), weight, self.bias)


def _rounded_inputs(values: Tensor) -> Tensor:
    """The nearest of 256 levels between the smallest and the largest value, of which zero is one."""
    low, high = values.float().min().clamp(max=0), values.float().max().clamp(min=0)
    step = ((high - low) / LEVELS).clamp(min=torch.finfo(torch.float32).tiny)
    zero = (-low / step).round()
    levels = ((values.float() / step).round() + zero).clamp(0, LEVELS)
    return ((levels - zero) * step).to(values.dtype)


def apply(state: State, config: Config, context: Context) -> State:
    """Train a copy of the model with every Linear rounded, and put the plain Linears back."""
    require_examples("qat", context.task)
    model = copy.deepcopy(state.model)
    plain = {matrix.name: encoder.linear(model, matrix.name) for matrix in encoder.matrices(model, "all")}
    for name, module in plain.items():
        model.set_submodule(name, _Rounding(module))
    trained = train_copy_(model, state, Recipe.of(config, context.seed), context)
    for name, module in plain.items():
        model.set_submodule(name, module)
    return dataclasses.replace(trained, model=model.eval())


def told(config: Config) -> Words:
    """What it was trained for."""
    return Words("training that rounds")


TECHNIQUE = Technique("qat", "train", Config, apply, needs_data=True, legend=Legend(("finetuned",)), told=told)
