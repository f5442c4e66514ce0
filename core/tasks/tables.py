"""Labelled text from the records of a file: which columns hold what, and the line of every row that is of no use."""

import collections
import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.counting import SEPARATOR
from core.errors import DataError, Words
from core.tasks.records import LABELS, PAIRS, TEXTS, Records, read_records
from core.tasks.spans import Span

FLAGS = {**dict.fromkeys(("1", "1.0", "true", "yes"), True), **dict.fromkeys(("0", "0.0", "false", "no"), False)}
MISSING = ("", "nan", "null", "<na>")  # what programs write for a value that is not there


@dataclass(frozen=True)
class Row:
    """One labelled text, or a pair of them; kind and second are "" where the file has none.

    labels: all that it has, where the file has several for a text. words, spans: of a sentence whose words have tags,
    and those of them that have a name. line: of the file, where it begins.
    """

    text: str
    label: str
    kind: str = ""
    second: str = ""
    labels: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Columns:
    """Which columns hold the text, the label and, of a pair, the second text ("" where there is none).

    flags: instead of a label the columns that say of one label each, by 0 or 1, whether the text has it.
    """

    text: str
    label: str
    second: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The usable rows of a file, a sentence for each row that is not, and what was understood of the file.

    several: does a text have several labels? tagged: do its words have tags? file: its name.
    """

    rows: tuple[Row, ...]
    problems: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    several: bool = False
    tagged: bool = False
    file: str = ""


def read_table(path: Path, text_column: str = "", label_column: str = "") -> Table:
    """Read labelled text; columns are named or detected (text, sentence, ... / label, sentiment, ...).

    text_column: two names with a comma between them are a pair of texts. label_column: several with commas between them
    say of one label each whether the text has it. Raises DataError.
    """
    records = read_records(path)
    usable = [record for _, record in records.found if not isinstance(record, Words)]
    if not usable:
        raise _no_row(
            path, [at_line(path, line, record) for line, record in records.found if isinstance(record, Words)]
        )
    columns, notes = _columns(path, records, usable, text_column, label_column)
    several = bool(columns.flags) or any(isinstance(record.get(columns.label), list) for record in usable)
    read = _read_labels if several else _read_label
    found = ((line, one if isinstance(one, Words) else read(one, columns)) for line, one in records.found)
    return dataclasses.replace(gathered(path, found), notes=(*records.notes, *notes), several=several)


def gathered(path: Path, found: Iterable[tuple[int, Row | Words]]) -> Table:
    """The rows with their lines, and what is wrong with the others. Raises DataError where there is no row."""
    rows: list[Row] = []
    problems: list[Words] = []
    for line, row in found:
        if isinstance(row, Row):
            rows.append(dataclasses.replace(row, line=line))
        else:
            problems.append(at_line(path, line, row))
    if not rows:
        raise _no_row(path, problems)
    return Table(tuple(rows), tuple(problems), file=path.name)


def at_line(path: Path, line: int, problem: Words) -> Words:
    """What is wrong, with its place."""
    return Words("{file} line {line}: {problem}", file=path.name, line=line, problem=problem)


def _no_row(path: Path, problems: Sequence[Words]) -> DataError:
    if problems:
        return DataError("{path} has no usable row; first problem: {problem}", path=path.name, problem=problems[0])
    return DataError("{path} has no usable row", path=path.name)


def _read_label(record: dict[str, object], columns: Columns) -> Row | Words:
    """The row with its label, or what is wrong with it."""
    label = record.get(columns.label)
    if isinstance(label, dict):
        return _no_text(columns.label)
    row = _row(record, columns)
    written = _label(label)
    if isinstance(row, Row) and written.casefold() in MISSING:
        return Words("the {column} is empty", column=columns.label)
    return dataclasses.replace(row, label=written) if isinstance(row, Row) else row


def _read_labels(record: dict[str, object], columns: Columns) -> Row | Words:
    """The row with all its labels, of which it may have none; or what is wrong with it."""
    row = _row(record, columns)
    if not isinstance(row, Row):
        return row
    if columns.flags:
        flags = {name: _flag(record.get(name)) for name in columns.flags}
        unclear = next((name for name, flag in flags.items() if flag is None), None)
        if unclear is not None:
            return Words("the {column} is neither 0 nor 1", column=unclear)
        return dataclasses.replace(row, labels=tuple(name for name, flag in flags.items() if flag))
    found = record.get(columns.label)
    if not isinstance(found, list) or any(isinstance(one, list | dict) or SEPARATOR in str(one) for one in found):
        return Words("the {column} is no list of labels", column=columns.label)
    return dataclasses.replace(row, labels=tuple(dict.fromkeys(filter(None, map(_label, found)))))


def _row(record: dict[str, object], columns: Columns) -> Row | Words:
    """The row without its label, or what is wrong with its texts."""
    names = [columns.text, *([columns.second] if columns.second else [])]
    for name in names:
        if isinstance(record.get(name), list | dict):
            return _no_text(name)
    texts = [_text(record.get(name)) for name in names]
    if not all(texts):
        return Words("the {column} is empty", column=names[texts.index("")])
    return Row(texts[0], "", str(record.get("kind") or ""), texts[1] if columns.second else "")


def _no_text(column: str) -> Words:
    return Words("the {column} is no text but an object", column=column)


def _text(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()


def _label(value: object) -> str:
    """A label as text; whole numbers are written alike, whether as 1, "1" or 1.0."""
    if value is None:
        return ""
    text = str(value).strip()
    whole = text.removesuffix(".0") if text.removesuffix(".0").removeprefix("-").isdecimal() else text
    return str(int(whole)) if whole.removeprefix("-").isdecimal() and whole.isascii() else text


def _columns(
    path: Path, records: Records, usable: Sequence[dict[str, object]], text: str, label: str
) -> tuple[Columns, list[Words]]:
    """The columns that were named, or those that are called so; what else could be a text is said."""
    there = {name.lower(): name for name in records.names}
    if text:
        named = [name.strip() for name in text.split(",")] if text not in records.names else [text]
        texts = [name if name in records.names else there.get(name.lower(), name) for name in named]
    else:
        texts = next(([there[a], there[b]] for a, b in PAIRS if a in there and b in there), [])
        texts = texts or [there[name] for name in TEXTS if name in there][:1]
    several = [name.strip() for name in label.split(",")] if label not in records.names else [label]
    several = [name if name in records.names else there.get(name.lower(), name) for name in several]
    labels = several if label else [there[name] for name in LABELS if name in there and there[name] not in texts][:1]
    guessed: list[Words] = []
    if not label and not labels:
        labels = _yes_or_no([name for name in records.names if name not in texts], usable)
        if labels:
            guessed.append(
                Words(
                    "the columns {names} are taken for labels that a text has (1) or not (0)", names=", ".join(labels)
                )
            )
    if not text and not label and len(records.names) == 2 and not (texts and labels):
        if two := _two(records.names, usable, texts, labels):
            texts, labels = [two[0]], [two[1]]
            guessed.append(
                Words(
                    "the column '{text}' is taken for the text and '{label}' for the label", text=two[0], label=two[1]
                )
            )
    if len(texts) > 2:
        raise DataError("{names} are {count} columns; a pair has two", names=", ".join(texts), count=len(texts))
    twice = next((name for name in [*texts, *labels] if [*texts, *labels].count(name) > 1), None)
    if twice is not None:
        raise DataError("'{name}' is taken for two columns at once; name two", name=twice)
    for found, wanted, names, what in ((texts, text, TEXTS, "text column"), (labels, label, LABELS, "label column")):
        _require(path, records, found, wanted, names, what)
    flags = tuple(labels) if len(labels) > 1 else ()
    return Columns(texts[0], labels[0], texts[1] if len(texts) == 2 else "", flags), guessed


def _yes_or_no(names: Sequence[str], usable: Sequence[dict[str, object]]) -> list[str]:
    """Those of these columns that hold nothing but 0 and 1; none where it is one alone."""
    found = [name for name in names if all(_flag(record.get(name)) is not None for record in usable)]
    return found if len(found) > 1 else []


def _flag(value: object) -> bool | None:
    return FLAGS.get(str(value).strip().casefold())


def _two(
    names: Sequence[str], usable: Sequence[dict[str, object]], texts: Sequence[str], labels: Sequence[str]
) -> tuple[str, str] | None:
    """Text and label of two columns that are not both called as they might be: the values of a text differ more."""
    kinds = {name: len(collections.Counter(str(record.get(name)) for record in usable)) for name in names}
    one, other = sorted(names, key=lambda name: -kinds[name])
    if texts:
        one, other = texts[0], next(name for name in names if name != texts[0])
    elif labels:
        one, other = next(name for name in names if name != labels[0]), labels[0]
    return (one, other) if kinds[other] <= len(usable) / 2 and kinds[other] < kinds[one] else None


def _require(path: Path, records: Records, found: Sequence[str], wanted: str, names: Sequence[str], what: str) -> None:
    """Raise DataError unless these columns are there, each once."""
    there = ", ".join(records.names)
    missing = next((name for name in found if name not in records.names), None)
    if missing is not None:
        raise DataError(
            "{path} has no {what} '{name}'; its columns are: {columns}",
            path=path.name,
            what=Words(what),
            name=missing,
            columns=there,
        )
    if not found:
        raise DataError(
            "{path} has no {what} called {names}; its columns are: {columns}; name it with {option}",
            path=path.name,
            what=Words(what),
            names=", ".join(names),
            columns=there,
            option=f"--{what.replace(' ', '-')}",
        )
    twice = next((name for name in found if records.names.count(name) > 1), None)
    if twice is not None:
        raise DataError("{path} has the column '{name}' twice; rename one of them", path=path.name, name=twice)
