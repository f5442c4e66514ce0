"""Questions about passages, in the JSON layout of SQuAD: each with its right answers and their places."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import foreign
from core.answers import normalised
from core.errors import DataError, Words
from core.tasks.task import Example

MAX_BYTES = 200_000_000  # of a file, unpacked
SUFFIXES = (".json", ".json.gz")
KINDS = ("what", "who", "when", "where", "which", "why", "how many", "how much", "how")  # of questions, by their words
OTHER = "other"


@dataclass(frozen=True)
class Question(Example):
    """text: the question; second: the passage; label: the right answers, (place in the passage, text) each, none where
    the passage has no answer; id: as official files of predictions name it; title: of its article."""

    id: str = ""
    title: str = ""

    @property
    def truths(self) -> tuple[str, ...]:
        """The texts of its right answers, each once."""
        return tuple(dict.fromkeys(text for _, text in self.label))


@dataclass(frozen=True)
class Questions:
    """Those of a file, what is wrong with others, whether some have no answer (SQuAD 2.0), and what was understood of
    them and might have been meant otherwise."""

    rows: tuple[Question, ...] = ()
    problems: tuple[Words, ...] = ()
    unanswerable: bool = False
    notes: tuple[Words, ...] = ()


def kind_of(question: str) -> str:
    """What it asks for, by its question word: "who", "how many"; "other" without one."""
    words = f" {normalised(question)} "
    places = {kind: words.find(f" {kind} ") for kind in KINDS}
    found = {kind: place for kind, place in places.items() if place >= 0}
    if not found:
        return "who" if " whom " in words or " whose " in words else OTHER
    return min(found, key=lambda kind: (found[kind], -len(kind)))


def read(path: Path) -> Questions:
    """The questions of an official file, plain or gzipped. Raises DataError."""
    content = parsed(path)
    articles = content.get("data") if isinstance(content, dict) else None
    if not isinstance(articles, list):
        raise DataError(
            '{path} has no list "data" of articles, as SQuAD\'s files have; tables of texts are .csv, .tsv or .jsonl',
            path=path.name,
        )
    rows: list[Question] = []
    problems: list[Words] = []
    known: set[str] = set()
    torn: list[str] = []
    for place, entry, passage, title in _entries(articles):
        one = entry if isinstance(entry, Words) else _question(entry, passage, title, known)
        if isinstance(one, Question):
            rows.append(one)
            known.add(one.id)
            torn += [place] if one.label and entry.get("is_impossible") is True else []
        else:
            problems.append(Words("{file} {place}: {problem}", file=path.name, place=place, problem=one))
    if not rows:
        why = problems[0] if problems else Words("it holds no question")
        raise DataError("{path} has no usable question; first problem: {problem}", path=path.name, problem=why)
    said = Words(
        "{file}: {count} questions are called impossible and have answers, as {place}; the answers count",
        file=path.name,
        count=len(torn),
        place=torn[0] if torn else "",
    )
    return Questions(tuple(rows), tuple(problems), any(not row.label for row in rows), (said,) if torn else ())


def parsed(path: Path, most: int = MAX_BYTES) -> Any:
    """The JSON of a file, gzipped or not, of at most that many bytes. Raises DataError."""
    try:
        if path.stat().st_size > most:
            raise DataError("{path} is larger than {most} MB", path=path.name, most=most // 1_000_000)
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            unpacked = zlib.decompressobj(wbits=31).decompress(raw, most + 1)
            if len(unpacked) > most:
                raise DataError("{path} is larger than {most} MB", path=path.name, most=most // 1_000_000)
            raw = unpacked
        return foreign.parse(raw.decode("utf-8-sig"))
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError("there is no file {path}; is the path right?", path=path.name) from error
    except (OSError, ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            "{path} cannot be read as JSON ({why})", path=path.name, why=f"{type(error).__name__}: {error}"[:200]
        ) from error


def _entries(articles: Sequence[Any]) -> Iterator[tuple[str, Any, Any, str]]:
    """Each question with its place in the file, its passage and the title of its article; or, in a question's place,
    what is wrong with an article or a paragraph."""
    for a, article in enumerate(_dicts(articles)):
        title, paragraphs = str(article.get("title") or ""), article.get("paragraphs")
        if not isinstance(paragraphs, list):
            yield f"data[{a}]", Words('it is no article with a list "paragraphs"'), None, title
        for p, paragraph in enumerate(_dicts(paragraphs)):
            place, questions = f"data[{a}].paragraphs[{p}]", paragraph.get("qas")
            if not isinstance(questions, list):
                yield place, Words('it is no paragraph with a list "qas" of questions'), None, title
            for q, entry in enumerate(_dicts(questions)):
                yield f"{place}.qas[{q}]", entry, paragraph.get("context"), title


def _dicts(values: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty one in place of what is none, so that the numbers of places stay right."""
    return [one if isinstance(one, dict) else {} for one in values] if isinstance(values, list) else []


