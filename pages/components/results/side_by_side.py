"""Two results side by side: which ones, their figures, their recipes, and the answers that differ."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

import streamlit as st

from core.choice import comparable
from core.engine.recipes import curve_spec
from core.metrics import tolerance
from core.result import compare
from core.spec import Spec, Step
from core.summary import scored
from core.tasks import load_task
from core.tasks.regression import BY_NUMBERS
from core.tasks.task import Example
from pages.components.frame.sidebar import Chosen
from pages.components.results import points
from pages.components.results.points import Point, select
from pages.components.widgets import config_form, empty, links, tiles
from pages.components.widgets.answers import cell, heading, shown
from pages.components.widgets.text import kind_of, literal, say, score

# what is compared until somebody chooses: dense, and half of its work taken away
DEFAULTS: dict[str, Callable[[Spec], Spec]] = {
    "a": lambda dense: dense,
    "b": lambda dense: curve_spec(dense, "structured", 0.5),
}


def pick(name: str, found: Sequence[Point]) -> Point:
    """A choice among the stored results; a link carries its key."""
    return select(name, name.upper(), found, _default(name, found).result.key)


def timed(a: Point, b: Point, found: Sequence[Point]) -> tuple[Point, Point]:
    """Both with their times on one machine, those that all results of it have on Trade-offs: the one that was chosen
    there, where it has timed them."""
    able, chosen = comparable([a.result, b.result]), links.value("machine")
    most = [name for name, count in able.items() if count == max(able.values())]
    machine = chosen if chosen in most else next(iter(most), "")
    known = {point.result.key: point for point in points.timed(found, machine)}
    return known[a.result.key], known[b.result.key]


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
    """Every field of every step; what differs is marked. A step that only one has moves no other."""
    rows = []
    for number, (first, second) in enumerate(_aligned(a.result.spec.steps, b.result.spec.steps), 1):
        step = first or second
        for field in dataclasses.fields(step.config) if step else ():
            values = [_value(getattr(one.config, field.name)) if one else "–" for one in (first, second)]
            name = config_form.label(step.technique, field.name)
            rows.append(
                {
                    say("compare.field"): f"{number} · {step.technique} · {name}",
                    "A": values[0],
                    "B": values[1],
                    say("compare.differs"): "" if values[0] == values[1] else "≠",
                }
            )
    return rows or [{say("compare.field"): say("compare.no_steps"), "A": "", "B": "", say("compare.differs"): ""}]


def _aligned(a: Sequence[Step], b: Sequence[Step]) -> list[tuple[Step | None, Step | None]]:
    """Both recipes' steps, those of the same technique beside each other as far as their order allows."""
    found: list[tuple[Step | None, Step | None]] = []
    names = ([step.technique for step in a], [step.technique for step in b])
    for kind, i, j, k, n in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if kind == "equal":
            found += zip(a[i:j], b[k:n], strict=True)
        else:
            found += [*((step, None) for step in a[i:j]), *((None, step) for step in b[k:n])]
    return found


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


def _default(name: str, found: Sequence[Point]) -> Point:
    spec = DEFAULTS[name](found[0].result.spec.dense)
    wanted = [point for point in found if point.result.key == spec.key]
    return wanted[0] if wanted else found[0 if name == "a" else -1]


def _figures(point: Point) -> list[tuple[str, str]]:
    result, speed = point.result, point.speed
    size = result.size
    ratio = f" ({speed.speedup:.2f}x {tiles.verdict(speed.verdict)})" if speed else ""
    return [
        (score("table.accuracy"), scored(result.quality)),
        (say("table.loss"), f"{result.quality.loss:.3f}"),
        (say("compare.ms"), f"{point.ms:.1f}{ratio}" if point.ms is not None else "–"),
        ("M MACs", f"{size.macs / 1e6:,.0f}"),
        ("MB", f"{size.bytes / 1e6:.1f}"),
        (say("table.zip"), f"{size.zip_bytes / 1e6:.1f}"),
        (say("table.nonzero"), f"{size.nonzero / 1e6:.2f}"),
        (say("compare.heads"), " ".join(map(str, result.facts["heads"])) if "heads" in result.facts else "–"),
        (say("table.where"), tiles.badge(result.quality)),
    ]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return say("compare.yes") if value else say("compare.no")
    return "–" if value in (None, "") else f"{value}"
