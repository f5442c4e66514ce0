"""Sentences with one class each: how they are encoded, batched and scored."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import DataError, Words
from core.tasks.tables import Table
from core.tasks.task import Example, Feature, Outcome, Task, content_hash

MAX_TOKENS = 128
SENTIMENT = {"0": "negative", "1": "positive"}  # what the labels of both are called


def without_examples(name: str, data: str = "") -> Task:
    """A task whose examples are not on this machine, for what was recorded of it."""
    return _task(name, data, (), (), ())


def classification(name: str, train: Table, validation: Table, words: Mapping[str, str] | None = None) -> Task:
    """The task of two tables whose labels are classes; words: what these are called, where it is not the label.

    Raises DataError where they cannot be told apart.
    """
    labels = tuple(sorted({row.label for row in train.rows or validation.rows}, key=_numeric_first))
    if len(labels) < 2:
        raise DataError(
            "'{name}' has only the class '{only}' to train on; a classifier needs two or more",
            name=name,
            only=labels[0],
        )
    if len(labels) > 100:
        raise DataError(
            "'{name}' has {labels} different labels; is the label column the right one?", name=name, labels=len(labels)
        )
    unseen = sorted({row.label for row in validation.rows} - set(labels))
    if unseen:
        raise DataError(
            "'{name}' has the label '{label}' in its test part only; its training labels: {labels}",
            name=name,
            label=unseen[0],
            labels=", ".join(labels),
        )
    number = {label: index for index, label in enumerate(labels)}
    parts = [tuple(Example(r.text, number[r.label], r.kind) for r in table.rows) for table in (train, validation)]
    problems = train.problems + validation.problems
    return _task(name, content_hash(parts), labels, parts[0], parts[1], problems, words)


def _task(
    name: str,
    data: str,
    labels: tuple[str, ...],
    train: tuple[Example, ...],
    validation: tuple[Example, ...],
    problems: tuple[Words, ...] = (),
    words: Mapping[str, str] | None = None,
) -> Task:
    return Task(
        name=name,
        data=data,
        metric="accuracy",
        labels=labels,
        train=train,
        validation=validation,
        problems=problems,
        encode=encode_texts,
        collate=collate_texts,
        loss=classification_loss,
        outcomes=functools.partial(classification_outcomes, labels),
        right=lambda example: labels[example.label],
        words=words or {},
    )


def _numeric_first(label: str) -> tuple[bool, float, str]:
    return (False, float(label), "") if label.removeprefix("-").isdecimal() else (True, 0.0, label)


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
