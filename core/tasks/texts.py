"""Texts, or pairs of them, as a model reads them: what all tasks share that give one answer to each."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from core.errors import ConfigError, Words
from core.labels import fold
from core.metrics import ACCURACY
from core.tasks.tables import Table
from core.tasks.task import LONG, Example, Feature, Label

LETTERS = 200  # of a token, beyond which nothing is read: a text that is one word of megabytes takes seconds


@dataclass(frozen=True)
class Parts:
    """What a task is made of besides its functions; the fields are those of Task."""

    name: str
    data: str
    labels: tuple[str, ...] = ()
    train: tuple[Example, ...] = ()
    validation: tuple[Example, ...] = ()
    problems: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = LONG
    metrics: tuple[str, ...] = (ACCURACY,)

    @property
    def fields(self) -> dict[str, Any]:
        """The parts by the names that Task has for them."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}


def examples(table: Table, targets: Sequence[Label]) -> tuple[Example, ...]:
    """The rows of a table with what is right of each."""
    return tuple(Example(r.text, target, r.kind, r.second) for r, target in zip(table.rows, targets, strict=True))


def remarks(train: Table, validation: Table) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    """Rows that were skipped in both, and what was understood, each said once."""
    return train.problems + validation.problems, tuple(dict.fromkeys(train.notes + validation.notes))


def leading(asked: str, known: Mapping[str, str], usual: str, what: str) -> str:
    """The metric that was asked for, by one of its names, else the usual one. Raises ConfigError.

    what: the kind of task that has no other, for the sentence.
    """
    found = {fold(name): metric for name, metric in known.items()}
    if asked and fold(asked) not in found:
        raise ConfigError(
            "there is no metric '{metric}' for {what}; take {metrics}",
            metric=asked,
            what=Words(what),
            metrics=", ".join(known),
        )
    return found[fold(asked)] if asked else usual


def led(first: str, metrics: Sequence[str]) -> tuple[str, ...]:
    """The metrics with that one in front."""
    return (first, *(one for one in metrics if one != first))


def encode_texts(tokenizer: Any, found: Sequence[Example], most: int) -> list[Feature]:
    """One feature an example, cut at `most` tokens."""
    if not found:
        return []
    paired = any(e.second for e in found)
    most_letters = most * LETTERS
    seconds = [e.second[:most_letters] for e in found] if paired else None
    read = tokenizer([e.text[:most_letters] for e in found], seconds, truncation=True, max_length=most)
    types = read["token_type_ids"] if paired and "token_type_ids" in read else [()] * len(found)
    cut = [bool(encoding.overflowing) for encoding in read.encodings]
    rows = zip(read["input_ids"], found, cut, types, strict=True)
    return [Feature(tuple(ids), i, e.label, longer, tuple(kinds)) for i, (ids, e, longer, kinds) in enumerate(rows)]


def collate_texts(features: Sequence[Feature], pad: int) -> dict[str, Tensor]:
    """Padded input_ids and attention_mask (batch, tokens) and labels (batch, ...); of pairs token_type_ids as well."""
    ids, mask = padded((f.ids for f in features), pad), padded(([1] * len(f.ids) for f in features), 0)
    batch = {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([f.target for f in features])}
    if any(f.types for f in features):
        batch["token_type_ids"] = padded((f.types for f in features), 0)
    return batch


def padded(rows: Iterable[Sequence[int]], filling: int) -> Tensor:
    """The rows as one tensor (rows, longest), short ones filled."""
    every = list(rows)
    width = max(map(len, every))
    return torch.tensor([[*row, *[filling] * (width - len(row))] for row in every])


def finite_logits(output: Any) -> Tensor:
    """The logits in fp32; of an example with one that is no number, all are none."""
    logits: Tensor = output.logits.float()
    return logits.masked_fill(~logits.isfinite().all(-1, keepdim=True), torch.nan)
