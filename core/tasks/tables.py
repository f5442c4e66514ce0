"""Labelled text from CSV, TSV and JSONL files; a row that cannot be used is reported with its line."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError, Words

TEXT_NAMES = ("text", "sentence", "review", "content", "phrase")
LABEL_NAMES = ("label", "labels", "sentiment", "class", "target", "category")
MAX_BYTES = 200_000_000


@dataclass(frozen=True)
class Row:
    """One labelled text; kind is "" where the file has none."""

    text: str
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """The usable rows of a file and a sentence for each row that is not."""

    rows: tuple[Row, ...]
    problems: tuple[Words, ...]


def read_table(path: Path, text_column: str = "", label_column: str = "") -> Table:
    """Read labelled text; columns are named or detected (text, sentence, ... / label, sentiment, ...)."""
    if not path.is_file():
        raise DataError(
            "{path} is not a file; give a .csv, .tsv or .jsonl file with a text and a label column", path=path
        )
    if path.stat().st_size > MAX_BYTES:
        raise DataError(
            "{path} has {mb:.0f} MB; at most {most_mb:.0f} MB are read",
            path=path.name,
            mb=path.stat().st_size / 1e6,
            most_mb=MAX_BYTES / 1e6,
        )
    readers = {".csv": _delimited, ".tsv": _delimited, ".jsonl": _json_lines}
    if path.suffix.lower() not in readers:
        raise DataError("{path} is not .csv, .tsv or .jsonl; save the table in one of these formats", path=path.name)
    records = readers[path.suffix.lower()](path)
    rows: list[Row] = []
    problems: list[Words] = []
    columns: tuple[str, str] | None = None
    for line, record in records:
        if isinstance(record, Words):
            problems.append(Words("{file} line {line}: {problem}", file=path.name, line=line, problem=record))
            continue
        if columns is None:
            columns = _columns(path, record, text_column, label_column)
        text, label = (str(record.get(name) if record.get(name) is not None else "").strip() for name in columns)
        if not text or not label:
            empty = Words("the {column} is empty", column=columns[0] if not text else columns[1])
            problems.append(Words("{file} line {line}: {problem}", file=path.name, line=line, problem=empty))
            continue
        rows.append(Row(text, label, str(record.get("kind") or "")))
    if not rows:
        if problems:
            raise DataError("{path} has no usable row; first problem: {problem}", path=path.name, problem=problems[0])
        raise DataError("{path} has no usable row", path=path.name)
    return Table(tuple(rows), tuple(problems))


def _columns(path: Path, record: dict[str, object], text: str, label: str) -> tuple[str, str]:
    found = []
    for wanted, names, what in ((text, TEXT_NAMES, "text column"), (label, LABEL_NAMES, "label column")):
        lower = {name.lower(): name for name in record}
        candidates = [wanted] if wanted else [lower[name] for name in names if name in lower]
        if not candidates or candidates[0] not in record:
            there = ", ".join(record)
            if wanted:
                raise DataError(
                    "{path} has no {what} '{name}'; its columns are: {columns}",
                    path=path.name,
                    what=Words(what),
                    name=wanted,
                    columns=there,
                )
            raise DataError(
                "{path} has no {what} called {names}; its columns are: {columns}",
                path=path.name,
                what=Words(what),
                names=", ".join(names),
                columns=there,
            )
        found.append(candidates[0])
    return found[0], found[1]


def _delimited(path: Path) -> Iterator[tuple[int, dict[str, object] | Words]]:
    csv.field_size_limit(min(sys.maxsize, 10_000_000))
    tabs = path.suffix.lower() == ".tsv"
    with _open(path) as lines:
        # a TSV of this field is not quoted: a lone quotation mark belongs to the sentence
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.reader(lines, strict=True)
        head: list[str] | None = None
        while True:
            start = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield start, Words("cannot be read ({why})", why=str(error))
                continue
            if head is None:
                head = [name.strip() for name in record]
            elif record and len(record) != len(head):
                yield start, Words("{count} columns where the header has {wanted}", count=len(record), wanted=len(head))
            elif record:
                yield start, dict(zip(head, record, strict=True))


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, object] | Words]]:
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError:
                yield number, Words("is not JSON")
                continue
            yield number, record if isinstance(record, dict) else Words("is not a JSON object")


def _open(path: Path) -> io.StringIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise DataError(
            "{path} is not UTF-8 (byte {start}); save it as UTF-8", path=path.name, start=error.start
        ) from None
