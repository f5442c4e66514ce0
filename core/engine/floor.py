"""The floor: what a bag of words reaches on a task, below which a BERT is not worth its milliseconds.

TF-IDF of one and two words and a logistic regression, both of scikit-learn as they come: nothing is chosen by the
validation examples. It is kept beside the results of its task, as JSON.
"""

import dataclasses
import json
import math
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from core import foreign
from core.engine.store import Store, write_atomically
from core.installation import measuring, now
from core.metrics import Sample
from core.models.head import SEQUENCE
from core.result import Quality, figure, quality_from_json, quality_to_json
from core.tasks.task import Example, Task

SCHEMA = 1
MOST = 100_000  # training examples: the first so many
TIMED = 200  # sentences, one at a time
ROUNDS = 200  # of the regression, at most


@dataclass(frozen=True)
class Floor:
    """quality: on the validation examples. ms: median of one sentence. bytes: of vocabulary and coefficients in fp32.

    features: words and pairs of words. train: examples it was trained on.
    """

    quality: Quality
    ms: float
    bytes: int
    features: int
    train: int


def has_floor(task: Task) -> bool:
    """Are its answers one class a text, and are there examples of two classes and more to train on?"""
    return task.head is SEQUENCE and bool(task.validation) and len({task.right(one) for one in task.train}) > 1


def measure(task: Task) -> Floor:
    """Train and evaluate it. Raises ValueError where `has_floor` says no, or where the texts have no words."""
    from sklearn.exceptions import ConvergenceWarning  # a second to import
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if not has_floor(task):
        raise ValueError(f"'{task.name}' has no classes to learn")
    started, train = time.perf_counter(), task.train[:MOST]
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b|[^\w\s]")
    bag = make_pipeline(words, LogisticRegression(max_iter=ROUNDS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a regression that was stopped is what it is
        bag.fit([_text(one) for one in train], [task.right(one) for one in train])
    texts, truths = [_text(one) for one in task.validation], [task.right(one) for one in task.validation]
    answers = [str(one) for one in bag.predict(texts)]
    shares = dict(zip(map(str, bag.classes_), bag.predict_proba(texts).T, strict=True))
    losses = [-math.log(max(float(shares[t][i]), 1e-12)) if t in shares else math.inf for i, t in enumerate(truths)]
    quality = _quality(task, answers, truths, [loss for loss in losses if math.isfinite(loss)], started)
    regression = bag[-1]
    size = len(json.dumps(words.vocabulary_, ensure_ascii=False).encode())
    size += 4 * (words.idf_.size + regression.coef_.size + regression.intercept_.size)
    return Floor(quality, _milliseconds(bag, texts), size, len(words.vocabulary_), len(train))


def _text(example: Example) -> str:
    return " ".join(example.texts)


def _milliseconds(bag: Any, texts: list[str]) -> float:
    times = []
    for text in texts[:TIMED]:
        began = time.perf_counter()
        bag.predict([text])
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def _quality(task: Task, answers: list[str], truths: list[str], losses: list[float], started: float) -> Quality:
    scores = tuple(float(a == t) for a, t in zip(answers, truths, strict=True))
    sample = Sample(scores, tuple(answers), tuple(truths))
    parts = task.kinds(task.validation, sample)
    return Quality(
        metric=task.metric,
        interval=figure(sample, task.metric),
        loss=fmean(losses) if losses else math.nan,
        kinds={kind: figure(part, task.metric) for kind, part in parts.items()},
        answers=sample.answers,
        scores=scores,
        precision="fp64",
        seconds=time.perf_counter() - started,
        environment=measuring(),
        measured_at=now(),
    )


def keep(task: Task, store: Store) -> Floor | None:
    """The stored one, or a measured one; None where the task can have none."""
    if not has_floor(task):
        return None
    known = read(task.data, task.metric, store)
    if known is not None:
        return known
    try:
        found = measure(task)
    except ValueError:  # texts without a single word
        return None
    write_atomically(_path(store.folder, task.data, task.metric), json.dumps(_to_json(found)).encode())
    return found


def read(data: str, metric: str, store: Store) -> Floor | None:
    """That of the examples with this hash, where it is stored and can be read."""
    for folder in (store.folder, *store.recorded):
        path = _path(folder, data, metric)
        try:
            values = foreign.parse(path.read_text(encoding="utf8"))
            if values["schema"] == SCHEMA:
                return _from_json(values)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _path(folder: Path, data: str, metric: str) -> Path:
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{data}-{metric}")
    return folder / "floors" / f"{name}.json"


def _to_json(floor: Floor) -> dict[str, Any]:
    return {"schema": SCHEMA, **dataclasses.asdict(floor), "quality": quality_to_json(floor.quality)}


def _from_json(values: dict[str, Any]) -> Floor:
    fields = {name: values[name] for name in ("ms", "bytes", "features", "train")}
    return Floor(quality_from_json(values["quality"]), **fields)
