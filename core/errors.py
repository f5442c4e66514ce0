"""What a user can mend: one family of errors, so that command line, worker and pages catch it in one place.

An error keeps its sentence and what was put into it apart, so that a page can say it in the reader's language; the
English sentence is the key of the translation, as in gettext.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

from core import paths

MOST_LETTERS = 400  # of a value in a sentence, which should be read to its end


@cache
def sentences(language: str) -> dict[str, str]:
    """The catalogue of a language, for `Words.translated`; empty for English, whose sentences are the keys."""
    path = paths.ASSETS / "text" / f"errors.{language}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}
    return found


class Words:
    """A sentence with named places, and what stands in them: English as text, any other language by a catalogue."""

    def __init__(self, sentence: str, **values: Any) -> None:
        self.sentence, self.values = sentence, values

    def __str__(self) -> str:
        return self.translated({})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(str(self))

    def translated(self, catalogue: Mapping[str, str], shown: Callable[[Any], Any] = lambda value: value) -> str:
        """In the language of a catalogue, English sentence -> its own; English where it has none. shown: a value as
        that language writes numbers."""
        values = {name: shown(_translated(value, catalogue)) for name, value in self.values.items()}
        return catalogue.get(self.sentence, self.sentence).format(**values)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, to travel from a worker to a page."""
        return {"sentence": self.sentence, "values": {name: _plain(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of to_json."""
        found = {n: cls.from_json(v) if isinstance(v, dict) else v for n, v in values["values"].items()}
        return cls(values["sentence"], **found)


class UserError(ValueError):
    """What a user asked for is not possible; the sentence names the value and what to do."""

    def __init__(self, sentence: str, **values: Any) -> None:
        self.words = Words(sentence, **values)
        super().__init__(str(self.words))

    @classmethod
    def of(cls, other: "UserError") -> Self:
        """Another error of the family as one of this kind."""
        return cls(other.words.sentence, **other.words.values)


class ModelError(UserError):
    """A model that cannot be used."""


class ConfigError(UserError):
    """A value that is not allowed; the sentence names what is."""


class DataError(UserError):
    """Examples that cannot be read."""


class TrainingError(UserError):
    """Training cannot go on; the sentence says what to change."""


class Cancelled(Exception):
    """The user asked to stop."""


def _words_in(value: Any) -> Any:
    return value.words if isinstance(value, UserError) else value


def _translated(value: Any, catalogue: Mapping[str, str]) -> Any:
    found = _words_in(value)
    if isinstance(found, str) and len(found) > MOST_LETTERS:
        return f"{found[:MOST_LETTERS]}…"
    return found.translated(catalogue) if isinstance(found, Words) else found


def _plain(value: Any) -> Any:
    found = _words_in(value)
    if isinstance(found, Words):
        return found.to_json()
    return found if isinstance(found, str | int | float) else str(found)
