"""The one training loop: fine-tuning, recovery and distillation call it; weights that a mask zeroed stay zero."""

import contextlib
import dataclasses
import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.config import option
from core.control import held_up
from core.errors import TrainingError
from core.models import encoder
from core.models.forward import autocast, model_inputs
from core.tasks.task import Feature, Task
from core.training import attention
from core.training.checkpoints import Standing, restore_, write

WARMUP = 0.06  # share of the steps (Devlin et al. 2019 use 10,000 of 1,000,000; 6 % is RoBERTa's for GLUE)
MAX_GRADIENT_NORM = 1.0
SORTED_BATCHES = 50  # so many batches are sorted by length together
VALIDATIONS = 10  # points of a training's curve
CHECKPOINT_S = 60.0
TIMES = "times"  # the attribute of a parameter that is trained at so many times the rate


Point = tuple[int, float, float]  # step, running loss, score of the validation examples in 0..1
# (model, a batch, which of the features it holds, share of the training that is done) -> loss
Objective = Callable[[nn.Module, dict[str, Tensor], Sequence[int], float], Tensor]


@dataclass(frozen=True)
class Progress:
    """Where a training stands; loss is a running mean, seconds since it began or went on from step `first`.

    score: of the validation examples in 0..1, at the steps where it was asked. before: seconds of its runs until then.
    """

    step: int
    steps: int
    loss: float
    seconds: float
    score: float | None = None
    first: int = 0
    before: float = 0.0

    @property
    def spent(self) -> float:
        """Seconds of all its runs."""
        return self.before + self.seconds

    @property
    def eta_s(self) -> float:
        """Seconds left at the present pace."""
        done = self.step - self.first
        return self.seconds / done * (self.steps - self.step) if done else math.inf


# help and range of each field of a Recipe that a technique's Config has
FIELDS: dict[str, tuple[str, float, float | None]] = {
    "learning_rate": ("peak of the warm-up and linear decay", 1e-7, 1e-2),
    "batch_size": ("examples per step", 1, 1024),
    "epochs": ("passes over the training examples", 0.001, 100.0),
    "steps": ("stop after so many steps, however many epochs are asked for", 1, None),
    "weight_decay": ("pull of the weights towards zero", 0.0, 1.0),
}


def training_option(name: str, default: float | None) -> Any:
    """The field of a Recipe in a technique's Config, with that technique's own default."""
    words, minimum, maximum = FIELDS[name]
    return option(default, words, minimum=minimum, maximum=maximum)


@dataclass(frozen=True)
class Recipe:
    """How to train; steps, when given, cuts the epochs short; embeddings False leaves them as they are.

    dropout: leave out activations at random as the model's config says. turn: the share of the training after which
    something else is learnt, so that optimizer and rate begin anew. ahead: how many times the rate before the turn.
    """

    learning_rate: float
    batch_size: int
    epochs: float
    weight_decay: float
    seed: int
    steps: int | None = None
    embeddings: bool = True
    dropout: bool = True
    turn: float = 0.0
    ahead: float = 1.0

    @classmethod
    def of(cls, config: Any, seed: int) -> "Recipe":
        """The recipe that a technique's Config holds under the same names."""
        names = [field.name for field in dataclasses.fields(cls) if hasattr(config, field.name)]
        return cls(**{name: getattr(config, name) for name in names}, seed=seed)


def length_sorted_batches(lengths: Sequence[int], batch_size: int, order: random.Random) -> list[list[int]]:
    """Shuffled batches whose members have similar lengths, so that little is padded; each index once."""
    indices = list(range(len(lengths)))
    order.shuffle(indices)
    chunk = batch_size * SORTED_BATCHES
    batches = []
    for start in range(0, len(indices), chunk):
        part = sorted(indices[start : start + chunk], key=lengths.__getitem__)
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    order.shuffle(batches)
    return batches


