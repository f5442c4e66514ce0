"""Lessons: what a class predicts, does on a page and compares; each is a file in assets/lessons (docs/lessons.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import foreign, paths

FOLDER = paths.ASSETS / "lessons"
PARTS = ("title", "text", "question", "do", "why")  # of each language
MOST_CHOICES = 6


@dataclass(frozen=True)
class Choice:
    """A prediction; it is the right one up to `most` of the lesson's figure, the last one beyond every other."""

    words: Mapping[str, str]
    most: float | None = None


@dataclass(frozen=True)
class Lesson:
    """One lesson. page, link: where it is done. figure: a name of core.engine.lesson_figures and what that takes.

    words: language -> part of PARTS -> text, in which {names} are the figure's values. next: the id of another lesson.
    """

    id: str
    page: str
    link: Mapping[str, str]
    figure: Mapping[str, Any]
    choices: tuple[Choice, ...]
    words: Mapping[str, Mapping[str, str]]
    next: str

    def right(self, value: float) -> int:
        """The place of the choice that holds for the figure's value."""
        return next(place for place, one in enumerate(self.choices) if one.most is None or value <= one.most)


@cache
def lessons() -> tuple[Lesson, ...]:
    """Those that can be read, in the order of their files' names."""
    return tuple(one for one in _files() if isinstance(one, Lesson))


@cache
def broken() -> tuple[str, ...]:
    """What is wrong with the files that are no lessons."""
    return tuple(one for one in _files() if isinstance(one, str))


@cache
def _files() -> tuple[Lesson | str, ...]:
    found: list[Lesson | str] = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            found.append(read(path))
        except ValueError as error:
            found.append(str(error))
    return tuple(found)


def read(path: Path) -> Lesson:
    """A lesson of a file. Raises ValueError, which names the file and what is wrong."""
    try:
        values = foreign.parse(path.read_text(encoding="utf8"))
        languages = [name for name, value in values.items() if isinstance(value, dict) and "title" in value]
        words = {name: {part: str(values[name][part]) for part in PARTS} for name in languages}
        choices = tuple(
            Choice({name: str(one[name]) for name in languages}, one.get("most")) for one in values["choices"]
        )
        lesson = Lesson(
            str(values["id"]),
            str(values["page"]),
            {name: str(value) for name, value in values["link"].items()},
            dict(values["figure"]),
            choices,
            words,
            str(values.get("next", "")),
        )
        _require(lesson)
    except (KeyError, TypeError, AttributeError, OSError) as error:
        raise ValueError(f"{path.name} is no lesson: {type(error).__name__} {error}") from error
    except ValueError as error:
        raise ValueError(f"{path.name} is no lesson: {error}") from error
    return lesson


def _require(lesson: Lesson) -> None:
    count = len(lesson.choices)
    limits = [float(one.most) for one in lesson.choices[:-1] if one.most is not None]
    if not 2 <= count <= MOST_CHOICES or lesson.choices[-1].most is not None or len(limits) < count - 1:
        raise ValueError("it needs two to six choices, each but the last one with its most")
    if limits != sorted(set(limits)):
        raise ValueError("the most of its choices have to rise")
    if not lesson.words or "name" not in lesson.figure:
        raise ValueError("it needs a text in one language at least, and a figure with its name")
