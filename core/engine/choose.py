"""What to take of everything that is stored of a model and task, in words and as one JSON object (see core.budget)."""

import math
from collections.abc import Sequence
from typing import Any

from core.budget import BEST, FASTEST, LIMITS, MS, QUALITY, SMALLEST, Answer, Budget, Option, answer, options
from core.choice import comparable
from core.engine.recipes import shown
from core.engine.run import make_spec, recorded_spec
from core.engine.store import Store
from core.errors import DataError, Words
from core.result import Result
from core.spec import Spec
from core.summary import hundredfold, percent
from core.tasks import TASKS
from core.tasks.task import Origin
from core.techniques import words_of

# of a Spec: what two results of one model and task share
START = ("revision", "data", "new_head", "null_threshold", "metric")
GOAL = {FASTEST: Words("fastest"), SMALLEST: Words("smallest"), BEST: Words("most accurate")}


def dense_of(model: str, origin: Origin) -> Spec:
    """The Spec from which everything of a model and task starts; of an official task without reading its examples.

    Raises ModelError, DataError.
    """
    entry = TASKS.get(origin.task)
    recorded = recorded_spec(model, origin.task) if entry and not origin.path and not entry.is_here(origin) else None
    return recorded or make_spec(model, origin)


def stored(dense: Spec, store: Store) -> list[Result]:
    """Every stored result that starts from there, but those of single heads, which are no choice: they save nothing."""
    same = [r for r in store.all() if all(getattr(r.spec, name) == getattr(dense, name) for name in START)]
    return [result for result in same if shown(result.spec)]


def require(results: Sequence[Result], dense: Spec) -> None:
    """Raise DataError where there is nothing to choose from."""
    if not results:
        raise DataError(
            "nothing of '{model}' on '{task}' is stored yet; measure something first, such as python -m core run "
            "--model {model} --task {task}",
            model=dense.model,
            task=dense.task,
        )


def told(option: Option) -> Words:
    """ "int8 in ONNX Runtime: 89.7 % [87.5, 91.5], 12.1 ms, 23.0 MB"."""
    quality = option.result.quality
    return Words(
        "{recipe}: {quality}, {ms}, {mb:.1f} MB",
        recipe=words_of(option.result.spec),
        quality=percent(quality.interval, quality.metric),
        ms=Words("not timed") if option.ms is None else Words("{ms:.1f} ms", ms=option.ms),
        mb=option.mb,
    )


def sentences(found: Answer, budget: Budget, metric: str) -> list[Words]:
    """What to take, what binds, what the least relaxation buys, and the next best; or what misses by least."""
    if found.pick is None:
        if found.closest is None:
            return []
        missed = [_over(name, by, metric) for name, by in found.misses.items()]
        together = missed[0]
        for one in missed[1:]:
            together = Words("{first} and {rest}", first=together, rest=one)
        closest = Words("The closest is {option}; it misses {limits}.", option=told(found.closest), limits=together)
        return [Words("None of the {count} results that are stored fits.", count=found.count), closest]
    lines = [Words("Take {option}.", option=told(found.pick))]
    if found.relaxation:
        limit, value = found.relaxation.limit, found.relaxation.value
        was = _limit(limit, budget.limits[limit], metric)
        now = _limit(limit, _let_in(limit, value), metric)
        option = told(found.relaxation.option)
        lines.append(
            Words(
                "What keeps a better one away is the limit of {was}. With {now}: {option}.",
                was=was,
                now=now,
                option=option,
            )
        )
    elif found.best is not None:
        lines.append(
            Words(
                "No single limit keeps away what is better by more than 2 %; without limits: {option}.",
                option=told(found.best),
            )
        )
    elif found.pick.ms is None and budget.goal == FASTEST:
        lines.append(Words("Nothing that fits was timed, so that none of it can be called the fastest."))
    elif budget.limits and budget.goal == FASTEST and found.timed < found.count:
        lines.append(
            Words(
                "No limit keeps a better one away: of the {count} results that were timed this is the {goal}.",
                count=found.timed,
                goal=GOAL[budget.goal],
            )
        )
    elif budget.limits:
        lines.append(
            Words(
                "No limit keeps a better one away: of the {count} results that are stored this is the {goal}.",
                count=found.count,
                goal=GOAL[budget.goal],
            )
        )
    if found.next:
        lines.append(Words("The next is {option}.", option=told(found.next)))
    count = found.pick.result.quality.interval.n
    lines.append(
        Words("It was chosen by looking at these {count} examples: on others expect a little less.", count=count)
    )
    return lines


