"""SQuAD 1.1 (Rajpurkar et al. 2016) from its official files, or from the hub.

Its dev set has 10,570 questions, which take minutes; a fixed part of it, of whole passages, serves in between.
"""

import functools
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.tasks.hub import copy_here, folder_of, splits
from core.tasks.questions import SUFFIXES, Question, Questions, content_hash, kind_of, read
from core.tasks.reading import TOKENS, reading, without_examples
from core.tasks.task import Origin, Task, TaskEntry, stamp

HUB = "rajpurkar/squad"
# content hash of the 87,599 + 10,570 questions in the files from which the recorded results come
SQUAD_DATA = "a87ced27709e2c8a"
WHOLE, PART = "squad", "squad-1000"
QUESTIONS, SEED = 1000, 0  # of the part
MODEL = "demo-squad"
FOLDERS = ("", "squad_v1.1", "squad")  # in which of them the files lie below a folder that is named


def read_whole(origin: Origin) -> Task:
    """The whole dev set validates. Raises DataError."""
    train, dev, data = _parts(_folder(origin), stamp(_folder(origin)))
    return reading(WHOLE, train, dev, data=data)


def read_part(origin: Origin) -> Task:
    """A part of the dev set validates: QUESTIONS questions, and what is trained is the same. Raises DataError."""
    train, dev, data = _parts(_folder(origin), stamp(_folder(origin)))
    return reading(PART, train, part_of(dev), data=data)


def _folder(origin: Origin) -> str:
    """The origin's folder, or BONSAI_DATA; "" for the hub's copy, where only that has the questions."""
    shared = os.environ.get("BONSAI_DATA", "")
    # where neither has them, the folder that was named is what to speak of
    return str(folder_of(origin, _holds) or ("" if copy_here(HUB).is_dir() else shared))


def _holds(folder: Path) -> bool:
    return _found(folder, "dev") is not None


@functools.lru_cache(maxsize=1)
def _parts(folder: str, changed: object) -> tuple[Questions, Questions, str]:
    """Questions to train on, the dev set, and the hash of both; of the hub where there is no folder. changed: another
    value where the files were written anew."""
    train, dev = from_files(Path(folder)) if folder else from_hub()
    return train, dev, content_hash((train.rows, dev.rows))


def is_here(origin: Origin) -> bool:
    """Are there files with its questions, or a copy that was fetched earlier?"""
    return folder_of(origin, _holds) is not None or copy_here(HUB).is_dir()


def from_files(path: Path) -> tuple[Questions, Questions]:
    """The questions of train*.json and dev*.json (or .json.gz) in a folder, or of one file, which then validates.

    Raises DataError.
    """
    if path.is_file():
        return Questions(), read(path)
    dev = _found(path, "dev")
    if dev is None:
        raise DataError(
            "'{folder}' has no train*.json and dev*.json (or .json.gz); name the folder that holds them, or the "
            "file of the dev set, with --data or BONSAI_DATA",
            folder=path,
        )
    train = _found(path, "train")
    return read(train) if train else Questions(), read(dev)


def _found(folder: Path, begins: str) -> Path | None:
    """The file there, or in a folder of its name, that begins so; of several the last by name."""
    for inner in FOLDERS:
        place = folder / inner
        found = sorted(file for suffix in SUFFIXES for file in place.glob(f"{begins}*{suffix}"))
        if found:
            return found[-1]
    return None


def from_hub() -> tuple[Questions, Questions]:
    """The same questions from the copy on this machine, or from the hub where there is none. Raises DataError."""
    parts = splits("SQuAD", HUB, files="train*.json and dev*.json")
    train, dev = (Questions(tuple(map(_row, parts[name]))) for name in ("train", "validation"))
    return train, dev


def _row(row: Any) -> Question:
    answers = tuple(zip(row["answers"]["answer_start"], row["answers"]["text"], strict=True))
    return Question(row["question"].strip(), answers, kind_of(row["question"]), row["context"], row["id"], row["title"])


def part_of(questions: Questions, count: int = QUESTIONS, seed: int = SEED) -> Questions:
    """Whole passages, drawn with a seed, until they have exactly that many questions; in the order of the file."""
    passages: dict[str, list[int]] = {}
    for place, one in enumerate(questions.rows):
        passages.setdefault(one.second, []).append(place)
    order: Sequence[str] = random.Random(seed).sample(sorted(passages), len(passages))
    chosen: set[int] = set()
    for passage in order:
        if len(chosen) + len(passages[passage]) <= count:
            chosen.update(passages[passage])
    return Questions(tuple(one for place, one in enumerate(questions.rows) if place in chosen), questions.problems)


def _entry(name: str, read: Any, part_of: str = "") -> TaskEntry:
    bare = functools.partial(without_examples, name, SQUAD_DATA, TOKENS)
    return TaskEntry(name, read, bare, is_here, SQUAD_DATA, official=True, model=MODEL, part_of=part_of)


TASKS = (_entry(WHOLE, read_whole), _entry(PART, read_part, WHOLE))
