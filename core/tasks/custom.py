"""A table of the user's own, a file or a folder, as a task."""

import hashlib
from pathlib import Path

from core.errors import DataError
from core.tasks.classification import classification
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Task

SUFFIXES = (".csv", ".tsv", ".jsonl")


def custom(path: Path, text: str, label: str) -> Task:
    """A file of the user's: a fifth of it validates, chosen by content; or a folder with train.* and test.*, or test.*
    alone, which leaves out all that learns."""
    if path.is_dir():
        files = {p.stem: p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES}
        held_out = next((files[stem] for stem in ("validation", "dev", "test") if stem in files), None)
        if held_out is None:
            raise DataError("'{path}' needs train and test (or dev, validation) as .csv, .tsv or .jsonl", path=path)
        learned = read_table(files["train"], text, label) if "train" in files else Table((), ())
        return classification(path.name, learned, read_table(held_out, text, label))
    table = read_table(path, text, label)
    train = tuple(row for row in table.rows if not _validates(row))
    validation = tuple(row for row in table.rows if _validates(row))
    if not train or not validation:
        raise DataError(
            "{path} has {rows} usable rows; at least about 20 are needed to hold some out",
            path=path.name,
            rows=len(table.rows),
        )
    return classification(path.stem, Table(train, table.problems), Table(validation, ()))


def _validates(row: Row) -> bool:
    return hashlib.sha256(row.text.encode()).digest()[0] < 51  # a fifth of 256
