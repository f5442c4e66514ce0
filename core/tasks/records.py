"""Records of CSV, TSV and JSONL files as people have them; one that cannot be read is named with its line, and no more
is lost with it.

A stray quotation mark opens a field that would swallow the lines up to the next one. So each line is read alone first;
only where a quotation is left open are the following lines taken in, and where these look like records of their own the
quotation mark was a stray one.
"""

import bisect
import collections
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import foreign
from core.errors import DataError, Words

Record = dict[str, object] | Words
Lines = Sequence[str]
TEXTS = ("text", "sentence", "review", "content", "phrase", "tweet", "comment", "premise", "question", "sentence1")
LABELS = (
    *("label", "labels", "sentiment", "class", "target", "category"),
    *("intent", "gold_label", "quality", "stars", "rating", "score", "polarity"),
)
# what the two texts of a pair are called
PAIRS = (
    *(("sentence1", "sentence2"), ("text1", "text2"), ("text_a", "text_b"), ("text", "text_pair")),
    *(("question", "sentence"), ("question1", "question2"), ("premise", "hypothesis"), ("#1 string", "#2 string")),
)
KNOWN = {*TEXTS, *LABELS, *(name for pair in PAIRS for name in pair)}
MAX_BYTES = 200_000_000
FEW = 0.01  # share of lines that may be wrong in a file whose quotation marks a program wrote
ALIKE = 0.5  # share of swallowed lines that look like records, from which the quotation mark was a stray one
DELIMITERS = {".csv": (",", ";", "\t"), ".tsv": ("\t",)}


@dataclass(frozen=True)
class Records:
    """The columns of a file, a record or what is wrong for each line that begins one, and what was understood.

    names: of the columns; "1", "2", ... in a file without a header.
    """

    names: tuple[str, ...]
    found: tuple[tuple[int, Record], ...]
    notes: tuple[Words, ...] = ()


@dataclass
class _Values:
    """The values of each column in the lines that are whole records, to tell what else looks like one."""

    columns: list[collections.Counter[str]] = field(default_factory=list)

    def add(self, row: Sequence[str]) -> None:
        if not self.columns:
            self.columns = [collections.Counter() for _ in row]
        for counter, value in zip(self.columns, row, strict=True):
            counter[value] += 1

    def look_like(self, row: Sequence[str]) -> bool:
        """Has a row so many columns, and in one of them a value that many records have, such as a label?"""
        if len(row) != len(self.columns):
            return False
        return any(counter[value] > 1 for counter, value in zip(self.columns, row, strict=True))


