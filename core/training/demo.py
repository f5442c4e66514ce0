"""Train the shipped demo model: all-MiniLM-L6-v2 (Apache-2.0) fine-tuned on the full SST-2 by our own loop."""

import contextlib
import copy
import datetime
import hashlib
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from core.environment import here
from core.errors import Cancelled
from core.models import find, save
from core.models.forward import has_bf16
from core.models.load import Loaded, load
from core.models.weights import WEIGHTS
from core.result import Interval
from core.runtimes import pytorch
from core.summary import percent, scored
from core.tasks import load_task
from core.tasks.classification import SENTIMENT
from core.tasks.evaluate import evaluate
from core.tasks.task import Feature, Origin, Task
from core.training.loop import Progress, Recipe, train_

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
AVERAGE = 0.999  # decay of the running average of the weights, whose accuracy is steadier than the last step's
EVALUATE_EVERY = 500  # steps
PATIENCE = 5  # evaluations without a better one, then it stops: this base overfits SST-2 after one epoch
RECIPE = Recipe(learning_rate=5e-5, batch_size=32, epochs=3.0, weight_decay=0.01, seed=0)


@dataclass
class _Best:
    """The best checkpoint so far and the curve that led to it: (step, loss, accuracy of the average)."""

    accuracy: float = 0.0
    step: int = 0
    curve: list[tuple[int, float, float]] = field(default_factory=list)

    def is_over(self) -> bool:
        """Have the last PATIENCE evaluations all been no better?"""
        return len(self.curve) >= PATIENCE and all(step > self.step for step, _, _ in self.curve[-PATIENCE:])


def train_demo(base: str, origin: Origin, out: Path, command: str, recipe: Recipe = RECIPE) -> float:
    """Fine-tune, keep the checkpoint with the best validation accuracy, write it as fp16 with a model card.

    The accuracy is therefore that of the best of a few dozen checkpoints on the same 872 sentences, which the
    card says. Returns the accuracy of the written folder, loaded again, in 0..1. Raises ModelError, DataError.
    """
    source, task = find.resolve(base), load_task(origin)
    loaded = load(source, new_head=True, seed=recipe.seed)
    features = task.features(loaded.tokenizer, task.train)
    validation = task.features(loaded.tokenizer, task.validation)
    average, best, started = copy.deepcopy(loaded.model).eval(), _Best(), time.monotonic()
    work = out.with_name(f"{out.name}.training")

    def on_step(progress: Progress) -> None:
        _average_(average, loaded.model, min(AVERAGE, (1 + progress.step) / (10 + progress.step)))
        if progress.step % EVALUATE_EVERY == 0 or progress.step == progress.steps:
            _checkpoint(progress, average, loaded, task, validation, best, work)

    pad = int(loaded.tokenizer.pad_token_id or 0)
    with contextlib.suppress(Cancelled):
        train_(loaded.model, task, features, recipe, pad=pad, masks={}, on_step=on_step, cancelled=best.is_over)
    save.halve(work / WEIGHTS, id2label=SENTIMENT, label2id={word: int(label) for label, word in SENTIMENT.items()})
    accuracy = _accuracy(load(find.resolve(str(work))), task)
    facts = _facts(source, task, recipe, best, percent(accuracy), command, time.monotonic() - started)
    (work / "README.md").write_text(facts, encoding="utf8")
    if out.exists():
        shutil.rmtree(out)
    work.rename(out)
    print(f"{out}: {percent(accuracy)}", file=sys.stderr)
    return accuracy.value


def _average_(average: nn.Module, model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def _checkpoint(
    progress: Progress,
    average: nn.Module,
    loaded: Loaded,
    task: Task,
    validation: list[Feature],
    best: _Best,
    work: Path,
) -> None:
    quality = evaluate(pytorch.session(average), task, validation, pad=int(loaded.tokenizer.pad_token_id or 0))
    best.curve.append((progress.step, progress.loss, quality.interval.value))
    print(
        f"step {progress.step}/{progress.steps}   loss {progress.loss:.4f}   validation {scored(quality)}"
        f"   {progress.eta_s:.0f} s left",
        file=sys.stderr,
        flush=True,
    )
    if quality.interval.value > best.accuracy:
        best.accuracy, best.step = quality.interval.value, progress.step
        save.save(average, loaded.tokenizer, work)


def _accuracy(loaded: Loaded, task: Task) -> Interval:
    pad = int(loaded.tokenizer.pad_token_id or 0)
    return evaluate(
        pytorch.session(loaded.model), task, task.features(loaded.tokenizer, task.validation), pad=pad
    ).interval


def _facts(
    source: find.Source, task: Task, recipe: Recipe, best: _Best, accuracy: str, command: str, seconds: float
) -> str:
    with (source.folder / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    official = "the official weights" if digest == BASE_SHA256 else "not the official weights"
    environment = here()
    curve = "\n".join(f"| {step} | {loss:.4f} | {100 * value:.2f} |" for step, loss, value in best.curve)
    return CARD.format(
        official=official,
        digest=digest,
        command=command,
        train=f"{len(task.train):,}",
        validation=len(task.validation),
        data=task.data,
        recipe=recipe,
        precision="bf16 autocast" if has_bf16() else "fp32",
        average=AVERAGE,
        step=best.step,
        checkpoints=len(best.curve),
        accuracy=accuracy,
        minutes=f"{seconds / 60:.0f}",
        machine=environment.machine,
        torch=environment.torch,
        transformers=environment.transformers,
        date=datetime.date.today().isoformat(),
        curve=curve,
    )


CARD = """---
license: apache-2.0
base_model: sentence-transformers/all-MiniLM-L6-v2
language: en
metrics: [accuracy]
---
# The demo model: all-MiniLM-L6-v2 fine-tuned on SST-2

A BERT with 6 layers x 12 heads x 384, classifying English film phrases as negative (0) or positive (1). Weights are
stored as fp16 and loaded as fp32.

- **Origin**: sentence-transformers/all-MiniLM-L6-v2, Apache-2.0, model.safetensors sha256 `{digest}` ({official}).
- **Command**: `python -m core {command}`
- **Data**: SST-2 (Socher et al. 2013; GLUE, Wang et al. 2018), {train} training phrases, {validation} validation
  sentences, content hash `{data}`. The data is not part of this project.
- **Recipe**: {recipe}, AdamW, 6 % warm-up, linear decay, gradients clipped at 1, batches sorted by length, {precision},
  the running average of the weights (decay {average}).
- **Validation accuracy of this folder**: {accuracy} (95 % Wilson interval).
- **Chosen** is step {step}, the best of {checkpoints} checkpoints on these same sentences: on new sentences expect a
  little less.
- {minutes} minutes on {machine}; torch {torch}, transformers {transformers}; {date}.
- **Limits**: one sentence of English at a time, films; irony and counted facts mislead it (see the kinds of
  `assets/reviews`).

| step | training loss | validation accuracy (%) |
|---|---|---|
{curve}
"""
