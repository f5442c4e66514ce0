"""Evaluation of question answering: ours against transformers' Trainer in fp32 on padded windows, on squad-1000."""

import tempfile
from typing import Any

import torch

from benchmarks.evaluate import by_turns, trainer
from core.engine.prepare import Prepared, prepare
from core.engine.run import make_spec
from core.environment import here, load_average
from core.runtimes import pytorch
from core.tasks.evaluate import evaluate
from core.tasks.reading import TOKENS
from core.tasks.task import Origin

ROUNDS = 3
BATCH = 8
MODEL = "demo-squad"


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
    ready = prepare(make_spec(MODEL, origin), origin)
    session = pytorch.session(ready.loaded.model)
    with tempfile.TemporaryDirectory() as folder:
        peer, windows = trainer(ready.loaded.model, folder, BATCH), Windows(ready)
        figures, quality, _ = by_turns(
            lambda: evaluate(session, ready.task, ready.features, pad=ready.pad),
            lambda: peer.predict(windows),  # logits alone: what is made of them would come on top
            ROUNDS,
        )
    return {
        "what": f"seconds to evaluate {quality.interval.n} questions in {len(ready.features)} windows",
        "peer": f"transformers.Trainer.predict, fp32, batches of {BATCH}, {TOKENS} tokens",
        **figures,
        "target": 3.0,
        "f1": quality.interval.value,
        "precision": quality.precision,
        "machine": here().machine,
        "load": load_average(),
    }