def settled(results: Sequence[Result], budget: Budget) -> str:
    """The machine whose times count where none was named: the usual one, or where by its times nothing fits, the first
    one by whose times something does; "" where no time matters, or nothing fits by any."""
    if budget.asks_for_time:
        for name in comparable(results):
            pick = answer(options(results, name), budget).pick
            if pick is not None and pick.ms is not None:
                return name
    return ""


def about_times(results: Sequence[Result], found: Answer, budget: Budget, machine: str = "") -> list[Words]:
    """Whose times count, where not all have been timed there; and what fits by another machine's where nothing does.

    machine: as for core.budget.options.
    """
    counts = comparable(results)
    chosen = machine or next(iter(counts), "")
    timed = counts.get(chosen, 0)
    if not budget.asks_for_time or not chosen or timed == len(results):
        return []
    lines = [
        Words(
            "Times are those of {machine}, where {timed} of {count} results were timed.",
            machine=chosen,
            timed=timed,
            count=len(results),
        )
    ]
    others = ((name, answer(options(results, name), budget).pick) for name in counts if name != chosen)
    fits = next(((name, one) for name, one in others if one is not None), None) if found.pick is None else None
    if fits is not None:
        lines.append(Words("By the times of {machine} this fits: {option}.", machine=fits[0], option=told(fits[1])))
    return lines


def _let_in(name: str, value: float) -> float:
    """A limit as it is shown, rounded so that it still lets in what it is to let in."""
    if name == QUALITY:
        return math.floor(1000 * value + 1e-6) / 1000
    return math.ceil(10 * value - 1e-6) / 10


def _limit(name: str, value: float, metric: str) -> Words:
    if name == QUALITY:
        return Words("at least {value}", value=hundredfold(value, metric))
    if name == MS:
        return Words("at most {value:.1f} ms", value=value)
    return Words("at most {value:.1f} MB", value=value)


def _over(name: str, by: float, metric: str) -> Words:
    if name == QUALITY:
        return Words("the quality by {by} points", by=_some(100 * by))
    if by == float("inf"):
        return Words("the time, which was not taken")
    if name == MS:
        return Words("the time by {by} ms", by=_some(by))
    return Words("the file by {by} MB", by=_some(by))


def _some(by: float) -> str:
    """To a digit after the point, and what is less than that to its first digit: it is not nothing."""
    return f"{by:.1f}" if by >= 0.05 else f"{by:.1g}" if by >= 0.0001 else "0.0001"


def to_json(found: Answer, budget: Budget) -> dict[str, Any]:
    """Everything of it as plain JSON values; quality in 0..1, limits in their own units."""
    relaxation = found.relaxation
    return {
        "budget": {**dict.fromkeys(LIMITS), **budget.limits, "goal": budget.goal, "sure": budget.sure},
        "pick": _plain(found.pick),
        "binding": found.binding,
        "relaxation": relaxation
        and {"limit": relaxation.limit, "value": relaxation.value, "pick": _plain(relaxation.option)},
        "next": _plain(found.next),
        "best": _plain(found.best),
        "count": found.count,
        "closest": _plain(found.closest),
        "misses": {name: by if by != float("inf") else None for name, by in found.misses.items()},
    }


def _plain(option: Option | None) -> dict[str, Any] | None:
    if option is None:
        return None
    quality = option.result.quality
    return {
        "key": option.result.key,
        "words": str(told(option)),
        quality.metric: quality.interval.value,
        "low": quality.interval.low,
        "high": quality.interval.high,
        "n": quality.interval.n,
        "ms": option.ms,
        "mb": option.mb,
    }
