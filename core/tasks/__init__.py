"""The registry of tasks, one file each: examples, and how an answer is scored.

A task may import models and runtimes; evaluation and training take whatever Task they are given.
"""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import DataError
from core.tasks.classification import SENTIMENT, classification
from core.tasks.custom import SUFFIXES, custom
from core.tasks.reviews import REVIEWS
from core.tasks.sst2 import SST2_DATA, copy_here, from_folder, from_hub
from core.tasks.tables import read_table
from core.tasks.task import Origin, Task

NAMES = ("reviews", "sst2")


@functools.lru_cache(maxsize=4)
def load_task(origin: Origin) -> Task:
    """Read the examples of a task. Raises DataError."""
    if origin.task == "reviews":
        tables = read_table(REVIEWS / "train.csv"), read_table(REVIEWS / "test.csv")
        return replace(classification("reviews", *tables), words=SENTIMENT)
    if origin.task == "sst2":
        folder = origin.path or os.environ.get("BONSAI_DATA", "")
        train, validation = from_folder(Path(folder)) if folder else from_hub()
        return replace(classification("sst2", train, validation), words=SENTIMENT)
    path = Path(origin.task).expanduser()
    if path.suffix.lower() in SUFFIXES or path.exists():
        return custom(path, origin.text_column, origin.label_column)
    raise DataError(
        f"unknown task '{origin.task}'; tasks: {', '.join(NAMES)}, or a .csv, .tsv or .jsonl file of your own"
    )


def known_data(name: str) -> str:
    """The content hash of a task's official examples, "" when it has none; needs no data."""
    return SST2_DATA if name == "sst2" else ""


def is_here(origin: Origin) -> bool:
    """Can its examples be read without asking the hub? That of another task's file is found out by reading it."""
    return origin.task != "sst2" or bool(origin.path or os.environ.get("BONSAI_DATA")) or copy_here().is_dir()
