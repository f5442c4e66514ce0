"""Numbers as the reader's language writes them: in Spanish a decimal comma, and thin spaces between thousands."""

import re
from typing import Any

THIN = "\u202f"  # narrow, and no line ends there
# a word that is a number and what may stand around it, such as "[87.5," or "**2.58x"; no version, name or path
WORD = re.compile(
    r"(?<![^\s\[(~<>*|·])([+\u2212-]?)([1-9]\d{0,2}(?:,\d{3})+|\d+)(\.\d+)?(?=(?:x|%|ms|MB|GB|s)?(?:[\])*;:,.|]*)(?:\s|$|<))"
)
PAIR = re.compile(r"\[([^\[\]\s,]+), ([^\[\]\s,]+)\]")  # an interval, whose comma would read as a decimal one


class Spanish(float):
    """A number that a format writes in Spanish."""

    def __format__(self, form: str) -> str:
        return spanish(float.__format__(self, form))

    def __str__(self) -> str:
        return spanish(float.__repr__(self))


class SpanishCount(int):
    """A whole number that a format writes in Spanish."""

    def __format__(self, form: str) -> str:
        return spanish(int.__format__(self, form))


def spanish(text: str) -> str:
    """A text with its numbers in Spanish; those of four digits stand together (RAE, Ortografía 2010)."""
    return WORD.sub(_written, PAIR.sub(r"[\1; \2]", text))


def shown(value: Any, language: str) -> Any:
    """A value of a text as that language writes it."""
    if language != "es" or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return type(value)(spanish(value))  # what is marked stays marked
    if isinstance(value, float):
        return Spanish(value)
    return SpanishCount(value) if isinstance(value, int) else value


def _written(found: re.Match[str]) -> str:
    sign, whole, rest = found.groups()
    digits = whole.replace(",", THIN if len(whole) > len("1,000") else "")
    return f"{sign}{digits}{(rest or '').replace('.', ',')}"
