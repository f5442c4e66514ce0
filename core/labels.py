"""Which of a model's classes a task's label means: told by their names, by numbers, or by the user; never guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import ConfigError, DataError

UNNAMED = re.compile(r"label (\d+)")  # what transformers calls the classes of a model that has no names for them
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
SHOWN = 12  # labels that a message lists


@dataclass(frozen=True)
class Match:
    """classes: the model's class of each of the task's labels, in their order. foreign: only their number was equal."""

    classes: tuple[int, ...]
    foreign: bool = False


def natural(label: str) -> tuple[tuple[int, float, str], ...]:
    """A key that sorts labels as people do: numbers by value, also inside words; "2 stars" before "10 stars"."""
    if NUMBER.fullmatch(label):
        return ((0, float(label), ""),)
    parts = re.findall(r"\d+|\D+", label)
    return tuple((0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts)


def fold(name: str) -> str:
    """The name without what people write differently: case, spaces, underscores and hyphens; "1.0" is "1"."""
    words = " ".join(re.sub(r"[\s_\-]+", " ", name.casefold()).split()) or name.strip()
    if re.fullmatch(r"[+-]?\d+(\.0*)?", name.strip()):
        return str(int(float(name)))
    return words


def match(labels: Sequence[str], names: Sequence[str], words: Mapping[str, str], said: str = "") -> Match:
    """The model's class of each label.

    names: what the model calls its classes, in their order; words: what a label is called, where it is not itself.
    said: "label=class,...", which comes first. Raises ConfigError where that cannot be followed, DataError where names
    and labels do not fit.
    """
    if said:
        return Match(_as_said(labels, names, said))
    ours = [{fold(label), fold(words.get(label, label))} for label in labels]
    theirs = [fold(name) for name in names]
    found = [next((place for place, name in enumerate(theirs) if name in one), None) for one in ours]
    short = [_short_for(one, theirs) for one in ours]  # "neg" and "pos" are short for something
    if not any(place is not None for place in found) and None not in short and len(set(short)) == len(short):
        found = short
    if len(set(theirs)) == len(theirs) and None not in found and len(set(found)) == len(found):
        return Match(tuple(place for place in found if place is not None))
    if (numbered := _by_number(labels, names)) is not None:
        return Match(numbered)
    if len(labels) == len(names) and not any(place is not None for place in found):
        return Match(tuple(range(len(labels))), foreign=True)
    if len(labels) > len(names):
        raise DataError(
            "the table has {count} labels ({labels}) and the model {classes} classes ({names}); train a new head with "
            "--new-head --step finetune:epochs=3",
            count=len(labels),
            labels=listed(labels),
            classes=len(names),
            names=listed(names),
        )
    raise DataError(
        "the labels of the table and the classes of the model do not fit: {labels} / {names}; say which is which with "
        '--labels "{first}=CLASS,...", or train a new head with --new-head --step finetune:epochs=3',
        labels=listed(labels),
        names=listed(names),
        first=labels[0],
    )


def _short_for(ours: set[str], theirs: Sequence[str]) -> int | None:
    """The only class that the label abbreviates, or the other way round, to three letters or more; None without one."""
    fits = {place for place, name in enumerate(theirs) for one in ours if _begins(*sorted((one, name), key=len))}
    return fits.pop() if len(fits) == 1 else None


def _begins(short: str, long: str) -> bool:
    return len(short) >= 3 and short.isalpha() and long.startswith(short)


def _by_number(labels: Sequence[str], names: Sequence[str]) -> tuple[int, ...] | None:
    """The numbers that the labels are, where these count the model's classes from 0 and nothing else can be meant.

    Labels from 1 on are not these numbers, and where classes have names, fewer numbers than classes may be any of them.
    """
    numbers = tuple(number for label in labels if (number := _index(label)) is not None)
    whole = len(numbers) == len(labels) and len(set(numbers)) == len(numbers) and max(numbers) < len(names)
    from_zero = 0 in numbers or all(UNNAMED.fullmatch(fold(label)) for label in labels)
    return numbers if whole and from_zero and (unnamed(names) or len(numbers) == len(names)) else None


def _index(label: str) -> int | None:
    """The number that a label is, or that stands behind "label"; None for other labels."""
    folded = fold(label)
    found = UNNAMED.fullmatch(folded)
    number = found[1] if found else folded
    return int(number) if number.isdecimal() else None


def unnamed(names: Sequence[str]) -> bool:
    """Are these the names that transformers gives to classes without one?"""
    return all(UNNAMED.fullmatch(fold(name)) for name in names)


def _as_said(labels: Sequence[str], names: Sequence[str], said: str) -> tuple[int, ...]:
    pairs = dict(_pair(part) for part in said.split(",") if part.strip())
    classes = []
    for label in labels:
        wanted = next((class_ for name, class_ in pairs.items() if fold(name) == fold(label)), None)
        if wanted is None:  # what is called the same need not be said
            wanted = next((name for name in names if fold(name) == fold(label)), None)
        if wanted is None:
            raise ConfigError(
                "--labels says nothing of '{label}'; the labels: {labels}", label=label, labels=listed(labels)
            )
        place = next((i for i, name in enumerate(names) if fold(name) == fold(wanted)), _index(wanted))
        if place is None or place >= len(names):
            raise ConfigError("the model has no class '{name}'; its classes: {names}", name=wanted, names=listed(names))
        classes.append(place)
    if len(set(classes)) < len(classes):
        raise ConfigError("--labels gives two labels the same class: {said}", said=said)
    return tuple(classes)


def _pair(text: str) -> tuple[str, str]:
    label, equals, name = text.partition("=")
    if not equals or not label.strip() or not name.strip():
        raise ConfigError("--labels has '{text}'; it needs label=class", text=text.strip())
    return label.strip(), name.strip()


def listed(names: Sequence[str]) -> str:
    """The names as one text; of many the first ones, and how many there are."""
    return ", ".join(names[:SHOWN]) + (f", ... ({len(names)})" if len(names) > SHOWN else "")
