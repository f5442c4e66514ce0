"""A table of the user's own, a file or a folder, as a task."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.errors import DataError, Words
from core.tasks.classification import classification, usual_metrics
from core.tasks.entities import entities
from core.tasks.multilabel import multi_label
from core.tasks.own_questions import has_questions, own_questions
from core.tasks.regression import means_numbers, regression
from core.tasks.tables import Row, Table, read_table
from core.tasks.tagged import CONLL, is_tagged, read_tagged
from core.tasks.task import Origin, Task

TABLES = (".csv", ".tsv", ".jsonl", *CONLL)
SUFFIXES = (*TABLES, ".json")
TRAIN = ("train", "training")
FIFTH = 51  # of 256
FEW, LEAST_SHARE = 20, 0.15  # rows, and the share of them below which a fifth by content is filled up
SALTS = ("", "again ")  # the second where the first leaves one part empty, as of a part that it was chosen from
HELD_OUT = ("validation", "valid", "val", "dev", "test")  # the first of these that is there validates


def custom(path: Path, origin: Origin) -> Task:
    """A file of the user's: a fifth of it validates, chosen by content; or a folder with train.* and test.*, or test.*
    alone, which leaves out all that learns.

    origin: its columns, and the metric that leads. Raises DataError, and ConfigError for a metric that does not fit.
    """
    if has_questions(path) and not (path.is_dir() and _tables(path)):
        return own_questions(path)
    name, asked = path.name if path.is_dir() else path.stem, origin.metric
    train, validation = (_folder if path.is_dir() else _file)(path, origin.text_column, origin.label_column)
    if train.tagged or validation.tagged:
        return entities(name, train, validation, asked)
    if train.several or validation.several:
        return multi_label(name, train, validation, asked)
    if means_numbers((*train.rows, *validation.rows), asked):
        return regression(name, train, validation, asked)
    return classification(name, train, validation, metrics=usual_metrics(train, validation, asked))


def _read(path: Path, text: str, label: str) -> Table:
    return read_tagged(path) if is_tagged(path) else read_table(path, text, label)


def _tables(folder: Path) -> dict[str, Path]:
    """The tables of a folder by their names."""
    return {p.stem.lower(): p for p in sorted(folder.iterdir()) if p.suffix.lower() in TABLES}


def _folder(path: Path, text: str, label: str) -> tuple[Table, Table]:
    files = _tables(path)
    able = [files[stem] for stem in HELD_OUT if stem in files]
    learned = next((files[stem] for stem in TRAIN if stem in files), None)
    if not able:
        raise DataError(
            "'{path}' needs train and test (or validation, valid, val, dev) as .csv, .tsv or .jsonl", path=path
        )
    examples = _read(learned, text, label) if learned else Table(())
    held_out = _read(able[0], text, label)
    notes = [Words("{file} validates", file=able[0].name)] if len(able) > 1 else []
    known = {(row.text, row.second) for row in examples.rows}
    if both := sum((row.text, row.second) in known for row in held_out.rows):
        notes.append(
            Words(
                "{count} of {total} validation texts are among those to train on", count=both, total=len(held_out.rows)
            )
        )
    return examples, dataclasses.replace(held_out, notes=(*held_out.notes, *notes))


def _file(path: Path, text: str, label: str) -> tuple[Table, Table]:
    table = _read(path, text, label)
    parts = next((found for salt in SALTS if all(found := _parts(table.rows, salt))), None)
    if parts is None:
        alike = len({row.text for row in table.rows}) == 1 and len(table.rows) > 1
        why = Words("all of its texts are the same") if alike else Words("too few to hold some out")
        raise DataError(
            "{path} has {rows} usable rows and {why}; about 20 with different texts are needed",
            path=path.name,
            rows=len(table.rows),
            why=why,
        )
    train, validation = parts
    notes = table.notes
    if not 0.1 <= len(validation) / len(table.rows) <= 0.3:
        uneven = Words(
            "its texts are divided by their content, here {train} to train and {validation} to validate",
            train=len(train),
            validation=len(validation),
        )
        notes = (*notes, uneven)
    return dataclasses.replace(table, rows=train, notes=notes), dataclasses.replace(
        table, rows=validation, problems=(), notes=()
    )


def _parts(rows: Sequence[Row], salt: str) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows to train on and rows to validate on; equal texts are on one side.

    Where the fifth by content happens to be a small one, as 4 of 60 rows, those next in its order fill it up.
    """
    digests = [hashlib.sha256(f"{salt}{row.text}".encode()).digest() for row in rows]
    held = [digest[0] < FIFTH for digest in digests]
    if len(rows) >= FEW and sum(held) < LEAST_SHARE * len(rows):
        last = sorted(digests)[round(len(rows) / 5) - 1]
        held = [digest <= last for digest in digests]
    chosen = list(zip(rows, held, strict=True))
    return tuple(row for row, out in chosen if not out), tuple(row for row, out in chosen if out)
