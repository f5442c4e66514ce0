"""Tasks: examples, how to turn them into tensors, and how an answer is scored.

A Task carries its own functions, so that evaluation and training never ask which task they serve.
Extractive question answering fits the same interface: several features an example, an answer with a
confidence, a score between 0 and 1 (see tests/test_tasks.py).
"""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.models import ASSETS
from core.tables import DataError, Row, Table, read_table

REVIEWS = ASSETS / "reviews"
SST2_HUB = "stanfordnlp/sst2"
# content hash of the official 67,349 + 872 examples: recorded results are found without the data
SST2_DATA = "af0405726e05a9b4"
SUFFIXES = (".csv", ".tsv", ".jsonl")
MAX_TOKENS = 128
NAMES = ("reviews", "sst2")


@dataclass(frozen=True)
class Origin:
    """Where a task's examples come from.

    task: "reviews", "sst2", or a .csv/.tsv/.jsonl file (or a folder of train.* and test.*) of your own.
    path: folder with train.tsv and dev.tsv for sst2; "" takes BONSAI_DATA, then the hub.
    text_column, label_column: of your own file; "" detects them.
    """

    task: str
    path: str = ""
    text_column: str = ""
    label_column: str = ""


@dataclass(frozen=True)
class Example:
    """One input with its answer; kind is "" where the task has no kinds."""

    text: str
    label: int
    kind: str = ""


@dataclass(frozen=True)
class Feature:
    """One model input: token ids, the index of its example, and what the loss needs."""

    ids: tuple[int, ...]
    example: int
    target: int


@dataclass(frozen=True)
class Outcome:
    """What the model answered for one feature: score in 0..1, loss in nats, confidence to choose among features."""

    example: int
    answer: str
    score: float
    loss: float
    confidence: float


@dataclass(frozen=True)
class Task:
    """Examples and the functions that read and score them; `data` is the hash of the examples."""

    name: str
    data: str
    metric: str
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    problems: tuple[str, ...]
    encode: Callable[[Any, Sequence[Example]], list[Feature]]
    collate: Callable[[Sequence[Feature], int], dict[str, Tensor]]
    loss: Callable[[Any, dict[str, Tensor]], Tensor]
    outcomes: Callable[[Any, dict[str, Tensor], Sequence[Feature]], list[Outcome]]


@functools.lru_cache(maxsize=4)
def load_task(origin: Origin) -> Task:
    """Read the examples of a task. Raises DataError."""
    if origin.task == "reviews":
        return _classification("reviews", read_table(REVIEWS / "train.csv"), read_table(REVIEWS / "test.csv"))
    if origin.task == "sst2":
        folder = origin.path or os.environ.get("BONSAI_DATA", "")
        train, validation = _sst2_folder(Path(folder)) if folder else _sst2_hub()
        return _classification("sst2", train, validation)
    path = Path(origin.task).expanduser()
    if path.suffix.lower() in SUFFIXES or path.exists():
        return _own(path, origin.text_column, origin.label_column)
    raise DataError(
        f"unknown task '{origin.task}'; tasks: {', '.join(NAMES)}, or a .csv, .tsv or .jsonl file of your own"
    )


def without_examples(name: str, data: str) -> Task:
    """A task whose examples are not on this machine, for what was recorded of it."""
    empty = functools.partial(classification_outcomes, ())
    return Task(name, data, "accuracy", (), (), (), (), encode_texts, collate_texts, classification_loss, empty)


def known_data(name: str) -> str:
    """The content hash of a task's official examples, "" when it has none; needs no data."""
    return SST2_DATA if name == "sst2" else ""


def _sst2_folder(folder: Path) -> tuple[Table, Table]:
    for inner in (folder, folder / "sst2"):
        if (inner / "train.tsv").is_file() and (inner / "dev.tsv").is_file():
            return read_table(inner / "train.tsv"), read_table(inner / "dev.tsv")
    raise DataError(
        f"'{folder}' has no train.tsv and dev.tsv; name the folder that holds them with --data or BONSAI_DATA"
    )


def _sst2_hub() -> tuple[Table, Table]:
    import datasets
    import huggingface_hub

    # without this question an unreachable hub is asked again and again for half a minute
    try:
        huggingface_hub.HfApi().dataset_info(SST2_HUB, timeout=5)
    except Exception as error:  # away, offline or refused: a copy fetched earlier may still lie in the cache
        datasets.config.HF_HUB_OFFLINE = True
        why = type(error).__name__
    else:
        datasets.config.HF_HUB_OFFLINE, why = False, ""
    try:
        splits = datasets.load_dataset(SST2_HUB)
    except Exception as error:  # the library raises many kinds, all of which mean the same here
        raise DataError(
            "SST-2 is not on this machine and the hub cannot be reached; name a folder with train.tsv and dev.tsv "
            f"by --data or BONSAI_DATA, or take --task reviews ({why or type(error).__name__})"
        ) from error
    tables = [
        Table(tuple(Row(r["sentence"].strip(), str(r["label"])) for r in splits[name]), ())
        for name in ("train", "validation")
    ]
    return tables[0], tables[1]


