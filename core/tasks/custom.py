"""A table of the user's own, a file or a folder, as a task."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.errors import DataError, Words
from core.tasks.classification import classification
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Task

SUFFIXES = (".csv", ".tsv", ".jsonl")
TRAIN = ("train", "training")
FIFTH = 51  # of 256
SALTS = ("", "again ")  # the second where the first leaves one part empty, as of a part that it was chosen from
HELD_OUT = ("validation", "valid", "val", "dev", "test")  # the first of these that is there validates


def custom(path: Path, text: str, label: str) -> Task:
    """A file of the user's: a fifth of it validates, chosen by content; or a folder with train.* and test.*, or test.*
    alone, which leaves out all that learns."""
    return _folder(path, text, label) if path.is_dir() else _file(path, text, label)


def _folder(path: Path, text: str, label: str) -> Task:
    files = {p.stem.lower(): p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES}
    able = [files[stem] for stem in HELD_OUT if stem in files]
    learned = next((files[stem] for stem in TRAIN if stem in files), None)
    if not able:
        raise DataError(
            "'{path}' needs train and test (or validation, valid, val, dev) as .csv, .tsv or .jsonl", path=path
        )
    examples = read_table(learned, text, label) if learned else Table(())
    held_out = read_table(able[0], text, label)
    notes = [Words("{file} validates", file=able[0].name)] if len(able) > 1 else []
    known = {(row.text, row.second) for row in examples.rows}
    if both := sum((row.text, row.second) in known for row in held_out.rows):
        notes.append(
            Words(
                "{count} of {total} validation texts are among those to train on", count=both, total=len(held_out.rows)
            )
        )
    return classification(path.name, examples, Table(held_out.rows, held_out.problems, (*held_out.notes, *notes)))


def _file(path: Path, text: str, label: str) -> Task:
    table = read_table(path, text, label)
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
    return classification(path.stem, Table(train, table.problems, notes), Table(validation))


def _parts(rows: Sequence[Row], salt: str) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows to train on and rows to validate on; equal texts are on one side."""
    held = [hashlib.sha256(f"{salt}{row.text}".encode()).digest()[0] < FIFTH for row in rows]
    chosen = list(zip(rows, held, strict=True))
    return tuple(row for row, out in chosen if not out), tuple(row for row, out in chosen if out)
