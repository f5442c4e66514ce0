"""Sentences whose words have tags, as CoNLL's files and JSONL have them; the line of each that is of no use."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from core import foreign
from core.errors import Words
from core.tasks.records import json_records, read_lines
from core.tasks.spans import decoded, is_tag
from core.tasks.tables import Row, Table, gathered

CONLL = (".conll", ".bio", ".iob", ".iob2", ".iobes")
TOKENS = ("tokens", "words")
TAGS = ("tags", "ner_tags", "labels", "ner", "entities")
BREAK = "-DOCSTART-"


def is_tagged(path: Path) -> bool:
    """Is it a file of words with tags? By its name, or, of JSONL, by its first object."""
    if path.suffix.lower() in CONLL:
        return True
    if path.suffix.lower() != ".jsonl" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = next((line for line in file if line.strip()), "")
    try:
        record = foreign.parse(first)
    except ValueError:
        return False
    return isinstance(record, dict) and _column(record, TOKENS) != "" and _column(record, TAGS) != ""


def read_tagged(path: Path) -> Table:
    """The sentences of a .conll (.bio, .iob, ...) or .jsonl file. Raises DataError where none is usable."""
    lines = read_lines(path)
    if path.suffix.lower() != ".jsonl":
        return dataclasses.replace(gathered(path, _column_rows(lines)), tagged=True)
    found = ((line, one if isinstance(one, Words) else _from_record(one)) for line, one in json_records(lines))
    return dataclasses.replace(gathered(path, found), tagged=True)


def _sentence(words: Sequence[str], tags: Sequence[str], kind: str = "") -> Row | Words:
    if len(words) != len(tags):
        return Words("{words} words and {tags} tags", words=len(words), tags=len(tags))
    wrong = next((tag for tag in tags if not is_tag(tag)), None)
    if wrong is not None:
        return Words("'{tag}' is no tag; tags are O, or B-TYPE, I-TYPE, E-TYPE and S-TYPE", tag=wrong)
    return Row(" ".join(words), "", kind, words=tuple(words), spans=tuple(decoded(tags)))


def _column_rows(lines: Sequence[str]) -> Iterator[tuple[int, Row | Words]]:
    """Sentences between empty lines: of each line the first column is the word, the last one its tag."""
    begun, rows = 0, list[list[str]]()
    for number, line in enumerate([*lines, ""], 1):
        columns = line.split("\t") if "\t" in line else line.split()
        columns = [column.strip() for column in columns]
        if any(columns) and columns[0] != BREAK and not (len(columns) != 1 and line.startswith("# ")):
            begun = begun or number
            rows.append(columns)
            continue
        if rows:
            yield begun, _from_columns(rows)
        begun, rows = (0, []) if not line.startswith("# ") else (begun, rows)


def _from_columns(rows: Sequence[Sequence[str]]) -> Row | Words:
    if any(len(row) < 2 for row in rows):
        return Words("a word has no tag")
    return _sentence([row[0] for row in rows], [row[-1] for row in rows])


def _from_record(record: dict[str, object]) -> Row | Words:
    words, tags = record.get(_column(record, TOKENS)), record.get(_column(record, TAGS))
    if not isinstance(words, list) or not isinstance(tags, list):
        return Words("it needs a list of {words} and one of {tags}", words=TOKENS[0], tags=TAGS[0])
    if any(isinstance(tag, int) for tag in tags):
        return Words("its tags are numbers; write their names, such as B-PER")
    return _sentence(list(map(str, words)), list(map(str, tags)), str(record.get("kind") or ""))


def _column(record: dict[str, object], names: Sequence[str]) -> str:
    return next((name for name in names if isinstance(record.get(name), list)), "")
