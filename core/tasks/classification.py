"""Texts with one class each: which there are, how they are scored, and which metrics are usual."""

import collections
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from core.errors import DataError
from core.labels import fold, natural
from core.metrics import ACCURACY, MACRO_F1, MATTHEWS
from core.tasks.tables import Table
from core.tasks.task import LONG, Feature, Outcome, Task, content_hash
from core.tasks.texts import Parts, collate_texts, encode_texts, examples, finite_logits, leading, led, remarks

MANY = 100  # classes; with more of them, and hardly a row each, the label column is another one
SENTIMENT = {"0": "negative", "1": "positive"}  # what the labels of both are called
POSITIVE = ("1", "true", "yes", "positive", "pos")  # of two classes the one that an F1 score is of
BY_CLASSES = {"accuracy": ACCURACY, "f1": "", "macro-f1": MACRO_F1, "matthews": MATTHEWS, "mcc": MATTHEWS}


def without_examples(name: str, data: str = "", max_tokens: int = LONG, metrics: tuple[str, ...] = (ACCURACY,)) -> Task:
    """A task whose examples are not on this machine, for what was recorded of it."""
    return _task(Parts(name, data, max_tokens=max_tokens, metrics=metrics))


def classification(
    name: str,
    train: Table,
    validation: Table,
    words: Mapping[str, str] | None = None,
    max_tokens: int = LONG,
    metrics: tuple[str, ...] = (ACCURACY,),
) -> Task:
    """The task of two tables whose labels are classes; words: what these are called, where it is not the label.

    max_tokens: where longer texts are cut. metrics: see Task. Raises DataError where they cannot be told apart.
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
    parts = [examples(table, [number[row.label] for row in table.rows]) for table in (train, validation)]
    problems, notes = remarks(train, validation)
    data = content_hash(parts)
    return _task(Parts(name, data, labels, parts[0], parts[1], problems, notes, words or {}, max_tokens, metrics))


def usual_metrics(train: Table, validation: Table, asked: str = "") -> tuple[str, ...]:
    """The metrics of two tables of classes, the one that was asked for first: of two classes F1 is that of the one
    called 1, true, yes or positive, else of the rarer one. Raises ConfigError for one that classes do not have."""
    counts = collections.Counter(row.label for row in (*train.rows, *validation.rows))
    f1 = MACRO_F1
    if len(counts) == 2:
        named = [label for label in counts if fold(label) in POSITIVE]
        f1 = f"F1 of {named[0] if len(named) == 1 else min(sorted(counts), key=counts.__getitem__)}"
    return led(leading(asked, {**BY_CLASSES, "f1": f1}, ACCURACY, "classes"), (ACCURACY, f1, MATTHEWS))


def _task(parts: Parts) -> Task:
    labels = parts.labels
    return Task(
        **parts.fields,
        encode=encode_texts,
        collate=collate_texts,
        loss=classification_loss,
        outcomes=functools.partial(classification_outcomes, labels),
        right=lambda example: labels[example.label],
        in_classes=functools.partial(_in_classes, parts),
    )


def _in_classes(parts: Parts, classes: Sequence[int], names: Sequence[str]) -> Task:
    """The task whose labels are numbered as the model's classes; those that the table lacks have the model's names."""
    moved = [
        tuple(dataclasses.replace(example, label=classes[example.label]) for example in part)
        for part in (parts.train, parts.validation)
    ]
    labels = renumbered(parts.labels, classes, names)
    return _task(dataclasses.replace(parts, labels=labels, train=moved[0], validation=moved[1]))


def renumbered(labels: Sequence[str], classes: Sequence[int], names: Sequence[str]) -> tuple[str, ...]:
    """The labels in the order of a model's classes; a class that is none of them has the model's name."""
    found = list(names)
    for label, number in zip(labels, classes, strict=True):
        found[number] = label
    return tuple(found)


def classification_loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy in nats."""
    return functional.cross_entropy(output.logits.float(), batch["labels"])


def classification_outcomes(
    labels: tuple[str, ...], output: Any, batch: dict[str, Tensor], features: Sequence[Feature]
) -> list[Outcome]:
    """Label, 0/1 score, cross entropy and probability of each example of a batch; of no numbers the loss is NaN."""
    logits = finite_logits(output)
    losses = functional.cross_entropy(logits, batch["labels"], reduction="none").tolist()
    shares, best = logits.softmax(-1).topk(2)
    margins = (shares[:, 0] - shares[:, 1]).tolist()
    rows = zip(features, best[:, 0].tolist(), losses, shares[:, 0].tolist(), margins, strict=True)
    return [
        Outcome(f.example, labels[answer], float(answer == f.target), loss, sure, margin)
        for f, answer, loss, sure, margin in rows
    ]
