"""Questions and passages in a model's numbers: windows of a passage that overlap, each with its question before it.

They are made once and kept: the tokens of 87,599 questions take a minute to make and a second to read.
"""

import array
import bisect
import hashlib
import itertools
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import paths
from core.tasks.questions import Question, content_hash
from core.tasks.task import Example, Feature

STRIDE = 128  # tokens that a window shares with the next one, where there are as many (Devlin et al. 2019 use 128)
QUESTION = 64  # tokens of a question that are read
AT_ONCE = 1000  # questions that are tokenized together
LOG = logging.getLogger("bonsai.windows")
LAYOUT = 1  # of the files that are kept
KEPT_FROM = 200  # questions; fewer are made again as fast as they are read
COLUMNS = ("example", "first", "start", "end", "part", "cut", "ids", "begins", "ends")  # the last three of each token


@dataclass(frozen=True)
class Window(Feature):
    """Part of a passage, after its question. target: its tokens that begin and end the right answer, (0, 0) where that
    is elsewhere. first: its first token of the passage; begins, ends: where each of these lies in it."""

    first: int = 0
    begins: Sequence[int] = ()
    ends: Sequence[int] = ()
    question: Question | None = None


@dataclass(frozen=True)
class _Made:
    """A window before it knows its question."""

    example: int
    first: int
    start: int
    end: int
    part: int
    cut: bool
    ids: Sequence[int]
    begins: Sequence[int]
    ends: Sequence[int]


def windows(tokenizer: Any, found: Sequence[Example], most: int) -> list[Feature]:
    """Windows of at most `most` tokens over the passage of each question, in their order."""
    questions = [one for one in found if isinstance(one, Question)]
    if len(questions) < KEPT_FROM:
        made = list(_made(tokenizer, questions, most))
    else:
        place = paths.CACHE / "features" / f"{_key(tokenizer, questions, most)}.safetensors"
        made = _read(place) if place.is_file() else _kept(place, _made(tokenizer, questions, most))
    typed = "token_type_ids" in tokenizer.model_input_names
    return [_window(one, questions[one.example], typed) for one in made]


def _window(made: _Made, question: Question, typed: bool) -> Window:
    types = bytes(made.first) + b"\x01" * (len(made.ids) - made.first) if typed else ()
    target = made.start, made.end
    return Window(
        made.ids, made.example, target, made.cut, types, made.part, made.first, made.begins, made.ends, question
    )


def sizes(most: int) -> tuple[int, int]:
    """Of windows of so many tokens: those of a question that are read, and those that a window shares with the next."""
    limit = min(QUESTION, max(1, (most - 4) // 2))
    return limit, min(STRIDE, max(0, (most - limit - 4) // 2))


def _made(tokenizer: Any, questions: Sequence[Question], most: int) -> Iterator[_Made]:
    limit, stride = sizes(most)
    for begin in range(0, len(questions), AT_ONCE):
        some = questions[begin : begin + AT_ONCE]
        asked = [_shortened(tokenizer, one.text, limit) for one in some]
        rows = tokenizer(
            [text for text, _ in asked],
            [one.second for one in some],
            truncation="only_second",
            max_length=most,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        of = rows["overflow_to_sample_mapping"]
        for place, group in itertools.groupby(range(len(of)), key=of.__getitem__):
            for part, row in enumerate(group):
                yield _one(rows, row, some[place], (begin + place, part, asked[place][1]))


def _shortened(tokenizer: Any, text: str, limit: int) -> tuple[str, bool]:
    """The question up to its first `limit` tokens, and whether it had more."""
    cut = False
    while not (text.isascii() and len(text) <= limit):  # then no token has less than a letter
        offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        if len(offsets) <= limit:
            break
        # up to a token that ends where the first one too many begins or before: a letter may be several tokens
        text, cut = text[: max((end for _, end in offsets[:limit] if end <= offsets[limit][0]), default=0)], True
    return text, cut


def _one(rows: Any, row: int, question: Question, about: tuple[int, int, bool]) -> _Made:
    example, part, cut = about
    ids, offsets = rows["input_ids"][row], rows["offset_mapping"][row]
    belongs = rows.encodings[row].sequence_ids
    first = next((i for i, which in enumerate(belongs) if which == 1), len(ids))
    last = next((i for i in range(len(belongs) - 1, -1, -1) if belongs[i] == 1), first - 1)
    begins = array.array("i", (offsets[i][0] for i in range(first, last + 1)))
    ends = array.array("i", (offsets[i][1] for i in range(first, last + 1)))
    start, end = _target(question, begins, ends)
    found = (start + first, end + first) if end >= start else (0, 0)
    return _Made(example, first, *found, part, cut, array.array("i", ids), begins, ends)


def _target(question: Question, begins: Sequence[int], ends: Sequence[int]) -> tuple[int, int]:
    """The tokens of the window, from its first of the passage on, that hold the first right answer; (0, -1) if none."""
    if not question.label or not begins:
        return 0, -1
    start, text = question.label[0]
    end = start + len(text)
    if start < begins[0] or end > ends[-1]:
        return 0, -1
    return bisect.bisect_right(begins, start) - 1, bisect.bisect_left(ends, end)


def _key(tokenizer: Any, questions: Sequence[Question], most: int) -> str:
    written = json.loads(tokenizer.backend_tokenizer.to_str())
    about = {**written, "truncation": None, "padding": None}  # which say only how it was called last
    words = [about, most, STRIDE, QUESTION, LAYOUT, content_hash([questions])]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:24]


def _kept(place: Path, made: Iterator[_Made]) -> list[_Made]:
    """The windows, written to a file; on a disk that is full or read-only they are not kept."""
    from safetensors.numpy import save

    found = list(made)
    tensors = {name: np.array([getattr(one, name) for one in found], dtype=np.int32) for name in COLUMNS[:-3]}
    for name in COLUMNS[-3:]:
        parts = [np.asarray(getattr(one, name), dtype=np.int32) for one in found]
        tensors[name] = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        tensors[f"{name}_count"] = np.array([len(part) for part in parts], dtype=np.int32)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_name(f"{place.name}.{hashlib.sha256(str(id(found)).encode()).hexdigest()[:8]}.half")
        half.write_bytes(save(tensors))
        half.replace(place)
    except OSError as error:
        LOG.warning("the tokens of %s questions are not kept (%s)", len(found), error)
    return found


def _read(place: Path) -> list[_Made]:
    from safetensors.numpy import load_file

    tensors = load_file(place)
    parts = {name: _split(tensors[name], tensors[f"{name}_count"]) for name in COLUMNS[-3:]}
    plain = [tensors[name].tolist() for name in COLUMNS[:-3]]
    rows = zip(*plain, *(parts[name] for name in COLUMNS[-3:]), strict=True)
    return [_Made(e, first, s, t, part, bool(cut), ids, b, n) for e, first, s, t, part, cut, ids, b, n in rows]


def _split(values: Any, counts: Any) -> list[Sequence[int]]:
    ends = np.cumsum(counts).tolist()
    whole = array.array("i", values.astype(np.int32).tobytes())
    return [whole[end - count : end] for end, count in zip(ends, counts.tolist(), strict=True)]
