"""Texts with several labels each, or none: a model says of each label whether the text has it."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.counting import SEPARATOR
from core.errors import DataError
from core.labels import natural
from core.metrics import EXACT, MICRO_F1
from core.models.head import MULTI_LABEL
from core.tasks.classification import renumbered
from core.tasks.tables import Table
from core.tasks.task import Example, Feature, Outcome, Task, content_hash
from core.tasks.texts import Parts, collate_texts, encode_texts, examples, finite_logits, leading, led, remarks

BY_LABELS = {"micro-f1": MICRO_F1, "f1": MICRO_F1, "exact match": EXACT, "accuracy": EXACT}
METRICS = (MICRO_F1, EXACT)


def multi_label(name: str, train: Table, validation: Table, asked: str = "") -> Task:
    """The task of two tables whose rows have several labels; asked: the leading metric. Raises ConfigError,
    DataError."""
    metrics = led(leading(asked, BY_LABELS, METRICS[0], "texts with several labels"), METRICS)
    found = set(itertools.chain.from_iterable(row.labels for row in (*train.rows, *validation.rows)))
    if not found:
        raise DataError("'{name}' has no label in any row", name=name)
    labels = tuple(sorted(found, key=natural))
    number = {label: index for index, label in enumerate(labels)}
    parts = [
        examples(table, [tuple(sorted(number[label] for label in row.labels)) for row in table.rows])
        for table in (train, validation)
    ]
    problems, notes = remarks(train, validation)
    return _task(Parts(name, content_hash(parts), labels, parts[0], parts[1], problems, notes, metrics=metrics))


def _task(parts: Parts) -> Task:
    labels = parts.labels
    return Task(
        **parts.fields,
        encode=functools.partial(_encode, len(labels)),
        collate=collate_texts,
        loss=multi_label_loss,
        outcomes=functools.partial(multi_label_outcomes, labels),
        right=lambda example: written(labels, example.label),
        head=MULTI_LABEL,
        in_classes=functools.partial(_in_classes, parts),
    )


def _in_classes(parts: Parts, classes: Sequence[int], names: Sequence[str]) -> Task:
    """The task whose labels are numbered as the model's; those that the table lacks have the model's names."""
    moved = [
        tuple(dataclasses.replace(one, label=tuple(sorted(classes[label] for label in one.label))) for one in part)
        for part in (parts.train, parts.validation)
    ]
    labels = renumbered(parts.labels, classes, names)
    return _task(dataclasses.replace(parts, labels=labels, train=moved[0], validation=moved[1]))


def written(labels: Sequence[str], which: Sequence[int]) -> str:
    """The labels of a text as one text; "" for a text that has none."""
    return SEPARATOR.join(labels[number] for number in which)


def _encode(count: int, tokenizer: Any, found: Sequence[Example], most: int) -> list[Feature]:
    """Features whose target is 1 for each label that the text has and 0 for the others."""
    return [
        dataclasses.replace(feature, target=tuple(int(number in feature.target) for number in range(count)))
        for feature in encode_texts(tokenizer, found, most)
    ]


def multi_label_loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean binary cross entropy in nats, over examples and labels."""
    return functional.binary_cross_entropy_with_logits(output.logits.float(), batch["labels"].float())


def multi_label_outcomes(
    labels: tuple[str, ...], output: Any, batch: dict[str, Tensor], features: Sequence[Feature]
) -> list[Outcome]:
    """The labels above one half of each example of a batch, whether they are just the right ones, and the mean binary
    cross entropy; of no numbers the loss is NaN."""
    logits, wanted = finite_logits(output), batch["labels"].float()
    losses = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(-1).tolist()
    chosen = logits > 0
    right = (chosen == wanted.bool()).all(-1).tolist()
    margins = (2 * logits.sigmoid() - 1).abs().min(-1).values.tolist()
    rows = zip(features, chosen, right, losses, margins, strict=True)
    return [
        Outcome(f.example, written(labels, torch.nonzero(row)[:, 0].tolist()), float(same), loss, margin, margin)
        for f, row, same, loss, margin in rows
    ]
