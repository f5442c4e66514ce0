"""Texts with a number each, such as how alike two sentences are: a model of one output is to meet it."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.nn import functional

from core.errors import DataError, Words
from core.labels import fold
from core.metrics import PEARSON, SPEARMAN
from core.models.head import REGRESSION
from core.tasks.tables import Row, Table, at_line
from core.tasks.task import LONG, Example, Feature, Outcome, Task, content_hash
from core.tasks.texts import Parts, collate_texts, encode_texts, examples, finite_logits, leading, led, remarks

BY_NUMBERS = {"pearson": PEARSON, "spearman": SPEARMAN}
METRICS = (PEARSON, SPEARMAN)
VALUES = 10  # different labels, some of them no whole numbers, beyond which they are numbers and no classes


def means_numbers(rows: Sequence[Row], asked: str) -> bool:
    """Are the labels numbers to be met, and not classes? By the metric that was asked for, else by what they are."""
    if asked:
        return fold(asked) in BY_NUMBERS
    found = {_number(row.label) for row in rows}
    return len(found) > VALUES and all(map(math.isfinite, found)) and not all(map(float.is_integer, found))


def regression(name: str, train: Table, validation: Table, asked: str = "", max_tokens: int = LONG) -> Task:
    """The task of two tables whose labels are numbers; asked: the leading metric. Rows without a number are skipped.

    Raises ConfigError, and DataError where all numbers to train on are one.
    """
    metrics = led(leading(asked, BY_NUMBERS, METRICS[0], "numbers"), METRICS)
    train, validation = _with_numbers(train), _with_numbers(validation)
    if not validation.rows or len({row.label for row in train.rows or validation.rows}) < 2:
        raise DataError(
            "'{name}' has no two different numbers as labels; is the label column the right one?", name=name
        )
    parts = [examples(table, [_number(row.label) for row in table.rows]) for table in (train, validation)]
    problems, notes = remarks(train, validation)
    if not asked:
        notes = (*notes, Words("its labels are taken for numbers that a model is to meet (regression)"))
    data = content_hash(parts)
    return task(Parts(name, data, (), parts[0], parts[1], problems, notes, metrics=metrics, max_tokens=max_tokens))


def task(parts: Parts) -> Task:
    """The task of these parts."""
    return Task(
        **parts.fields,
        encode=encode_texts,
        collate=collate_texts,
        loss=regression_loss,
        outcomes=regression_outcomes,
        right=_right,
        head=REGRESSION,
        exact=True,
    )


def spread(numbers: Tensor) -> float:
    """The standard deviation of the numbers, in which a head counts; 1 where they are all one."""
    return float(numbers.std(correction=0)) or 1.0


def _with_numbers(table: Table) -> Table:
    wrong = tuple(
        at_line(Path(table.file), row.line, Words("the label '{label}' is no number", label=row.label))
        for row in table.rows
        if not math.isfinite(_number(row.label))
    )
    rows = tuple(row for row in table.rows if math.isfinite(_number(row.label)))
    return dataclasses.replace(table, rows=rows, problems=table.problems + wrong)


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return math.nan


def _right(example: Example) -> str:
    return written(example.label)


def written(number: float) -> str:
    """A number as a text, to seven digits, as many as fp32 has."""
    return f"{number:.7g}"


def regression_loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean squared error."""
    return functional.mse_loss(output.logits.float()[:, 0], batch["labels"].float())


def regression_outcomes(output: Any, batch: dict[str, Tensor], features: Sequence[Feature]) -> list[Outcome]:
    """The number of each example of a batch and its squared error, which is NaN for no number; there is no score."""
    found = finite_logits(output)[:, 0]
    losses = (found - batch["labels"].float()).square().tolist()
    rows = zip(features, found.tolist(), losses, strict=True)
    return [Outcome(f.example, written(number), 0.0, loss, 1.0) for f, number, loss in rows]
