"""Labelled text from CSV, TSV and JSONL files; a row that cannot be used is reported with its line."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError

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
    problems: tuple[str, ...]


def read_table(path: Path, text_column: str = "", label_column: str = "") -> Table:
    """Read labelled text; columns are named or detected (text, sentence, ... / label, sentiment, ...)."""
    if not path.is_file():
        raise DataError(f"{path} is not a file; give a .csv, .tsv or .jsonl file with a text and a label column")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(
            f"{path.name} has {path.stat().st_size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read"
        )
    readers = {".csv": _delimited, ".tsv": _delimited, ".jsonl": _json_lines}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path.name} is not .csv, .tsv or .jsonl; save the table in one of these formats")
    records = readers[path.suffix.lower()](path)
    rows: list[Row] = []
    problems: list[str] = []
    columns: tuple[str, str] | None = None
    for line, record in records:
        if isinstance(record, str):
            problems.append(f"{path.name} line {line}: {record}")
            continue
        if columns is None:
            columns = _columns(path, record, text_column, label_column)
        text, label = (str(record.get(name) if record.get(name) is not None else "").strip() for name in columns)
        if not text or not label:
            problems.append(f"{path.name} line {line}: the {columns[0] if not text else columns[1]} is empty")
            continue
        rows.append(Row(text, label, str(record.get("kind") or "")))
    if not rows:
        raise DataError(f"{path.name} has no usable row" + (f"; first problem: {problems[0]}" if problems else ""))
    return Table(tuple(rows), tuple(problems))


def _columns(path: Path, record: dict[str, object], text: str, label: str) -> tuple[str, str]:
    found = []
    for wanted, names, what in ((text, TEXT_NAMES, "text"), (label, LABEL_NAMES, "label")):
        lower = {name.lower(): name for name in record}
        candidates = [wanted] if wanted else [lower[name] for name in names if name in lower]
        if not candidates or candidates[0] not in record:
            named = f"'{wanted}'" if wanted else f"called {', '.join(names)}"
            raise DataError(f"{path.name} has no {what} column {named}; its columns are: {', '.join(record)}")
        found.append(candidates[0])
    return found[0], found[1]


def _delimited(path: Path) -> Iterator[tuple[int, dict[str, object] | str]]:
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
                yield start, f"cannot be read ({error})"
                continue
            if head is None:
                head = [name.strip() for name in record]
            elif record and len(record) != len(head):
                yield start, f"{len(record)} columns where the header has {len(head)}"
            elif record:
                yield start, dict(zip(head, record, strict=True))


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, object] | str]]:
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError:
                yield number, "is not JSON"
                continue
            yield number, record if isinstance(record, dict) else "is not a JSON object"


def _open(path: Path) -> io.StringIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
