"""Sentences with one class each: how they are encoded, batched and scored."""

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import DataError, Words
from core.labels import natural
from core.tasks.tables import Table
from core.tasks.task import LONG, Example, Feature, Outcome, Task, content_hash

MANY = 100  # classes; with more of them, and hardly a row each, the label column is another one
SENTIMENT = {"0": "negative", "1": "positive"}  # what the labels of both are called


@dataclass(frozen=True)
class _Parts:
    """What a task of sentences with classes is made of; the fields are those of Task."""

    name: str
    data: str
    labels: tuple[str, ...] = ()
    train: tuple[Example, ...] = ()
    validation: tuple[Example, ...] = ()
    problems: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = LONG


def without_examples(name: str, data: str = "", max_tokens: int = LONG) -> Task:
    """A task whose examples are not on this machine, for what was recorded of it."""
    return _task(_Parts(name, data, max_tokens=max_tokens))


def classification(
    name: str, train: Table, validation: Table, words: Mapping[str, str] | None = None, max_tokens: int = LONG
) -> Task:
    """The task of two tables whose labels are classes; words: what these are called, where it is not the label.

    max_tokens: where longer texts are cut. Raises DataError where they cannot be told apart.
    """
    found = {row.label for row in (*train.rows, *validation.rows)}
    labels = tuple(sorted(found, key=natural))
    if len({row.label for row in train.rows or validation.rows}) < 2:
        raise DataError(
            "'{name}' has only the class '{only}' to train on; a classifier needs two or more",
            name=name,
            only=labels[0],
        )
    rows = len(train.rows) + len(validation.rows)
    if len(labels) > max(MANY, rows / 2):
        raise DataError(
            "'{name}' has {labels} different labels in {rows} rows; is the label column the right one?",
            name=name,
            labels=len(labels),
            rows=rows,
        )
    number = {label: index for index, label in enumerate(labels)}
    parts = [
        tuple(Example(r.text, number[r.label], r.kind, r.second) for r in table.rows) for table in (train, validation)
    ]
    problems, notes = train.problems + validation.problems, tuple(dict.fromkeys(train.notes + validation.notes))
    data = content_hash(parts)
    return _task(_Parts(name, data, labels, parts[0], parts[1], problems, notes, words or {}, max_tokens))


def _task(parts: _Parts) -> Task:
    labels = parts.labels
    return Task(
        **{each.name: getattr(parts, each.name) for each in dataclasses.fields(parts)},
        metric="accuracy",
        encode=encode_texts,
        collate=collate_texts,
        loss=classification_loss,
        outcomes=functools.partial(classification_outcomes, labels),
        right=lambda example: labels[example.label],
        in_classes=functools.partial(_in_classes, parts),
    )


def _in_classes(parts: _Parts, classes: Sequence[int], names: Sequence[str]) -> Task:
    """The task whose labels are numbered as the model's classes; those that the table lacks have the model's names."""
    labels = list(names)
    for label, number in zip(parts.labels, classes, strict=True):
        labels[number] = label
    moved = [
        tuple(dataclasses.replace(example, label=classes[example.label]) for example in examples)
        for examples in (parts.train, parts.validation)
    ]
    return _task(dataclasses.replace(parts, labels=tuple(labels), train=moved[0], validation=moved[1]))


def encode_texts(tokenizer: Any, examples: Sequence[Example], most: int) -> list[Feature]:
    """One feature an example, cut at `most` tokens."""
    if not examples:
        return []
    paired = any(e.second for e in examples)
    seconds = [e.second for e in examples] if paired else None
    found = tokenizer([e.text for e in examples], seconds, truncation=True, max_length=most)
    types = found["token_type_ids"] if paired and "token_type_ids" in found else [()] * len(examples)
    cut = [bool(encoding.overflowing) for encoding in found.encodings]
    rows = zip(found["input_ids"], examples, cut, types, strict=True)
    return [Feature(tuple(ids), i, e.label, longer, tuple(kinds)) for i, (ids, e, longer, kinds) in enumerate(rows)]


def collate_texts(features: Sequence[Feature], pad: int) -> dict[str, Tensor]:
    """Padded input_ids and attention_mask (batch, tokens) and labels (batch,); of pairs token_type_ids as well."""
    width = max(len(f.ids) for f in features)

    def padded(rows: Iterable[Sequence[int]], filling: int) -> Tensor:
        return torch.tensor([[*row, *[filling] * (width - len(row))] for row in rows])

    ids, mask = padded((f.ids for f in features), pad), padded(([1] * len(f.ids) for f in features), 0)
    found = {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([f.target for f in features])}
    if any(f.types for f in features):
        found["token_type_ids"] = padded((f.types for f in features), 0)
    return found


def classification_loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy in nats."""
    return functional.cross_entropy(output.logits.float(), batch["labels"])


def classification_outcomes(
    labels: tuple[str, ...], output: Any, batch: dict[str, Tensor], features: Sequence[Feature]
) -> list[Outcome]:
    """Label, 0/1 score, cross entropy and probability of each example of a batch; of no numbers the loss is NaN."""
    logits = output.logits.float()
    logits = logits.masked_fill(~logits.isfinite().all(-1, keepdim=True), math.nan)
    losses = functional.cross_entropy(logits, batch["labels"], reduction="none").tolist()
    shares, best = logits.softmax(-1).topk(2)
    margins = (shares[:, 0] - shares[:, 1]).tolist()
    rows = zip(features, best[:, 0].tolist(), losses, shares[:, 0].tolist(), margins, strict=True)
    return [
        Outcome(f.example, labels[answer], float(answer == f.target), loss, sure, margin)
        for f, answer, loss, sure, margin in rows
    ]