def _own(path: Path, text: str, label: str) -> Task:
    """A file of the user's: a fifth of it validates, chosen by content; or a folder with train.* and test.*, or test.*
    alone, which leaves out all that learns."""
    if path.is_dir():
        files = {p.stem: p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES}
        held_out = next((files[stem] for stem in ("validation", "dev", "test") if stem in files), None)
        if held_out is None:
            raise DataError(f"'{path}' needs train and test (or dev, validation) as .csv, .tsv or .jsonl")
        learned = read_table(files["train"], text, label) if "train" in files else Table((), ())
        return _classification(path.name, learned, read_table(held_out, text, label))
    table = read_table(path, text, label)
    train = tuple(row for row in table.rows if not _validates(row))
    validation = tuple(row for row in table.rows if _validates(row))
    if not train or not validation:
        raise DataError(f"{path.name} has {len(table.rows)} usable rows; at least about 20 are needed to hold some out")
    return _classification(path.stem, Table(train, table.problems), Table(validation, ()))


def _validates(row: Row) -> bool:
    return hashlib.sha256(row.text.encode()).digest()[0] < 51  # a fifth of 256


def _classification(name: str, train: Table, validation: Table) -> Task:
    labels = tuple(sorted({row.label for row in train.rows or validation.rows}, key=_numeric_first))
    if len(labels) < 2:
        raise DataError(f"'{name}' has only the class '{labels[0]}' to train on; a classifier needs two or more")
    if len(labels) > 100:
        raise DataError(f"'{name}' has {len(labels)} different labels; is the label column the right one?")
    unseen = sorted({row.label for row in validation.rows} - set(labels))
    if unseen:
        raise DataError(
            f"'{name}' has the label '{unseen[0]}' in its test part only; its training labels: {', '.join(labels)}"
        )
    number = {label: index for index, label in enumerate(labels)}
    parts = [tuple(Example(r.text, number[r.label], r.kind) for r in table.rows) for table in (train, validation)]
    return Task(
        name=name,
        data=content_hash(parts),
        metric="accuracy",
        labels=labels,
        train=parts[0],
        validation=parts[1],
        problems=train.problems + validation.problems,
        encode=encode_texts,
        collate=collate_texts,
        loss=classification_loss,
        outcomes=functools.partial(classification_outcomes, labels),
    )


def _numeric_first(label: str) -> tuple[bool, float, str]:
    return (False, float(label), "") if label.removeprefix("-").isdecimal() else (True, 0.0, label)


def content_hash(parts: Sequence[Sequence[Example]]) -> str:
    """16 hex digits that stand for the examples, in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(json.dumps([[e.text, e.label, e.kind] for e in part], ensure_ascii=False).encode())
    return total.hexdigest()[:16]


def encode_texts(tokenizer: Any, examples: Sequence[Example]) -> list[Feature]:
    """One feature an example, cut at 128 tokens."""
    ids = tokenizer([e.text for e in examples], truncation=True, max_length=MAX_TOKENS)["input_ids"]
    return [Feature(tuple(row), index, e.label) for index, (row, e) in enumerate(zip(ids, examples, strict=True))]


def collate_texts(features: Sequence[Feature], pad: int) -> dict[str, Tensor]:
    """Padded input_ids and attention_mask (batch, tokens) and labels (batch,)."""
    width = max(len(f.ids) for f in features)
    ids = torch.tensor([[*f.ids, *[pad] * (width - len(f.ids))] for f in features])
    mask = torch.tensor([[1] * len(f.ids) + [0] * (width - len(f.ids)) for f in features])
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([f.target for f in features])}


def classification_loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy in nats."""
    return functional.cross_entropy(output.logits.float(), batch["labels"])


def classification_outcomes(
    labels: tuple[str, ...], output: Any, batch: dict[str, Tensor], features: Sequence[Feature]
) -> list[Outcome]:
    """Label, 0/1 score, cross entropy and probability of each example of a batch."""
    logits = output.logits.float()
    losses = functional.cross_entropy(logits, batch["labels"], reduction="none").tolist()
    confidence, answers = logits.softmax(-1).max(-1)
    return [
        Outcome(f.example, labels[answer], float(answer == f.target), loss, sure)
        for f, answer, loss, sure in zip(features, answers.tolist(), losses, confidence.tolist(), strict=True)
    ]
