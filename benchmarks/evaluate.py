"""Exact evaluation of the 872 SST-2 sentences: ours against transformers' Trainer.evaluate at its defaults."""

import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
import transformers
from torch import nn

from core.engine.prepare import Prepared, prepare
from core.engine.run import make_spec
from core.environment import here, load_average
from core.intervals import median_interval
from core.runtimes import pytorch
from core.runtimes.runtime import Session
from core.tasks import load_task
from core.tasks.classification import classification
from core.tasks.evaluate import evaluate
from core.tasks.tables import Row, Table
from core.tasks.task import Origin

ROUNDS = 5
LONG_TEXTS = "seconds to evaluate 96 texts of 30 to 512 tokens, tokens ready"


class Rows(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """The tokenized sentences as the Trainer wants them."""

    def __init__(self, features: Any) -> None:
        self.features = features

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, index: int) -> dict[str, Any]:
        feature = self.features[index]
        return {"input_ids": list(feature.ids), "attention_mask": [1] * len(feature.ids), "labels": feature.target}


def measure(data: str) -> dict[str, Any]:
    """Seconds for one evaluation, by turns on the same model and tokens; every core for both."""
    origin = Origin("sst2", data)
    ready = prepare(make_spec("demo", origin), origin)
    return {
        "what": "seconds to evaluate 872 sentences, tokens ready",
        **against_trainer(pytorch.session(ready.loaded.model), ready),
        "target": 5.0,
        "long": {
            "what": LONG_TEXTS,
            **against_trainer(pytorch.session(ready.loaded.model), _long(ready)),
            "target": 3.0,
        },
        "machine": here().machine,
        "load": load_average(),
    }


def _long(ready: Prepared) -> Prepared:
    """The same model on texts of up to 512 tokens: 2 to 30 of the shipped reviews, one after another."""
    reviews = load_task(Origin("reviews")).validation
    texts = [
        [reviews[(41 * number + place) % len(reviews)] for place in range(2 + number % 29)] for number in range(96)
    ]
    table = Table(tuple(Row(" ".join(e.text for e in some), str(some[0].label)) for some in texts))
    task = classification("long", table, table)
    return Prepared(ready.loaded, task, tuple(task.features(ready.loaded.tokenizer, task.validation)))


def against_trainer(session: Session, ready: Prepared) -> dict[str, Any]:
    """A session's evaluation and the Trainer's of the dense model, by turns."""
    with tempfile.TemporaryDirectory() as folder:
        theirs = trainer(
            ready.loaded.model,
            folder,
            data_collator=transformers.DataCollatorWithPadding(ready.loaded.tokenizer),
            compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(-1) == p.label_ids).mean())},
        )
        rows = Rows(ready.features)
        figures, quality, found = by_turns(
            lambda: evaluate(session, ready.task, ready.features, pad=ready.pad), lambda: theirs.evaluate(rows), ROUNDS
        )
    return {
        "peer": "transformers.Trainer.evaluate, defaults",
        **figures,
        "ours_accuracy": quality.interval.value,
        "peer_accuracy": found["eval_accuracy"],
        "precision": quality.precision,
    }


def trainer(model: nn.Module, folder: str, batch: int = 8, **parts: Any) -> transformers.Trainer:
    """transformers' Trainer on the CPU at its defaults, which says nothing."""
    transformers.logging.set_verbosity_error()
    arguments = transformers.TrainingArguments(
        output_dir=folder, use_cpu=True, report_to=[], disable_tqdm=True, per_device_eval_batch_size=batch
    )
    found = transformers.Trainer(model=model, args=arguments, **parts)
    found.remove_callback(transformers.PrinterCallback)  # --json prints one object and nothing else
    return found


def by_turns(ours: Callable[[], Any], peer: Callable[[], Any], rounds: int) -> tuple[dict[str, Any], Any, Any]:
    """Median seconds of both and the ratio pair by pair; and what each of them gave at last."""
    seconds: tuple[list[float], list[float]] = ([], [])
    found: list[Any] = [None, None]
    for _ in range(rounds):
        for which, run in enumerate((ours, peer)):
            start = time.perf_counter()
            found[which] = run()
            seconds[which].append(time.perf_counter() - start)
    ratios = [theirs / own for own, theirs in zip(*seconds, strict=True)]
    figures = {"ours_s": median(seconds[0]), "peer_s": median(seconds[1])}
    return {**figures, "ratio": median(ratios), "interval": median_interval(ratios)}, *found
