"""How important heads, neurons and inputs are: from one pass over training examples, from the weights, or by chance.

Gates that multiply each head and each neuron are expanded per example, so that one backward pass gives the
exact gradient of every example's loss (Kwon et al., NeurIPS 2022, section 4).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.control import held_up
from core.errors import DataError
from core.models import encoder
from core.models.forward import autocast, model_inputs
from core.tasks.task import Feature, Task

EXAMPLES = 2048  # training examples of a pass, as many as Kwon et al. take
BATCH = 64
CRITERIA = ("fisher", "taylor", "magnitude", "random")
OF_GRADIENTS = ("fisher", "taylor")  # those that need training examples
Scores = dict[str, Tensor]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Units:
    """The importance of the encoder's units, non-negative, by layer: of its heads (heads,), of its neurons (neurons,).

    block_fisher: by layer that block of the Fisher information for its heads (heads, heads) and for its neurons
    (neurons, neurons), where the criterion has it. comparable: may heads and neurons compete by the sum of their
    importance? By Fisher they may: each is the loss without the unit, to second order, and such losses add up.
    """

    head_importance: Sequence[Floats]
    neuron_importance: Sequence[Floats]
    block_fisher: Sequence[tuple[Floats, Floats]] = ()
    comparable: bool = False


def training_features(task: Task, tokenizer: Any, seed: int, count: int = EXAMPLES) -> list[Feature]:
    """The features of so many training examples, drawn by seed. Raises DataError when there are none."""
    if not task.train:
        raise DataError(
            "'{task}' has no training examples, which this criterion needs; take criterion=magnitude", task=task.name
        )
    order = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(seed))
    return task.features(tokenizer, [task.train[i] for i in order[:count].tolist()])


def gate_gradients(
    model: nn.Module,
    task: Task,
    features: Sequence[Feature],
    pad: int,
    *,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[tuple[Tensor, Tensor]]:
    """For each layer the gradient of each example's loss by its gates: (examples, heads) and (examples, neurons).

    The model is left as it was; its weights get no gradient. Raises Cancelled.
    """
    rows: list[list[tuple[Tensor, Tensor]]] = [[] for _ in encoder.blocks(model)]
    with _gated(model) as gates, _frozen(model):
        for done, batch in _batches(task, features, pad):
            held_up(cancelled)
            gates.clear()
            # for short rows the plain kernel's backward takes two thirds of the time of the fused one
            with autocast(), sdpa_kernel(SDPBackend.MATH):
                output = model(**model_inputs(batch))
                loss = task.loss(output, batch) * len(batch["input_ids"])  # a sum: examples do not mix
                found = torch.autograd.grad(loss, [gate for pair in gates for gate in pair])
            for layer, (heads, neurons) in enumerate(zip(found[::2], found[1::2], strict=True)):
                rows[layer].append((heads.float(), neurons.float()))
            on_batch(done, len(features))
    return [(torch.cat([h for h, _ in layer]), torch.cat([n for _, n in layer])) for layer in rows]


def fisher(gradients: Sequence[tuple[Tensor, Tensor]]) -> Scores:
    """What the search needs of the gradients: block Fisher, diagonal Fisher and first-order Taylor, by layer.

    "heads.3.gram" (heads, heads) is the mean of g g^T, "heads.3.fisher" its diagonal, "heads.3.taylor" the mean
    of |g| (Michel et al., NeurIPS 2019, section 4.1); the same for neurons. "layers" is the mean squared change of
    loss, to first order, when all of a layer goes.
    """
    scores: Scores = {}
    for layer, pair in enumerate(gradients):
        for name, found in zip(("heads", "neurons"), pair, strict=True):
            gram = found.T @ found / len(found)
            scores[f"{name}.{layer}.fisher"] = gram.diagonal().clone()
            scores[f"{name}.{layer}.gram"] = gram.bfloat16()  # half the bytes of what is the largest by far
            scores[f"{name}.{layer}.taylor"] = found.abs().mean(0)
    scores["layers"] = torch.stack([(h.sum(1) + n.sum(1)).square().mean() for h, n in gradients])
    return scores


def from_gradients(scores: Scores, criterion: str) -> Units:
    """The units by one of OF_GRADIENTS, from the scores that `fisher` gives."""
    layers = range(len(scores["layers"]))
    heads, neurons = ([scores[f"{kind}.{i}.{criterion}"].numpy() for i in layers] for kind in ("heads", "neurons"))
    if criterion == "taylor":
        return Units(heads, neurons)  # a sum of |g| would favour many small ones
    blocks = [(scores[f"heads.{i}.gram"].float().numpy(), scores[f"neurons.{i}.gram"].float().numpy()) for i in layers]
    return Units(heads, neurons, blocks, comparable=True)


def from_weights(model: nn.Module) -> Units:
    """The units by the squared norm of their weights (Li et al., ICLR 2017): of a head the rows of Q, K and V and the
    columns of O, of a neuron its row of up and its column of down."""
    heads, neurons = [], []
    for block in encoder.blocks(model):
        squares = {role: encoder.weight(model, name).detach().square() for role, name in block.names.items()}
        channels = squares["O"].sum(0) + sum(squares[role].sum(1) for role in ("Q", "K", "V") if role in squares)
        heads.append(channels.view(block.heads, block.head_size).sum(1).numpy())
        neurons.append((squares["up"].sum(1) + squares["down"].sum(0)).numpy())
    return Units(heads, neurons)


def by_chance(model: nn.Module, seed: int) -> Units:
    """The units in an order that the seed draws, uniform in 0..1."""
    chance = torch.Generator().manual_seed(seed)
    heads, neurons = [], []
    for block in encoder.blocks(model):
        heads.append(torch.rand(block.heads, generator=chance).numpy())
        neurons.append(torch.rand(block.width, generator=chance).numpy())
    return Units(heads, neurons)


def input_norms(
    model: nn.Module,
    task: Task,
    features: Sequence[Feature],
    pad: int,
    *,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Scores:
    """Euclidean norm of each input of each Linear over all tokens that are not padding: (columns,) by module name."""
    squares = {m.name: torch.zeros(m.columns) for m in encoder.matrices(model, "all")}
    real = torch.empty(0)

    def add(name: str, module: nn.Module, args: tuple[Tensor, ...]) -> None:
        values = args[0].detach().float()
        if values.ndim == 3:
            values = values[real]
        squares[name] += values.square().sum(0)

    handles = [model.get_submodule(name).register_forward_pre_hook(partial(add, name)) for name in squares]
    try:
        with torch.inference_mode(), autocast():
            for done, batch in _batches(task, features, pad):
                held_up(cancelled)
                real = batch["attention_mask"].bool()
                model(**model_inputs(batch))
                on_batch(done, len(features))
    finally:
        for handle in handles:
            handle.remove()
    return {name: total.sqrt() for name, total in squares.items()}


def _batches(task: Task, features: Sequence[Feature], pad: int) -> Iterator[tuple[int, dict[str, Tensor]]]:
    ordered = sorted(features, key=lambda feature: len(feature.ids))
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        yield start + len(batch), task.collate(batch, pad)


@contextmanager
def _gated(model: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """While open, every run of the model multiplies its heads and neurons by fresh gates of one and lists them."""
    gates: list[tuple[Tensor, Tensor]] = []
    waiting: list[Tensor] = []

    def heads(count: int, module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor]:
        x = args[0]  # (batch, tokens, heads * size)
        gate = torch.ones(len(x), count, requires_grad=True)
        waiting.append(gate)
        size = x.shape[-1] // max(1, count)
        return (x * gate.repeat_interleave(size, 1)[:, None, :].to(x.dtype),)

    def neurons(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor]:
        x = args[0]  # (batch, tokens, width)
        gate = torch.ones(len(x), x.shape[-1], requires_grad=True)
        gates.append((waiting.pop(), gate))
        return (x * gate[:, None, :].to(x.dtype),)

    handles = []
    for block in encoder.blocks(model):
        output, down = (encoder.linear(model, block.names[role]) for role in ("O", "down"))
        handles.append(output.register_forward_pre_hook(partial(heads, block.heads)))
        handles.append(down.register_forward_pre_hook(neurons))
    try:
        yield gates
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """While open, no weight takes part in a backward pass."""
    wanted = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    model.requires_grad_(False)
    try:
        yield
    finally:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(wanted[name])
