"""Answers that somebody else's model gave, in the official format {id: text}, scored as SQuAD's script scores them.

Where some questions have no answer (SQuAD 2.0), these and the others are also scored apart; and with the official {id:
how probable it is that there is none}, what is more probable than a threshold counts as answered so.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.answers import score
from core.errors import ConfigError, DataError
from core.metrics import EXACT, MEAN_F1, Sample
from core.models.head import SPAN
from core.result import Interval, figure
from core.summary import percent
from core.tasks import load_task
from core.tasks.own_questions import has_questions
from core.tasks.questions import Question, parsed, read
from core.tasks.task import Origin

MAX_BYTES = 100_000_000
USUAL = 1.0  # beyond which probability a question counts as answered with nothing
PARTS = {"HasAns": True, "NoAns": False}  # as the official script calls them: has a question an answer?


@dataclass(frozen=True)
class Scored:
    """Exact match and F1 over all questions; how many had no prediction, and how many predictions no question.

    parts: both of the questions with an answer, HasAns, and of those without, NoAns, where there are any of the latter.
    """

    exact: Interval
    f1: Interval
    missing: int
    strange: int
    parts: Mapping[str, tuple[Interval, Interval]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, in percent like the official script's."""
        parts = {
            f"{name}_{key}": value
            for name, (exact, f1) in self.parts.items()
            for key, value in (("exact", 100 * exact.value), ("f1", 100 * f1.value), ("total", f1.n))
        }
        return {
            **parts,
            "exact_match": 100 * self.exact.value,
            "f1": 100 * self.f1.value,
            "exact_match_95": [100 * self.exact.low, 100 * self.exact.high],
            "f1_95": [100 * self.f1.low, 100 * self.f1.high],
            "total": self.f1.n,
            "missing": self.missing,
            "without_a_question": self.strange,
        }


def words(found: Scored) -> str:
    """Two lines for a terminal, and two more for each part."""
    width = 12 if found.parts else 9
    rows = {"": (found.exact, found.f1), **{f"{name} ": part for name, part in found.parts.items()}}
    lines = [
        f"{f'{name}F1':{width}} {percent(f1)}\n{f'{name}exact':{width}} {percent(exact)}   of {f1.n:,} questions"
        for name, (exact, f1) in rows.items()
    ]
    return "\n".join(lines)


def scored(origin: Origin, predictions: Path, na_probs: Path | None = None, na_threshold: float = USUAL) -> Scored:
    """Score a file of predictions on a task's validation questions, or on all of a file of one's own.

    na_probs: a file of how probable it is that there is no answer, any number by id; beyond na_threshold the prediction
    counts as saying so. Raises DataError, ConfigError.
    """
    if not math.isfinite(na_threshold):
        raise ConfigError("na-prob-thresh={value:g} is not allowed; it takes a number", value=na_threshold)
    if na_probs is None and na_threshold != USUAL:
        raise ConfigError("na-prob-thresh is for a file of probabilities; name it with --na-prob-file")
    own = Path(origin.task).expanduser()
    said, unsure = _read(predictions), _probabilities(na_probs) if na_probs else {}
    questions = read(own).rows if own.is_file() and has_questions(own) else _validation(origin)
    if na_probs and (lacking := [one.id for one in questions if one.id in said and one.id not in unsure]):
        raise DataError(
            "{path} has no probability for '{id}', which has a prediction; it needs one for each of them",
            path=na_probs.name,
            id=lacking[0],
        )
    return _scored(questions, said, {one for one, probability in unsure.items() if probability > na_threshold})


def _validation(origin: Origin) -> Sequence[Question]:
    task = load_task(origin)
    if task.head is not SPAN:
        raise ConfigError(
            "'{task}' has no questions about passages; score is for squad, passages and such files of your own",
            task=task.name,
        )
    return [one for one in task.validation if isinstance(one, Question)]


def _scored(questions: Sequence[Question], said: dict[str, str], silent: Collection[str]) -> Scored:
    truths = {one.id: [text for _, text in one.label] for one in questions}
    values = score(truths, said, silent)
    exact, f1 = _figures(values, range(len(truths)))
    has = {name: [i for i, one in enumerate(truths.values()) if bool(one) == wanted] for name, wanted in PARTS.items()}
    parts = {name: _figures(values, places) for name, places in has.items() if places} if has["NoAns"] else {}
    missing, strange = len(truths.keys() - said.keys()), len(said.keys() - truths.keys())
    return Scored(exact, f1, missing, strange, parts)


def _figures(values: tuple[list[float], list[float]], places: Sequence[int]) -> tuple[Interval, Interval]:
    """Exact match and F1 of these questions."""
    exact, f1 = (Sample(tuple(one[place] for place in places)) for one in values)
    return figure(exact, EXACT), figure(f1, MEAN_F1)


def _read(path: Path) -> dict[str, str]:
    """An answer for each id."""
    values = parsed(path, MAX_BYTES)
    if not isinstance(values, dict):
        raise DataError(
            "{path} is no object of an answer for each id, as in {example}", path=path.name, example='{"id": "text"}'
        )
    wrong = next((name for name, text in values.items() if not isinstance(text, str)), None)
    if wrong is not None:
        raise DataError(
            "{path} has no text for '{id}' but {value}; each id needs its answer as a text",
            path=path.name,
            id=wrong,
            value=json.dumps(values[wrong])[:60],
        )
    return values


def _probabilities(path: Path) -> dict[str, float]:
    """A probability for each id."""
    values = parsed(path, MAX_BYTES)
    if not isinstance(values, dict):
        raise DataError(
            "{path} is no object of a number for each id, as in {example}", path=path.name, example='{"id": 0.3}'
        )
    wrong = next((name for name, value in values.items() if not _is_number(value)), None)
    if wrong is not None:
        raise DataError(
            "{path} has no number for '{id}' but {value}; each id needs how probable it is that it has no answer",
            path=path.name,
            id=wrong,
            value=json.dumps(values[wrong])[:60],
        )
    return {str(name): float(one) for name, one in values.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