def _question(entry: Mapping[str, Any], passage: Any, title: str, known: set[str]) -> Question | Words:
    """The question, or what is wrong with it."""
    name, text = entry.get("id"), entry.get("question")
    if passage is not None and not isinstance(passage, str):
        return Words("the passage is no text but {said}", said=json.dumps(passage)[:40])
    if text is not None and not isinstance(text, str):
        return Words("the question is no text but {said}", said=json.dumps(text)[:40])
    if not isinstance(passage, str) or not passage.strip():
        return Words("the passage is empty")
    if not isinstance(text, str) or not text.strip():
        return Words("the question is empty")
    if not isinstance(name, str | int) or name == "":
        return Words("the question has no id")
    if str(name) in known:
        return Words("the id '{id}' is there already", id=str(name))
    answers = _answers(entry.get("answers"))
    if answers is None:
        return Words(
            "the answers of the question '{id}' are no list like {example}",
            id=str(name),
            example='[{"text": "Paris", "answer_start": 12}]',
        )
    if not answers and "is_impossible" in entry:
        label: tuple[tuple[int, str], ...] = ()
    elif not answers:
        return Words("the question '{id}' has no answers", id=str(name))
    else:
        label = tuple(found for one in answers if (found := _placed(one, passage)) is not None)
        said = str(answers[0].get("text") or "").strip()[:60]
        if not label and not said:
            return Words("the answer of the question '{id}' is empty", id=str(name))
        if not label:
            return Words("the answer '{answer}' of question '{id}' is not in its passage", answer=said, id=str(name))
    return Question(text.strip(), label, kind_of(text), passage, str(name), title)


def _answers(said: Any) -> list[Mapping[str, Any]] | None:
    """The answers of a question, in the layout of the files or of the tables of the hub; None where it is neither."""
    if isinstance(said, dict) and isinstance(said.get("text"), list) and isinstance(said.get("answer_start"), list):
        pairs = zip(said["text"], said["answer_start"], strict=False)
        return [{"text": text, "answer_start": start} for text, start in pairs]
    if said is None:
        return []
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        return None
    return said


def _placed(answer: Mapping[str, Any], passage: str) -> tuple[int, str] | None:
    """Where the answer begins, as it is said or, where that is wrong, the nearest place; None where it is nowhere."""
    text, start = answer.get("text"), answer.get("answer_start")
    if not isinstance(text, str) or not text.strip() or text not in passage:
        return None
    start = start if isinstance(start, int) else 0
    if passage[start : start + len(text)] == text and start >= 0:
        return start, text
    places, place = [], passage.find(text)
    while place >= 0:
        places.append(place)
        place = passage.find(text, place + 1)
    return min(places, key=lambda one: abs(one - start)), text


def content_hash(parts: Sequence[Sequence[Question]]) -> str:
    """16 hex digits that stand for the questions, their passages and answers, in order."""
    total = hashlib.sha256()
    for part in parts:
        passage = None
        for one in part:
            same, passage = one.second == passage, one.second
            row = [one.id, one.text, one.label, None if same else one.second]
            total.update(json.dumps(row, ensure_ascii=False).encode())
        total.update(b"|")
    return total.hexdigest()[:16]
