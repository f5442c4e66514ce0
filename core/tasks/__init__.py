"""The registry of tasks, one file each: examples, and how an answer is scored.

Imports runtimes, models and plain values only; evaluation and training take whatever Task they are given.
"""

import functools
import os
from pathlib import Path

from core import visitors
from core.errors import DataError
from core.tasks import glue, named, passages, reviews, squad, sst2
from core.tasks.custom import SUFFIXES, custom
from core.tasks.reading import with_threshold
from core.tasks.task import Origin, Task, TaskEntry, always, stamp
from core.tasks.tuning import held_out

FILES = (sst2, reviews, named, passages)  # of the first one everything is recorded, so that no page opens empty
TASKS: dict[str, TaskEntry] = {
    entry.name: entry for entry in (*(file.TASK for file in FILES), *squad.TASKS, *glue.ENTRIES)
}


def load_task(origin: Origin) -> Task:
    """Read the examples of a task: one of TASKS, or a table of the user's own; again where its files have changed.

    Raises DataError, ConfigError.
    """
    return _loaded(origin, (stamp(origin.task), stamp(origin.path or os.environ.get("BONSAI_DATA", ""))))


@functools.lru_cache(maxsize=4)
def _loaded(origin: Origin, stamps: object) -> Task:
    task = held_out(_read(origin)) if origin.tuning else _read(origin)
    return with_threshold(task, origin.null_threshold) if origin.null_threshold else task


def forget() -> None:
    """Read every task anew when it is asked for next."""
    _loaded.cache_clear()


def _read(origin: Origin) -> Task:
    if origin.task in TASKS:
        return TASKS[origin.task].read(origin)
    path, named = visitors.place(origin.task), Path(origin.task)
    if path is not None and (path.suffix.lower() in SUFFIXES or path.exists()):
        return custom(path, origin)
    if named.suffix or len(named.parts) > 1:
        raise DataError("there is no file or folder '{task}'; is the path right?", task=origin.task)
    raise DataError(
        "unknown task '{task}'; tasks: {tasks}, or a .csv, .tsv, .jsonl, .conll or .json file of your own",
        task=origin.task,
        tasks=", ".join(TASKS),
    )


def known_data(name: str) -> str:
    """The content hash of a task's official examples, "" when it has none; needs no data."""
    return TASKS[name].data if name in TASKS else ""


def comes_along(name: str) -> bool:
    """Do the examples of that task come with the code, so that they may be passed on with it?"""
    return name in TASKS and TASKS[name].is_here is always


def is_here(origin: Origin) -> bool:
    """Can its examples be read without asking the hub? Of a table of one's own that is found out by reading it."""
    return origin.task not in TASKS or TASKS[origin.task].is_here(origin)
