"""Let what was kept answer for what was removed: least squares against the outputs of the dense layers.

Layer after layer, O and down are fitted so that the smaller model's sums reach those of the dense model on
calibration sentences; the inputs of a layer are what the layers before it, already fitted, make of them. "scale"
finds one factor a head or neuron, as mask tuning does (Kwon et al., NeurIPS 2022, section 4.4); "weights" finds the
whole output matrix, of which that is a special case. It needs no labels and no gradient and leaves biases alone.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from core.models import encoder
from core.models.forward import model_inputs
from core.tasks.task import Feature, Task

TOKENS = 8192  # calibration tokens, padding included
# share of the sentences that is left out, the longest: the one batch is padded to its longest sentence, so that a few
# outliers would fill most of TOKENS with padding
LONGEST = 0.05
RIDGE = 0.1  # pull towards the weights as they are, in units of the mean squared input
INPUTS = {"O": "Q", "down": "up"}  # whose input is the residual that the output is added to


@dataclass(frozen=True)
class Targets:
    """What a refit reaches for: of the calibration batch the sums of the dense model in front of each layer norm.

    sums: by layer and role of INPUTS, (real tokens, hidden size), in fp32, whatever the machine could do faster: which
    answers turn would be another matter on each. real: which tokens of the batch are no padding.
    """

    batch: dict[str, Tensor]
    real: Tensor
    sums: dict[tuple[int, str], Tensor]


def targets(dense: nn.Module, task: Task, features: Sequence[Feature], pad: int) -> Targets:
    """Those of a model before its heads or neurons are removed; they hold for every choice of what stays."""
    batch = task.collate(calibration(features), pad)
    real = batch["attention_mask"].bool()
    return Targets(batch, real, _sums(dense, batch, real))


def refit_(model: nn.Module, wanted: Targets, how: str) -> None:
    """Fit O and down of every layer of a model from which heads or neurons were removed; how: "scale" or "weights".

    One batch holds all sentences, so that each matrix is fitted while the batch passes through, and the next layer
    sees the outputs of the fitted one.
    """
    real, residuals = wanted.real, dict[tuple[int, str], Tensor]()

    def keep_input(place: tuple[int, str], module: nn.Module, args: tuple[Tensor, ...]) -> None:
        residuals[place] = args[0][real]

    def fit(place: tuple[int, str], unit: int, module: nn.Linear, args: tuple[Tensor, ...]) -> None:
        target = wanted.sums[place] - residuals.pop(place) - module.bias
        module.weight.copy_(fitted(args[0][real], module.weight, target, unit if how == "scale" else 0))

    with ExitStack() as hooks, torch.inference_mode():
        for layer, block in enumerate(encoder.blocks(model)):
            for role, unit, count in (("O", block.head_size, block.heads), ("down", 1, block.width)):
                if count:
                    before, place = encoder.linear(model, block.names[INPUTS[role]]), (layer, role)
                    hooks.enter_context(before.register_forward_pre_hook(partial(keep_input, place)))
                    module: Any = encoder.linear(model, block.names[role])
                    hooks.enter_context(module.register_forward_pre_hook(partial(fit, place, unit)))
        model(**model_inputs(wanted.batch))


def calibration(features: Sequence[Feature]) -> list[Feature]:
    """The longest sentences but for the very longest, as many as fit into the tokens."""
    ordered = sorted(features, key=lambda feature: len(feature.ids))
    ordered = ordered[: max(1, round(len(ordered) * (1 - LONGEST)))]
    return ordered[-max(1, TOKENS // len(ordered[-1].ids)) :]


def fitted(inputs: Tensor, weight: Tensor, target: Tensor, unit: int = 0) -> Tensor:
    """The weight (out, in) nearest to the given one that brings inputs (tokens, in) to the target (tokens, out).

    unit: 0 fits every weight; else one factor for each so many columns. These are the normal equations of ridge
    regression for the change of the weight.
    """
    gram, correlation = inputs.T @ inputs, inputs.T @ target  # (in, in), (in, out)
    if unit:
        shape = (len(gram) // unit, unit)
        products = gram * (weight.T @ weight)
        normal = products.view(*shape, *shape).sum((1, 3))  # (units, units)
        residual = (correlation * weight.T).sum(1).view(shape).sum(1) - normal.sum(1)
        return weight * (1 + _solve(normal, residual[:, None])).repeat_interleave(unit, 0).T
    return weight + _solve(gram, correlation - gram @ weight.T).T


def _solve(normal: Tensor, right: Tensor) -> Tensor:
    ridge = RIDGE * normal.diagonal().mean().clamp_min(1e-12)
    factor = torch.linalg.cholesky(normal + ridge * torch.eye(len(normal)))
    return torch.cholesky_solve(right, factor)


def _sums(dense: nn.Module, batch: dict[str, Tensor], real: Tensor) -> dict[tuple[int, str], Tensor]:
    """What the dense model adds up in front of each layer norm, residual included, at the real tokens."""
    found: dict[tuple[int, str], Tensor] = {}

    def add(place: tuple[int, str], module: nn.Module, args: tuple[Tensor, ...], output: Tensor | None = None) -> None:
        values = (args[0] if output is None else output)[real]
        found[place] = found[place] + values if place in found else values

    with ExitStack() as hooks, torch.inference_mode():
        for layer, block in enumerate(encoder.blocks(dense)):
            for role, source in INPUTS.items():
                if source in block.names:
                    call = partial(add, (layer, role))
                    hooks.enter_context(encoder.linear(dense, block.names[source]).register_forward_pre_hook(call))
                    hooks.enter_context(encoder.linear(dense, block.names[role]).register_forward_hook(call))
        dense(**model_inputs(batch))
    return found
