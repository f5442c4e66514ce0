"""Quality of a model on a task in any runtime, streamed batch by batch with a running value and interval."""

import bisect
import collections
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean

from core import metrics
from core.control import held_up
from core.installation import measuring, now
from core.metrics import Sample
from core.result import Interval, Quality, figure
from core.runtimes.runtime import Session
from core.spec import SHORT
from core.tasks.task import Feature, Outcome, Task

CLOSE = 0.2  # margin of two answers within which bf16 may choose the other one: none did beyond it on a model of chance
QUICK = 500  # resamples of an interval that the next batch replaces


@dataclass(frozen=True)
class Running:
    """The score so far; total is the number of examples in the end."""

    interval: Interval
    total: int


def evaluate(
    session: Session,
    task: Task,
    features: Sequence[Feature],
    *,
    pad: int,
    on_batch: Callable[[Running], None] = lambda running: None,
    cancelled: Callable[[], bool] = lambda: False,
    on_end: Callable[[Sequence[Outcome]], None] = lambda outcomes: None,
) -> Quality:
    """Answer every validation example, in batches of similar length and as many at a time as the runtime can.

    What is too close to call in less than fp32 is asked again in fp32 (Session.exact), so that the answers are its own.
    features: what task.encode made of task.validation. on_end: gets the outcome of every example, in order. Raises
    Cancelled.
    """
    started = time.monotonic()
    parts: dict[int, list[Outcome]] = collections.defaultdict(list)
    whole: dict[int, Outcome] = {}

    def ask(batch: list[Feature]) -> list[Outcome]:
        inputs = task.collate(batch, pad)
        answer = session.exact if task.exact and session.exact is not None else session.answer
        found = task.outcomes(answer(inputs), inputs, batch)
        close = [place for place, outcome in enumerate(found) if not outcome.margin >= CLOSE]
        if session.exact is not None and close:
            some = [batch[place] for place in close]
            inputs = task.collate(some, pad)
            for place, outcome in zip(close, task.outcomes(session.exact(inputs), inputs, some), strict=True):
                found[place] = outcome
        return found

    with session.inside(), _asked(ask, _batches(features, session.batch), session.workers) as answers:
        for outcomes in answers:
            for outcome in map(_answered, outcomes):
                found = parts[outcome.example]
                bisect.insort(found, outcome, key=lambda one: one.part)
                whole[outcome.example] = task.joined(found)
            so_far = figure(_sample(task, [*whole.values()], task.metrics[:1]), task.metric, QUICK)
            on_batch(Running(so_far, len(task.validation)))
            started += held_up(cancelled)
    ordered = [whole[index] for index in sorted(whole)]
    on_end(ordered)
    return _quality(task, ordered, features, session, time.monotonic() - started)


def _quality(
    task: Task, ordered: Sequence[Outcome], features: Sequence[Feature], session: Session, seconds: float
) -> Quality:
    valid, sample = [o.loss for o in ordered if math.isfinite(o.loss)], _sample(task, ordered, task.metrics)
    parts_of = task.kinds([task.validation[o.example] for o in ordered], sample)
    return Quality(
        metric=task.metric,
        interval=figure(sample, task.metric),
        loss=fmean(valid) if valid else math.nan,
        kinds={kind: figure(part, task.metric) for kind, part in parts_of.items()},
        answers=sample.answers,
        scores=sample.scores,
        precision="fp32" if task.exact and session.exact is not None else session.precision,
        seconds=seconds,
        environment=measuring(),
        measured_at=now(),
        invalid=len(ordered) - len(valid),
        cut=len({feature.example for feature in features if feature.cut}),
        cut_at=task.question(task.max_tokens) if task.question is not None else 0,
        beside=task.metrics[1:],
        truths=sample.truths,
    )


def _sample(task: Task, outcomes: Sequence[Outcome], names: Sequence[str]) -> Sample:
    """What these metrics are taken of; the truths only where one of them counts them."""
    counts = any(metrics.of(name).truths for name in names)
    truths = tuple(task.right(task.validation[o.example]) for o in outcomes) if counts else ()
    return Sample(tuple(o.score for o in outcomes), tuple(o.answer for o in outcomes), truths)


def _answered(outcome: Outcome) -> Outcome:
    """The outcome; one that is no number is no answer, and wrong."""
    if math.isfinite(outcome.loss):
        return outcome
    return replace(outcome, answer="", score=0.0, confidence=-math.inf)


@contextmanager
def _asked(
    ask: Callable[[list[Feature]], list[Outcome]], batches: list[list[Feature]], workers: int
) -> Iterator[Iterator[list[Outcome]]]:
    """The answers to the batches in their order; several are asked at once where the runtime can."""
    if workers == 1:  # in this thread, where torch's modes hold
        yield map(ask, batches)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool.map(ask, batches)
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(features: Sequence[Feature], size: int) -> list[list[Feature]]:
    """Batches of similar length in a fixed random order, so that the running value is not that of the short ones.

    Of long texts there are fewer in a batch: 32 of 512 tokens overflow the caches and take a third longer than 8.
    """
    batches: list[list[Feature]] = [[]]
    for feature in sorted(features, key=lambda f: (len(f.ids), f.example)):
        rows = len(batches[-1]) + 1
        if rows > size or (rows > 1 and rows * len(feature.ids) > size * SHORT):
            batches.append([])
        batches[-1].append(feature)
    random.Random(0).shuffle(batches)
    return batches if features else []