def train_(
    model: nn.Module,
    task: Task,
    features: Sequence[Feature],
    recipe: Recipe,
    *,
    pad: int,
    masks: Mapping[str, Tensor],
    on_step: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    objective: Objective | None = None,
    masks_at: Callable[[int, int], Mapping[str, Tensor]] | None = None,
    validate: Callable[[], float] | None = None,
    checkpoint: Path | None = None,
) -> tuple[Point, ...]:
    """Train the model in place with AdamW, warm-up and linear decay to zero; returns the curve.

    masks: name of a weight -> bool tensor of its shape; False stays exactly zero. masks_at(step, steps): further such
    masks of a step. objective: the loss, the task's where it is left out. validate: the score of the model as it
    is, asked VALIDATIONS times. checkpoint: a file from which a training that was killed goes on. Raises Cancelled, and
    TrainingError when the loss is not finite; the checkpoint then stays.
    """
    steps, device = _count(len(features), recipe), next(model.parameters()).device
    objective, turn = objective or task_loss(task), turning(recipe.turn, steps)
    held = {name: mask.to(device) for name, mask in masks.items()}
    with torch.random.fork_rng(devices=[]), _as_trained(model, recipe):
        torch.manual_seed(recipe.seed)
        optimizer = _optimizer(model, recipe)
        standing = (checkpoint and restore_(checkpoint, model, optimizer)) or Standing(0, 0.0)
        curve, running, first = list(standing.curve), standing.loss, standing.step
        batches = itertools.islice(_endless([len(f.ids) for f in features], recipe), first, None)
        started = saved = time.monotonic()
        model.train(recipe.dropout)
        for step in range(first + 1, steps + 1):
            started += held_up(cancelled)
            chosen = next(batches)
            # by the weights as they are held: an update moves even those that are to stay zero
            wanted = held if masks_at is None else {**held, **masks_at(step, steps)}
            if step == turn + 1 > 1:
                optimizer = _optimizer(model, recipe)
            _set_rate_(optimizer, recipe.learning_rate * _rate(step, steps, turn, recipe.ahead))
            batch = {name: value.to(device) for name, value in task.collate([features[i] for i in chosen], pad).items()}
            loss = _update_(model, optimizer, objective(model, batch, chosen, (step - 1) / steps))
            _require_number(loss, step, recipe)
            hold_(model, wanted)
            running = loss if step == 1 else 0.98 * running + 0.02 * loss
            score = validate() if validate is not None and _is_due(step, steps) else None
            if score is not None:
                model.train(recipe.dropout)
                curve.append((step, running, score))
            on_step(Progress(step, steps, running, time.monotonic() - started, score, first, standing.seconds))
            if checkpoint is not None and step < steps and time.monotonic() - saved > CHECKPOINT_S:
                saved = time.monotonic()
                spent = standing.seconds + saved - started
                write(checkpoint, model, optimizer, Standing(step, running, tuple(curve), spent))
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    model.eval()
    return tuple(curve)


def turning(share: float, steps: int) -> int:
    """The last step before the turn of a training (see Recipe.turn)."""
    return math.ceil(share * steps)


@contextmanager
def _as_trained(model: nn.Module, recipe: Recipe) -> Iterator[None]:
    """While open, the embeddings are not trained, unless the recipe says so; without dropout attention is quick."""
    embeddings = model.get_submodule(encoder.word_embeddings(model).rpartition(".")[0])
    left = [] if recipe.embeddings else [p for p in embeddings.parameters() if p.requires_grad]
    try:
        for parameter in left:
            parameter.requires_grad_(False)
        with contextlib.nullcontext() if recipe.dropout else attention.quick(model):
            yield
    finally:
        for parameter in left:
            parameter.requires_grad_(True)


def _require_number(loss: float, step: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            "the loss became {loss} at step {step}; lower the learning rate ({learning_rate})",
            loss=loss,
            step=step,
            learning_rate=recipe.learning_rate,
        )


def hold_(model: nn.Module, masks: Mapping[str, Tensor]) -> None:
    """Set to zero what the masks leave out."""
    with torch.no_grad():
        for name, mask in masks.items():
            model.get_parameter(name).mul_(mask)


def _count(examples: int, recipe: Recipe) -> int:
    per_epoch = math.ceil(examples / recipe.batch_size)
    return int(max(1, min(recipe.steps or math.inf, math.ceil(per_epoch * recipe.epochs))))


def _endless(lengths: Sequence[int], recipe: Recipe) -> Iterator[list[int]]:
    """Batches without end: epoch after epoch in another order, the same for the same seed."""
    order = random.Random(recipe.seed)
    while True:
        yield from reversed(length_sorted_batches(lengths, recipe.batch_size, order))


def _is_due(step: int, steps: int) -> bool:
    """Is this one of VALIDATIONS steps at equal distances, of which the last is the last?"""
    return step * VALIDATIONS // steps > (step - 1) * VALIDATIONS // steps


def task_loss(task: Task) -> Objective:
    """The loss of the true answers alone."""

    def objective(model: nn.Module, batch: dict[str, Tensor], chosen: Sequence[int], done: float) -> Tensor:
        with autocast(batch["input_ids"].device):
            output = model(**model_inputs(batch))
        return task.loss(output, batch)

    return objective


def _update_(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()
    return float(loss.detach())


def _optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW; biases, layer norms and what has a rate of its own are not decayed, the first two as usual for BERT."""
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in trained if p.ndim >= 2 and not hasattr(p, TIMES)]
    plain = [p for p in trained if p.ndim < 2 and not hasattr(p, TIMES)]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    for times in sorted({getattr(p, TIMES) for p in trained if hasattr(p, TIMES)}):
        others = [p for p in trained if getattr(p, TIMES, None) == times]
        groups.append({"params": others, "weight_decay": 0.0, TIMES: times})
    # fused: one pass over the weights instead of a dozen, which for word pieces is half of a step on a CPU
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def _set_rate_(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get(TIMES, 1.0)


def _rate(step: int, steps: int, turn: int = 0, ahead: float = 1.0) -> float:
    """The share of the learning rate at a step from 1: warm-up, then linear decay, up to the turn and from there."""
    if turn:
        return ahead * _rate(step, turn) if step <= turn else _rate(step - turn, steps - turn)
    warm = max(1, round(WARMUP * steps))
    return step / warm if step <= warm else (steps - step + 1) / max(1, steps - warm)
