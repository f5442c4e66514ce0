"""Questions of one's own, in SQuAD's JSON layout: a file, of which a part validates, or a folder with two."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.errors import DataError, Words
from core.tasks.questions import SUFFIXES, Question, Questions, read
from core.tasks.reading import reading
from core.tasks.task import Task

FIFTH = 51  # of 256
TRAIN, HELD_OUT = ("train",), ("dev", "val", "test")  # how the names of files begin; "validation" and "valid" too


def has_questions(path: Path) -> bool:
    """Is it a file of SQuAD's layout by its name, or a folder with one that validates?"""
    return path.name.lower().endswith(SUFFIXES) if path.is_file() else _named(path, HELD_OUT) is not None


def own_questions(path: Path) -> Task:
    """The task of a file of the user's, or of a folder with train*.json and dev*.json (val*, test*). Raises DataError.

    Of a file a fifth of its passages validates, chosen by their content.
    """
    if path.is_file():
        train, validation = _divided(path)
        return reading(path.name.partition(".")[0], train, validation)
    held_out, learned = _named(path, HELD_OUT), _named(path, TRAIN)
    assert held_out is not None
    return reading(path.name, read(learned) if learned else Questions(), read(held_out))


def _named(folder: Path, begins: Sequence[str]) -> Path | None:
    files = sorted(file for file in folder.iterdir() if file.name.lower().endswith(SUFFIXES)) if folder.is_dir() else []
    return next((file for begin in begins for file in files if file.name.lower().startswith(begin)), None)


def _divided(path: Path) -> tuple[Questions, Questions]:
    whole = read(path)
    held = {one.second: hashlib.sha256(one.second.encode()).digest()[0] < FIFTH for one in whole.rows}
    parts: list[list[Question]] = [[], []]
    for one in whole.rows:
        parts[held[one.second]].append(one)
    if not all(parts):
        raise DataError(
            "{path} has {rows} usable rows and {why}; about 20 with different texts are needed",
            path=path.name,
            rows=len(whole.rows),
            why=Words("too few to hold some out"),
        )
    train, validation = (dataclasses.replace(whole, rows=tuple(part), problems=()) for part in parts)
    return dataclasses.replace(train, problems=whole.problems), validation
