"""A table of the user's own, a file or a folder, as a task."""

import hashlib
from pathlib import Path

from core.errors import DataError, Words
from core.tasks.classification import classification
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Task

SUFFIXES = (".csv", ".tsv", ".jsonl")
TRAIN = ("train", "training")
HELD_OUT = ("validation", "valid", "val", "dev", "test")  # the first of these that is there validates


def custom(path: Path, text: str, label: str) -> Task:
    """A file of the user's: a fifth of it validates, chosen by content; or a folder with train.* and test.*, or test.*
    alone, which leaves out all that learns."""
    if path.is_dir():
        files = {p.stem.lower(): p for p in sorted(path.iterdir()) if p.suffix.lower() in SUFFIXES}
        held_out = next((files[stem] for stem in HELD_OUT if stem in files), None)
        learned = next((files[stem] for stem in TRAIN if stem in files), None)
        if held_out is None:
            raise DataError("'{path}' needs train and test (or dev, validation) as .csv, .tsv or .jsonl", path=path)
        examples = read_table(learned, text, label) if learned else Table(())
        return classification(path.name, examples, read_table(held_out, text, label))
    table = read_table(path, text, label)
    train = tuple(row for row in table.rows if not _validates(row))
    validation = tuple(row for row in table.rows if _validates(row))
    if not train or not validation:
        alike = len({row.text for row in table.rows}) == 1 and len(table.rows) > 1
        why = Words("all of its texts are the same") if alike else Words("too few to hold some out")
        raise DataError(
            "{path} has {rows} usable rows and {why}; about 20 with different texts are needed",
            path=path.name,
            rows=len(table.rows),
            why=why,
        )
    return classification(path.stem, Table(train, table.problems, table.notes), Table(validation))


def _validates(row: Row) -> bool:
    return hashlib.sha256(row.text.encode()).digest()[0] < 51  # a fifth of 256
