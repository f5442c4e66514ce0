"""Named spans of words and the tags that write them: IOB1, IOB2, IOBES and BILOU.

Read as conlleval and seqeval's default mode do (Tjong Kim Sang and De Meulder 2003): a span begins at B or S, and also
where I, E or L follows nothing, the end of a span or a span of another type.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.counting import SEPARATOR

OUTSIDE = "O"
TAG = re.compile(r"[BIESLU]-[^;]*[^;\s]")
SINGLE, LAST = ("S", "U"), ("E", "L", "S", "U")  # prefixes of the only and of the last word of a span
ENDS = ("ES", "LU")  # the same of IOBES and of BILOU
WRITTEN = re.compile(r"(?P<type>.+) (?P<first>\d+)-(?P<last>\d+)")


@dataclass(frozen=True, order=True)
class Span:
    """Words from `first` to `last`, numbered from 0, that are of a type."""

    first: int
    last: int
    type: str


def is_tag(text: str) -> bool:
    """Is it O, or a prefix and a type?"""
    return text == OUTSIDE or TAG.fullmatch(text) is not None


def parts_of(tag: str) -> tuple[str, str]:
    """Prefix and type of a tag; of O neither, and a name without a prefix is the type of a word inside a span."""
    if tag == OUTSIDE:
        return "", ""
    return (tag[0], tag[2:]) if is_tag(tag) else ("I", tag)


def decoded(tags: Sequence[str]) -> list[Span]:
    """The spans that tags write, by their order."""
    found: list[Span] = []
    first, before = None, ("", "")
    for place, tag in enumerate([*map(parts_of, tags), ("", "")]):
        begins = tag[0] != "" and _begins(before, tag)
        if first is not None and (begins or not tag[0]):
            found.append(Span(first, place - 1, before[1]))
            first = None
        if begins:
            first = place
        before = tag
    return found


def _begins(before: tuple[str, str], tag: tuple[str, str]) -> bool:
    return tag[0] in ("B", *SINGLE) or before[0] in ("", *LAST) or before[1] != tag[1]


def scheme(labels: Iterable[str]) -> str:
    """The prefixes that mark the last and the only word of a span in these tags: "ES", "LU", or "" for IOB2."""
    there = {parts_of(label)[0] for label in labels}
    return next((ends for ends in ENDS if there & set(ends)), "")


def encoded(spans: Iterable[Span], words: int, ends: str = "") -> list[str]:
    """The tags of so many words, in IOB2, or with those prefixes of `scheme`."""
    tags = [OUTSIDE] * words
    for span in spans:
        for place in range(span.first, span.last + 1):
            tags[place] = f"{'B' if place == span.first else 'I'}-{span.type}"
        if ends:
            tags[span.last] = f"{ends[span.first == span.last]}-{span.type}"
    return tags


def written(spans: Iterable[Span]) -> str:
    """Spans as an answer: "PER 0-1; LOC 4-4"; "" where there are none."""
    return SEPARATOR.join(f"{span.type} {span.first}-{span.last}" for span in sorted(spans))


def read(answer: str) -> list[Span]:
    """The spans of an answer."""
    found = (WRITTEN.fullmatch(item) for item in answer.split(SEPARATOR) if item)
    return [Span(int(one["first"]), int(one["last"]), one["type"]) for one in found if one]
