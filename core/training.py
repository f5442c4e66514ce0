"""The one training loop: fine-tuning and recovery call it; weights that a mask zeroed stay zero."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.tasks import Feature, Task

WARMUP = 0.06  # share of the steps (Devlin et al. 2019 use 10,000 of 1,000,000; 6 % is RoBERTa's for GLUE)
MAX_GRADIENT_NORM = 1.0
SORTED_BATCHES = 50  # so many batches are sorted by length together
MODEL_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Cancelled(Exception):
    """The user asked to stop."""


class TrainingError(ValueError):
    """Training cannot go on; the message says what to change."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands; loss is a running mean, seconds since its start."""

    step: int
    steps: int
    loss: float
    seconds: float

    @property
    def eta_s(self) -> float:
        """Seconds left at the present pace."""
        return self.seconds / self.step * (self.steps - self.step) if self.step else math.inf


@dataclass(frozen=True)
class Recipe:
    """How to train; steps, when given, cuts the epochs short."""

    learning_rate: float
    batch_size: int
    epochs: float
    weight_decay: float
    seed: int
    steps: int | None = None


def has_bf16() -> bool:
    """Does this machine multiply bf16 in hardware (AVX512-BF16 or AMX)? Else autocast only costs time."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def autocast(device: torch.device | None = None) -> torch.autocast:
    """bf16 autocast on a GPU and where the CPU has it, a no-op elsewhere."""
    kind = device.type if device else "cpu"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=kind == "cuda" or has_bf16())


def model_inputs(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The part of a batch that the model reads; the rest is for the loss."""
    return {name: value for name, value in batch.items() if name in MODEL_INPUTS}


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
) -> None:
    """Train the model in place with AdamW, warm-up and linear decay to zero.

    masks: name of a weight -> bool tensor of its shape; False stays exactly zero. Raises Cancelled,
    and TrainingError when the loss is not finite.
    """
    per_epoch = math.ceil(len(features) / recipe.batch_size)
    steps = min(recipe.steps or math.inf, math.ceil(per_epoch * recipe.epochs))
    steps = int(max(1, steps))
    device = next(model.parameters()).device
    optimizer, schedule = _optimizer(model, recipe, steps)
    masked = [(model.get_parameter(name), mask.to(device)) for name, mask in masks.items()]
    order, started, running = random.Random(recipe.seed), time.monotonic(), 0.0
    lengths = [len(f.ids) for f in features]
    batches: list[list[int]] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model.train()
        for step in range(1, steps + 1):
            if cancelled():
                raise Cancelled
            batches = batches or length_sorted_batches(lengths, recipe.batch_size, order)
            batch = task.collate([features[i] for i in batches.pop()], pad)
            loss = _update_(model, task, {k: v.to(device) for k, v in batch.items()}, optimizer, masked)
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss became {loss} at step {step}; lower the learning rate ({recipe.learning_rate})"
                )
            schedule.step()
            running = loss if step == 1 else 0.98 * running + 0.02 * loss
            on_step(Progress(step, steps, running, time.monotonic() - started))
    model.eval()


def _update_(
    model: nn.Module,
    task: Task,
    batch: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    masked: Sequence[tuple[nn.Parameter, Tensor]],
) -> float:
    with autocast(batch["input_ids"].device):
        output = model(**model_inputs(batch))
    loss = task.loss(output, batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()
    with torch.no_grad():
        for parameter, mask in masked:
            parameter.mul_(mask)
    return float(loss.detach())


def _optimizer(
    model: nn.Module, recipe: Recipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW; biases and layer norms are not decayed, as usual for BERT."""
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
    warm = max(1, round(WARMUP * steps))

    def factor(step: int) -> float:
        return (step + 1) / warm if step < warm else (steps - step) / max(1, steps - warm)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
