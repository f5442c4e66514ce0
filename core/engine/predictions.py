"""Answers that somebody else's model gave, in the official format {id: text}, scored as SQuAD's script scores them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
from core.tasks.questions import Question, read
from core.tasks.task import Origin

MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class Scored:
    """Exact match and F1 over all questions; how many had no prediction, and how many predictions no question."""

    exact: Interval
    f1: Interval
    missing: int
    strange: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, in percent like the official script's."""
        return {
            "exact_match": 100 * self.exact.value,
            "f1": 100 * self.f1.value,
            "exact_match_95": [100 * self.exact.low, 100 * self.exact.high],
            "f1_95": [100 * self.f1.low, 100 * self.f1.high],
            "total": self.f1.n,
            "missing": self.missing,
            "without_a_question": self.strange,
        }


def words(found: Scored) -> str:
    """Two lines for a terminal."""
    return f"F1        {percent(found.f1)}\nexact     {percent(found.exact)}   of {found.f1.n:,} questions"


def scored(origin: Origin, predictions: Path) -> Scored:
    """Score a file of predictions on a task's validation questions, or on all of a file of one's own.

    Raises DataError, ConfigError.
    """
    own = Path(origin.task).expanduser()
    said = _read(predictions)
    return _scored(read(own).rows if own.is_file() and has_questions(own) else _validation(origin), said)


def _validation(origin: Origin) -> Sequence[Question]:
    task = load_task(origin)
    if task.head is not SPAN:
        raise ConfigError(
            "'{task}' has no questions about passages; score is for squad, passages and such files of your own",
            task=task.name,
        )
    return [one for one in task.validation if isinstance(one, Question)]


def _scored(questions: Sequence[Question], said: dict[str, str]) -> Scored:
    truths = {one.id: [text for _, text in one.label] for one in questions}
    exact, f1 = score(truths, said)
    missing, strange = len(truths.keys() - said.keys()), len(said.keys() - truths.keys())
    return Scored(figure(Sample(tuple(exact)), EXACT), figure(Sample(tuple(f1)), MEAN_F1), missing, strange)


def _read(path: Path) -> dict[str, str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError("{path} is larger than {most} MB", path=path.name, most=MAX_BYTES // 1_000_000)
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            "{path} cannot be read as JSON ({why})", path=path.name, why=f"{type(error).__name__}: {error}"[:200]
        ) from error
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise DataError(
            "{path} is no object of an answer for each id, as in {example}", path=path.name, example='{"id": "text"}'
        )
    return values