def read_records(path: Path) -> Records:
    """The records of a .csv, .tsv or .jsonl file. Raises DataError where it cannot be read as a whole."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DataError(
            "{path} is not a file; give a .csv, .tsv or .jsonl file with a text and a label column", path=path
        )
    if suffix not in (*DELIMITERS, ".jsonl"):
        raise DataError("{path} is not .csv, .tsv or .jsonl; save the table in one of these formats", path=path.name)
    lines = read_lines(path)
    return _json_lines(lines) if suffix == ".jsonl" else _delimited(lines, DELIMITERS[suffix])


def read_lines(path: Path) -> list[str]:
    """The lines with their ends, of UTF-8 or, where the file begins with its mark, UTF-16. Raises DataError."""
    if path.stat().st_size > MAX_BYTES:
        raise DataError(
            "{path} has {mb:.0f} MB; at most {most_mb:.0f} MB are read",
            path=path.name,
            mb=path.stat().st_size / 1e6,
            most_mb=MAX_BYTES / 1e6,
        )
    content = path.read_bytes()
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            "{path} is not UTF-8 (byte {start}); save it as UTF-8", path=path.name, start=error.start
        ) from None
    return io.StringIO(text, newline="").readlines()


def json_records(lines: Lines) -> list[tuple[int, Record]]:
    """The object of each line of JSONL, or what is wrong with it; empty lines are left out."""
    found: list[tuple[int, Record]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = foreign.parse(line)
        except ValueError:
            found.append((number, Words("is not JSON")))
            continue
        array = Words("is one array; write one object a line")
        wrong = array if isinstance(record, list) else Words("is not a JSON object")
        found.append((number, record if isinstance(record, dict) else wrong))
    return found


def _json_lines(lines: Lines) -> Records:
    found = json_records(lines)
    names = dict.fromkeys(name for _, record in found if isinstance(record, dict) for name in record)
    return Records(tuple(names), tuple(found))


def _delimited(lines: Lines, delimiters: Sequence[str]) -> Records:
    delimiter = max(delimiters, key=lambda one: (lines[0].count(one) > 0, -delimiters.index(one))) if lines else ","
    notes: list[Words] = []
    if delimiter != delimiters[0]:
        notes.append(Words("its columns are separated by {delimiter}", delimiter=repr(delimiter)))
    marked = any('"' in line for line in lines)
    rows = list(_quoted(lines, delimiter) if marked or delimiter != "\t" else _plain(lines, delimiter))
    if marked and delimiter == "\t":
        if _is_quoted(rows, lines, delimiter):
            notes.append(Words("quotation marks are read as pandas and Excel write them"))
        else:
            rows = list(_plain(lines, delimiter))
            notes.append(Words("quotation marks belong to the text"))
    whole = [row for _, row in rows if not isinstance(row, Words)]
    if not whole:
        return Records((), tuple((line, row) for line, row in rows if isinstance(row, Words)), tuple(notes))
    names, headless = _header(whole)
    if headless:
        notes.append(Words("it has no header; its columns are called by their numbers"))
    found = [(line, _record(row, names)) for line, row in rows]
    return Records(names, tuple(found if headless else found[1:]), tuple(notes))


def _record(row: Sequence[str] | Words, names: Sequence[str]) -> Record:
    if isinstance(row, Words):
        return row
    if len(row) != len(names):
        return Words("{count} columns where the header has {wanted}", count=len(row), wanted=len(names))
    return dict(zip(names, row, strict=True))


def _header(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], bool]:
    """The names of the columns, and whether these are numbers since the first row is a record like the others.

    It is where one of its values is a number, or comes again in its column; pandas numbers columns without names.
    """
    first, rest = [name.strip() for name in rows[0]], rows[1:]
    counted = [name for name in first if name] == [str(place) for place in range(sum(map(bool, first)))]
    if counted or any(name.lower() in KNOWN for name in first):
        return tuple(first), False
    alike = [row for row in rest if len(row) == len(first)]
    again = any(name and any(row[place].strip() == name for row in alike) for place, name in enumerate(first))
    if again or any(name.replace(".", "", 1).isdecimal() for name in first):
        return tuple(str(place + 1) for place in range(len(first))), True
    return tuple(first), False


def _plain(lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | Words]]:
    """Rows whose quotation marks belong to the text, as GLUE has them."""
    for number, line in enumerate(lines, 1):
        if line.strip("\r\n"):
            yield number, line.rstrip("\r\n").split(delimiter)


def _quoted(lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | Words]]:
    """Rows as the csv module reads them; of a quotation that does not end where it should, only the line is lost."""
    values, alone = _Values(), [_parsed([line], delimiter) for line in lines]
    width = next((len(row) for row in alone if row), 0)
    for row in alone:
        if row and len(row) == width:
            values.add(row)
    odd = [number for number, line in enumerate(lines) if line.count('"') % 2]
    place = 0
    while place < len(lines):
        row = alone[place]
        if row is not None:
            if row:
                yield place + 1, row
            place += 1
            continue
        after = bisect.bisect_right(odd, place)
        end = odd[after] if after < len(odd) else None
        joined = _parsed(lines[place : end + 1], delimiter) if end is not None else None
        if end is not None and joined and not _stray(lines[place : end + 1], delimiter, values):
            yield place + 1, joined
            place = end + 1
            continue
        yield place + 1, _broken(place, end, len(lines))
        place += 1


def _broken(place: int, end: int | None, total: int) -> Words:
    last = total if end is None else end + 1
    return Words(
        "a quotation mark is opened and not closed ({lines} lines to line {last} would be one text)",
        lines=last - place,
        last=last,
    )


def _stray(lines: Lines, delimiter: str, values: _Values) -> bool:
    """Would the quotation swallow lines that look like records of their own?"""
    alike = sum(values.look_like(line.rstrip("\r\n").replace('"', "").split(delimiter)) for line in lines)
    inside = sum(
        bool(row) and values.look_like(row) for line in lines[1:-1] for row in [_parsed([line], delimiter) or []]
    )
    return inside > 0 or alike >= max(2, ALIKE * len(lines))


def _parsed(lines: Lines, delimiter: str) -> list[str] | None:
    """The only row of these lines; [] where they are empty; None where quotation marks are not as they should be."""
    csv.field_size_limit(10_000_000)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None if rows else []


def _is_quoted(rows: Sequence[tuple[int, list[str] | Words]], lines: Lines, delimiter: str) -> bool:
    """Did a program write the quotation marks, around fields that need them, or do they belong to the text?

    rows: what `_quoted` makes of the lines.
    """
    failed = sum(isinstance(row, Words) for _, row in rows)
    ends = [*(number for number, _ in rows[1:]), len(lines) + 1]
    several = sum(
        end - number > 1 and not isinstance(row, Words) for (number, row), end in zip(rows, ends, strict=True)
    )
    doubled = sum('""' in line and any(part[:1] == '"' for part in line.split(delimiter)) for line in lines)
    whole = all(part.startswith('"') for part in lines[0].rstrip("\r\n").split(delimiter))
    return whole or (several + doubled > failed and failed <= FEW * len(lines))
