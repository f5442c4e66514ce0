"""Quality of a model on a task, streamed batch by batch with a running value and interval."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.result import Interval, Quality, here, share
from core.tasks import Feature, Outcome, Task
from core.training import Cancelled, autocast, has_bf16, model_inputs

BATCH_SIZE = 32


@dataclass(frozen=True)
class Running:
    """The score so far; total is the number of examples in the end."""

    interval: Interval
    total: int


def evaluate(
    model: nn.Module,
    task: Task,
    features: Sequence[Feature],
    *,
    pad: int,
    on_batch: Callable[[Running], None] = lambda running: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Quality:
    """Answer every validation example: bf16 autocast where the CPU has it, batches of equal length.

    features: what task.encode made of task.validation. Raises Cancelled.
    """
    started = time.perf_counter()
    best: dict[int, Outcome] = {}
    # one autocast for all batches, so that each weight is turned into bf16 once
    with torch.inference_mode(), autocast():
        for outcomes in _batches(model, task, features, pad):
            for outcome in outcomes:
                known = best.get(outcome.example)
                if known is None or outcome.confidence > known.confidence:
                    best[outcome.example] = outcome
            on_batch(Running(share([o.score for o in best.values()]), len(task.validation)))
            if cancelled():
                raise Cancelled
    ordered = [best[index] for index in sorted(best)]
    return Quality(
        metric=task.metric,
        interval=share([o.score for o in ordered]),
        loss=sum(o.loss for o in ordered) / max(1, len(ordered)),
        kinds=_by_kind(task, ordered),
        answers=tuple(o.answer for o in ordered),
        scores=tuple(o.score for o in ordered),
        precision="bf16 autocast" if has_bf16() else "fp32",
        seconds=time.perf_counter() - started,
        environment=here(),
    )


def _batches(model: nn.Module, task: Task, features: Sequence[Feature], pad: int) -> Iterator[list[Outcome]]:
    """Outcomes of one batch after another; the batches come in a fixed random order, so that the running
    value is not that of the short sentences only."""
    ordered = sorted(features, key=lambda f: (len(f.ids), f.example))
    batches = [ordered[i : i + BATCH_SIZE] for i in range(0, len(ordered), BATCH_SIZE)]
    random.Random(0).shuffle(batches)
    for batch in batches:
        inputs = task.collate(batch, pad)
        output: Any = model(**model_inputs(inputs))
        yield task.outcomes(output, inputs, batch)


def _by_kind(task: Task, outcomes: Sequence[Outcome]) -> dict[str, Interval]:
    kinds = sorted({task.validation[o.example].kind for o in outcomes} - {""})
    return {kind: share([o.score for o in outcomes if task.validation[o.example].kind == kind]) for kind in kinds}
