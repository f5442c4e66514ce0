"""Training throughput: our loop against transformers' Trainer at its fp32 defaults, same model and examples."""

import copy
import tempfile
import time
from statistics import median
from typing import Any

import torch
import transformers

from benchmarks.evaluate import Rows
from core.engine import latency
from core.engine.prepare import Prepared, prepare
from core.engine.run import make_spec
from core.environment import here, load_average
from core.intervals import median_interval
from core.tasks.task import Origin
from core.training.loop import Recipe, train_

ROUNDS, STEPS, WARM_UP, BATCH = 3, 50, 5, 32


class _Clock(transformers.TrainerCallback):  # type: ignore[misc]
    """When each step of the Trainer ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ends.append(time.perf_counter())


def measure(data: str) -> dict[str, Any]:
    """Sentences a second of whole steps, by turns; every core for both. data: folder of SST-2."""
    origin = Origin("sst2", data)
    ready = prepare(make_spec("demo", origin), origin)
    features = ready.task.features(ready.loaded.tokenizer, ready.task.train)
    latency.use_all_cores()
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(_ours(ready, features))
        peer.append(_trainer(ready, features))
    ratios = [o / p for o, p in zip(ours, peer, strict=True)]
    return {
        "what": f"sentences/s of training, batches of {BATCH}, {STEPS} steps of which {WARM_UP} warm up",
        "ours_per_s": median(ours),
        "peer": "transformers.Trainer, fp32 defaults",
        "peer_per_s": median(peer),
        "ratio": median(ratios),
        "interval": median_interval(ratios),
        "target": 3.0,
        "machine": here().machine,
        "load": load_average(),
    }


def _ours(ready: Prepared, features: Any) -> float:
    ends: list[float] = []
    train_(
        copy.deepcopy(ready.loaded.model),
        ready.task,
        features,
        Recipe(5e-5, BATCH, 1.0, 0.01, 0, STEPS),
        pad=ready.pad,
        masks={},
        on_step=lambda progress: ends.append(time.perf_counter()),
        cancelled=lambda: False,
    )
    return _rate(ends)


def _trainer(ready: Prepared, features: Any) -> float:
    transformers.logging.set_verbosity_error()
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder,
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
            per_device_train_batch_size=BATCH,
            max_steps=STEPS,
            save_strategy="no",
            logging_strategy="no",
        )
        trainer = transformers.Trainer(
            model=copy.deepcopy(ready.loaded.model),
            args=arguments,
            data_collator=transformers.DataCollatorWithPadding(ready.loaded.tokenizer),
            train_dataset=Rows(features),
            callbacks=[clock],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        with torch.enable_grad():
            trainer.train()
    return _rate(clock.ends)


def _rate(ends: list[float]) -> float:
    return BATCH * (len(ends) - 1 - WARM_UP) / (ends[-1] - ends[WARM_UP])
