"""Two results side by side: which ones, their figures, their recipes, and the answers that differ."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.choice import one_machine
from core.engine.recipes import curve_spec
from core.metrics import tolerance
from core.result import Result, compare
from core.spec import Spec
from core.summary import scored
from core.tasks import load_task
from core.tasks.regression import BY_NUMBERS
from core.tasks.task import Example
from pages.components.frame.sidebar import Chosen
from pages.components.results.points import Point, select
from pages.components.widgets import config_form, empty, tiles
from pages.components.widgets.answers import cell, heading, shown
from pages.components.widgets.text import kind_of, literal, say, score

# what is compared until somebody chooses: dense, and half of its work taken away
DEFAULTS: dict[str, Callable[[Spec], Spec]] = {
    "a": lambda dense: dense,
    "b": lambda dense: curve_spec(dense, "structured", 0.5),
}


def pick(name: str, points: Sequence[Point]) -> Point:
    """A choice among the stored results; a link carries its key."""
    return select(name, name.upper(), points, _default(name, points).result.key)


def timed(a: Point, b: Point) -> tuple[Point, Point]:
    """Both with their times on one machine."""
    first, second = one_machine([a.result, b.result])
    return dataclasses.replace(a, speed=first), dataclasses.replace(b, speed=second)


def verdict(a: Point, b: Point, coloured: bool = True) -> str:
    """The paired comparison of B with A in a sentence, coloured as Markdown or plain."""
    versus = compare(b.result.quality, a.result.quality)
    told = tiles.paired(versus) | ({"change": tiles.shown_change(versus)} if coloured else {})
    agreement = f"{100 * versus.agreement:.1f}"
    return say("compare.verdict", **told, agreement=agreement, flipped=len(versus.flipped))


def note(a: Point) -> str:
    """When a number counts as another answer; "" where answers are none."""
    quality = a.result.quality
    if quality.metric not in BY_NUMBERS.values():
        return ""
    return say("compare.tolerance", width=f"{tolerance(quality.sample):.2g}")


def figures(a: Point, b: Point) -> list[dict[str, str]]:
    """A row a figure, A and B beside each other."""
    return [
        {say("compare.figure"): name, "A": first, "B": second}
        for (name, first), (_, second) in zip(_figures(a), _figures(b), strict=True)
    ]


def recipe(a: Point, b: Point) -> list[dict[str, str]]:
    """Every field of every step; what differs is marked."""
    first, second = _fields(a.result), _fields(b.result)
    return [
        {
            say("compare.field"): name,
            "A": first.get(name, "–"),
            "B": second.get(name, "–"),
            say("compare.differs"): "" if first.get(name) == second.get(name) else "≠",
        }
        for name in dict.fromkeys((*first, *second))
    ] or [{say("compare.field"): say("compare.no_steps"), "A": "", "B": "", say("compare.differs"): ""}]


def flipped(a: Point, b: Point, rows: Sequence[Mapping[str, object]], choice: Chosen) -> None:
    """The sentences that A and B answer differently, with how many of each kind; rows: see flips."""
    numbers = compare(b.result.quality, a.result.quality).flipped
    if not numbers:
        st.caption(say("compare.same_answers"))
        return
    if not choice.runnable:
        empty.show(
            "sentences",
            say("compare.no_sentences", count=len(numbers)),
            *empty.elsewhere(choice.dense, choice.runnable),
        )
        return
    task = load_task(choice.origin)
    examples = task.validation
    st.markdown(f"**{say('measured.flipped', count=len(numbers), n=len(examples))}**")
    worst, every = _worst(examples, numbers), Counter(example.kind for example in examples)
    kinds = Counter(examples[i].kind for i in numbers)
    if set(kinds) != {""}:
        shares = (say("compare.of_kind", kind=literal(kind_of(one)), count=kinds[one], all=every[one]) for one in worst)
        st.caption(" · ".join(shares))
    tiles.table(rows, say("measured.flipped_alt"))


def flips(a: Point, b: Point, choice: Chosen) -> list[dict[str, object]]:
    """A row for each of these sentences, by kind; none without the sentences."""
    if not choice.runnable:
        return []
    task = load_task(choice.origin)
    examples = task.validation
    numbers = compare(b.result.quality, a.result.quality).flipped
    worst = _worst(examples, numbers)
    return [
        {
            say("measured.kind"): kind_of(examples[i].kind),
            heading(task): shown(examples[i]),
            say("measured.right"): cell(task, examples[i], task.right(examples[i])),
            "A": cell(task, examples[i], a.result.quality.answers[i]),
            "B": cell(task, examples[i], b.result.quality.answers[i]),
        }
        for i in sorted(numbers, key=lambda i: (worst.index(examples[i].kind), i))
    ]


def _worst(examples: Sequence[Example], numbers: Sequence[int]) -> list[str]:
    """The kinds of these examples, first the one of which the largest share is among them."""
    every, kinds = Counter(one.kind for one in examples), Counter(examples[i].kind for i in numbers)
    return sorted(kinds, key=lambda kind: (-kinds[kind] / every[kind], kind))


def _default(name: str, points: Sequence[Point]) -> Point:
    spec = DEFAULTS[name](points[0].result.spec.dense)
    wanted = [point for point in points if point.result.key == spec.key]
    return wanted[0] if wanted else points[0 if name == "a" else -1]


def _figures(point: Point) -> list[tuple[str, str]]:
    result, speed = point.result, point.speed
    size = result.size
    ratio = f" ({speed.speedup:.2f}x {tiles.verdict(speed.verdict)})" if speed else ""
    return [
        (score("table.accuracy"), scored(result.quality)),
        (say("table.loss"), f"{result.quality.loss:.3f}"),
        (say("compare.ms"), f"{speed.median_ms:.1f}{ratio}" if speed else "–"),
        ("M MACs", f"{size.macs / 1e6:,.0f}"),
        ("MB", f"{size.bytes / 1e6:.1f}"),
        (say("table.zip"), f"{size.zip_bytes / 1e6:.1f}"),
        (say("table.nonzero"), f"{size.nonzero / 1e6:.2f}"),
        (say("compare.heads"), " ".join(map(str, result.facts["heads"])) if "heads" in result.facts else "–"),
        (say("table.where"), tiles.badge(result.quality)),
    ]


def _fields(result: Result) -> dict[str, str]:
    """Each field of each step, as the Lab calls it, and its value."""
    fields = {}
    for number, step in enumerate(result.spec.steps, 1):
        for field in dataclasses.fields(step.config):
            name = config_form.label(step.technique, field.name)
            fields[f"{number} · {step.technique} · {name}"] = _value(getattr(step.config, field.name))
    return fields


def _value(value: object) -> str:
    if isinstance(value, bool):
        return say("compare.yes") if value else say("compare.no")
    return "–" if value in (None, "") else f"{value}"
