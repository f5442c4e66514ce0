"""Evaluation of question answering: ours against transformers' Trainer in fp32 on padded windows, on squad-1000."""

import tempfile
import time
from statistics import median
from typing import Any

import torch
import transformers

from core.engine.prepare import Prepared, prepare
from core.engine.run import make_spec
from core.environment import here, load_average
from core.intervals import median_interval
from core.runtimes import pytorch
from core.tasks.evaluate import evaluate
from core.tasks.reading import TOKENS
from core.tasks.task import Origin

ROUNDS = 3
BATCH = 8


class Windows(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """The windows, all of them padded to TOKENS, as the scripts beside transformers have them."""

    def __init__(self, ready: Prepared) -> None:
        self.features, self.pad = ready.features, ready.pad

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, index: int) -> dict[str, Any]:
        feature = self.features[index]
        rest = TOKENS - len(feature.ids)
        return {
            "input_ids": [*map(int, feature.ids), *[self.pad] * rest],
            "attention_mask": [1] * len(feature.ids) + [0] * rest,
            "token_type_ids": [*map(int, feature.types), *[0] * rest],
        }


def measure(data: str) -> dict[str, Any]:
    """Seconds for the 1,000 questions, by turns on the same windows; every core for both. data: folder of SQuAD."""
    origin = Origin("squad-1000", data)
    ready = prepare(make_spec("demo-squad", origin), origin)
    session = pytorch.session(ready.loaded.model)
    ours, peer = [], []
    with tempfile.TemporaryDirectory() as folder:
        trainer, windows = _trainer(ready, folder), Windows(ready)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            quality = evaluate(session, ready.task, ready.features, pad=ready.pad)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            trainer.predict(windows)  # logits alone: what is made of them would come on top
            peer.append(time.perf_counter() - start)
    ratios = [theirs / own for own, theirs in zip(ours, peer, strict=True)]
    return {
        "what": f"seconds to evaluate {quality.interval.n} questions in {len(ready.features)} windows",
        "ours_s": median(ours),
        "peer": f"transformers.Trainer.predict, fp32, batches of {BATCH}, {TOKENS} tokens",
        "peer_s": median(peer),
        "ratio": median(ratios),
        "interval": median_interval(ratios),
        "target": 3.0,
        "f1": quality.interval.value,
        "precision": quality.precision,
        "machine": here().machine,
        "load": load_average(),
    }


def _trainer(ready: Prepared, folder: str) -> transformers.Trainer:
    transformers.logging.set_verbosity_error()
    arguments = transformers.TrainingArguments(
        output_dir=folder, use_cpu=True, report_to=[], disable_tqdm=True, per_device_eval_batch_size=BATCH
    )
    trainer = transformers.Trainer(model=ready.loaded.model, args=arguments)
    trainer.remove_callback(transformers.PrinterCallback)  # --json prints one object and nothing else
    return trainer
