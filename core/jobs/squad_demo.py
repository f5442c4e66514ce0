"""Train the shipped model that reads: all-MiniLM-L6-v2 (Apache-2.0) fine-tuned on SQuAD 1.1 by our own loop.

Nothing is chosen by the dev set: the last step's weights are the result. A training that was killed goes on from its
checkpoint, and one that has ended can be trained on with its folder as the base.
"""

import datetime
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from core.control import Control, Event
from core.environment import here
from core.models import find, save
from core.models.forward import has_bf16
from core.models.load import Loaded, load
from core.models.weights import WEIGHTS
from core.result import Quality, figure
from core.runtimes import pytorch
from core.summary import percent
from core.tasks import load_task
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin, Task
from core.training.loop import Point, Progress, Recipe, train_

# without dropout, whose random numbers and slower attention take half of a step on a CPU
RECIPE = Recipe(learning_rate=1e-4, batch_size=16, epochs=1.0, weight_decay=0.01, seed=0, dropout=False)
STANDING, SECONDS = "standing.safetensors", "seconds.json"


def train_squad_demo(base: str, data: str, out: Path, recipe: Recipe = RECIPE, control: Control | None = None) -> float:
    """Train, check and write the folder; returns its F1 on the whole dev set in 0..1.

    data: the folder of SQuAD. Raises ModelError, DataError, Cancelled.
    """
    control = control or Control()
    part, source = load_task(Origin("squad-1000", data)), find.resolve(base)
    loaded = load(source, part.head, new_head=source.head != part.head.name, seed=recipe.seed)
    work = out.with_name(f"{out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    curve, seconds = _train(loaded, part, recipe, work, control)
    made = work / "model"
    save.save(loaded.model, loaded.tokenizer, made)
    save.halve(made / WEIGHTS)
    (made / save.CHECK).unlink(missing_ok=True)  # it was about the weights in fp32
    quality = _quality(load(find.resolve(str(made))), load_task(Origin("squad", data)))
    (made / "README.md").write_text(_card(source, part, recipe, curve, quality, seconds), encoding="utf8")
    shutil.rmtree(out, ignore_errors=True)
    made.rename(out)
    shutil.rmtree(work)
    return quality.interval.value


def _train(loaded: Loaded, task: Task, recipe: Recipe, work: Path, control: Control) -> tuple[Sequence[Point], float]:
    """The curve and the seconds of a training, those before it was killed included."""
    features, pad = task.features(loaded.tokenizer, task.train), int(loaded.tokenizer.pad_token_id or 0)
    before = json.loads((work / SECONDS).read_text()) if (work / SECONDS).is_file() else 0.0
    started = time.monotonic()
    if torch.cuda.is_available():
        loaded.model.to("cuda")

    def on_step(progress: Progress) -> None:
        control.on_event(Event("train", progress.step, progress.steps, progress.eta_s, progress.loss, progress.score))
        if progress.step % 100 == 0 or progress.step == progress.steps:
            (work / SECONDS).write_text(json.dumps(before + time.monotonic() - started))

    curve = train_(
        loaded.model,
        task,
        features,
        recipe,
        pad=pad,
        masks={},
        on_step=on_step,
        cancelled=control.cancelled,
        validate=lambda: _quality(loaded, task).interval.value,
        checkpoint=work / STANDING,
    )
    loaded.model.to("cpu")
    return curve, float(json.loads((work / SECONDS).read_text()))


def _quality(loaded: Loaded, task: Task) -> Quality:
    loaded.model.eval()
    features = task.features(loaded.tokenizer, task.validation)
    return evaluate(pytorch.session(loaded.model), task, features, pad=int(loaded.tokenizer.pad_token_id or 0))


def _card(
    source: find.Source, task: Task, recipe: Recipe, curve: Sequence[Point], quality: Quality, seconds: float
) -> str:
    environment = here()
    rows = "\n".join(f"| {step} | {loss:.3f} | {100 * score:.1f} |" for step, loss, score in curve)
    return CARD.format(
        base=source.name if "/" in source.name and not Path(source.name).is_dir() else Path(source.name).name,
        revision=source.revision,
        epochs=f"{recipe.epochs:g}",
        data=task.data,
        train=f"{len(task.train):,}",
        recipe=recipe,
        precision="bf16 autocast" if has_bf16() else "fp32",
        f1=percent(quality.interval, quality.metric),
        em=percent(figure(quality.sample, quality.beside[0]), quality.beside[0]),
        n=f"{quality.interval.n:,}",
        minutes=f"{seconds / 60:.0f}",
        machine=environment.machine,
        torch=environment.torch,
        transformers=environment.transformers,
        date=datetime.date.today().isoformat(),
        rows=rows,
    )


CARD = """---
license: apache-2.0
base_model: sentence-transformers/all-MiniLM-L6-v2
language: en
metrics: [f1, exact_match]
---
# The demo model that reads: all-MiniLM-L6-v2 fine-tuned on SQuAD 1.1

A BERT with 6 layers x 12 heads x 384, which marks in an English passage the answer to a question. Weights are stored as
fp16 and loaded as fp32.

- **Origin**: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); trained from `{base}` ({revision}).
- **Command**: `python -m core train-demo squad --epochs {epochs}`
- **Data**: SQuAD 1.1 (Rajpurkar et al. 2016; CC BY-SA 4.0), {train} questions to train on, content hash `{data}`. The
  data is not part of this project.
- **Recipe**: {recipe}, AdamW, 6 % warm-up, linear decay, gradients clipped at 1, batches sorted by length, windows of
  384 tokens that share 128, {precision}. The last step's weights; nothing was chosen by the dev set.
- **On the whole dev set of {n} questions**, this folder: F1 {f1}, exact match {em} (95 % intervals).
- {minutes} minutes on {machine}; torch {torch}, transformers {transformers}; {date}.
- **Limits**: one passage and question at a time, the answer has to stand in it word for word; encyclopedia articles.

| step | training loss | F1 on 1,000 questions of the dev set |
|---|---|---|
{rows}
"""
