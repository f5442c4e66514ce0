"""Stored results as points of a trade-off: on an axis, picked, clicked, in words and in a table."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from core import choice as choices
from core.budget import Answer, Budget
from core.choice import MS
from core.engine.choose import settled, stored
from core.engine.recipes import FAMILIES, family, group, groups
from core.figures import scatter
from core.figures.tradeoffs import Dot
from core.result import Result, Speed
from core.runtimes import RUNTIMES
from core.spec import Spec, brief
from core.summary import scored
from core.techniques import words_of
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import links, machines, tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import runtime_title, say, say_or, score, score_axis, sentence

NAMED = "machine-named"  # in the session: somebody chose whose times are shown
SUFFIXES = {"zip_mb": " MB", "mb": " MB", MS: " ms", "nonzero": " M", "macs": " M"}


@dataclass(frozen=True)
class Point:
    """One stored result: its recipe in words, its time on the machine that all are compared on, its cost on an axis.

    ms: the time that can be compared with others', see core.choice.times. speed: what it comes from, against dense in
    PyTorch.
    """

    result: Result
    title: str
    speed: Speed | None = None
    cost: float = 0.0
    ms: float | None = None


def of(choice: Chosen) -> list[Point]:
    """Every stored result of the model and task, dense first, by group; single heads have a page of their own."""
    same = stored(choice.dense, store())
    place = {name: index for index, name in enumerate(groups())}
    found = [Point(result, title) for result, title in zip(same, _titles(same), strict=True)]
    return sorted(found, key=lambda point: (place[group(point.result.spec)], point.title))


def machine(points: Sequence[Point], matters: bool, wanted: Budget) -> str:
    """The machine whose times are shown: a choice where they matter and several have taken any; "" is the usual one.

    Until somebody chooses, it is one by whose times something fits what is wanted.
    """
    results = [point.result for point in points]
    counts = choices.machines(results)
    if not matters or len(counts) < 2:
        return ""
    first = settled(results, wanted) if wanted.limits else ""
    names = sorted(counts, key=lambda name: name != first)
    if not st.session_state.get(NAMED) and not links.asked("machine"):
        st.session_state["machine"] = names[0]
    links.before("machine", names)
    st.selectbox(
        say("tradeoffs.machine"),
        names,
        format_func=lambda name: _timed(name, counts[name]),
        key="machine",
        on_change=lambda: links.put(NAMED, True),
    )
    return links.after("machine", names)


def _timed(name: str, count: int) -> str:
    return say("tradeoffs.timed", count=count, machine=machines.called(name))


def on_axis(points: Sequence[Point], axis: str, machine: str) -> list[Point]:
    """The points that can stand on this axis together, with their times on the machine; "" takes the usual one."""
    results = [point.result for point in points]
    speeds = choices.one_machine(results, choices.beside_torch(results), machine)
    times = choices.times(results, machine)
    placed = {one.result.key: one.cost for one in choices.on_axis(results, axis, machine)}
    return [
        dataclasses.replace(point, speed=speed, cost=placed[point.result.key], ms=None if time is None else time.ms)
        for point, speed, time in zip(points, speeds, times, strict=True)
        if point.result.key in placed
    ]


def timed(points: Sequence[Point], machine: str = "") -> list[Point]:
    """All of them with their times, as far as that machine has taken any; "" is the usual one."""
    return on_axis(points, choices.AXES[0], machine)


def dense_ms(points: Sequence[Point]) -> float | None:
    """The time of dense that theirs can be compared with; None where none of them was timed."""
    return next((point.ms for point in points if point.ms is not None and _is_dense(point)), None)


def _is_dense(point: Point) -> bool:
    """In PyTorch, or on a device that has none: in another runtime it has no steps either."""
    spec, speed = point.result.spec, point.speed
    return spec == spec.dense or (not spec.steps and speed is not None and speed.environment.is_browser)


def picked(points: Sequence[Point], found: Answer | None) -> Point | None:
    """The point that answers a budget, if one fits."""
    pick = found.pick if found is not None else None
    return next((point for point in points if pick is not None and point.result is pick.result), None)


def select(name: str, label: str, points: Sequence[Point], first: str) -> Point:
    """A choice among results, whose key a link carries as `name`; first: the key of the usual one."""
    keyed = {point.result.key: point for point in points}
    if (earlier := st.session_state.get(name) or links.value(name)) not in keyed:
        _tell_if_gone(name, earlier)
    links.before(name, list(keyed), first)
    st.selectbox(label, list(keyed), format_func=lambda key: keyed[key].title, key=name)
    return keyed[links.after(name, list(keyed), always=True)]


def choose_axis(axis: str) -> None:
    """In a callback."""
    st.session_state["axis"] = axis


def chosen(points: Sequence[Point]) -> Point | None:
    """The point that was clicked, now or before a rerun, or that the link names."""
    key = st.session_state.setdefault("point", st.query_params.get("point"))
    found = next((p for p in points if p.result.key == key), None)
    if found is None:
        if _tell_if_gone("point", key):
            st.session_state["point"] = None
        st.query_params.pop("point", None)
    else:
        st.query_params["point"] = found.result.key
    return found


def _tell_if_gone(name: str, key: str | None) -> bool:
    """Is a result that was chosen stored no more, or was it never? Then that is said; another task's is not gone."""
    gone = bool(key) and store().read(str(key)) is None
    if gone:
        links.miss(name, str(key))
    return gone


def clicked() -> None:
    """Keep the point that was clicked; the scatter is drawn anew with a ring, and forgets its selection in that."""
    selected = st.session_state["pareto"].selection.points
    if selected:
        st.session_state["point"] = selected[0]["customdata"]


def close() -> None:
    """Choose no point."""
    st.session_state["point"] = None


def figure(
    points: Sequence[Point],
    axis: str,
    picked: Point | None,
    chosen: Point | None,
    floor: tuple[float, str] | None,
    limits: tuple[float | None, float | None],
    published: tuple[Sequence[Dot], str],
) -> go.Figure:
    """The Pareto scatter of the points, with a ring around the picked one and a thicker one around the chosen one.

    floor, limits, published: see core.figures.scatter.
    """
    families: dict[str, list[Dot]] = {name: [] for name in FAMILIES}
    for point in points:
        families[family(point.result.spec)].append(_dot(point, axis))
    dense = families.pop("dense")
    cost = say(f"axis.{axis}")
    if scatter.is_wide([point.cost for point in points]):
        cost = say("tradeoffs.log", axis=cost)
    return scatter.scatter(
        {say(f"family.{name}"): dots for name, dots in families.items()},
        dense=dense,
        shapes=[runtime_title(name) for name in RUNTIMES],
        axes=(cost, score_axis("curve.y")),
        names=(say("tradeoffs.front"), say("group.dense")),
        x_suffix=SUFFIXES[axis],
        picked=picked.result.key if picked else "",
        chosen=chosen.result.key if chosen else "",
        floor=floor,
        limits=limits,
        published=published,
    )


def done(spec: Spec) -> str:
    """What was done in words, and what runs it: "heads and neurons (Fisher) · ONNX Runtime"."""
    name = group(spec)
    return f"{say_or(f'group.{name}', name)} · {runtime_title(spec.runtime)}"


def rows(points: Sequence[Point]) -> list[dict[str, object]]:
    """The table twin: one row a point, units in the headings."""
    recipe, quality, loss = say("table.recipe"), score("table.accuracy"), say("table.loss")
    speedup, zipped = say("table.speedup"), say("table.zip")
    nonzero, where = say("table.nonzero"), say("table.where")
    table = []
    for point in points:
        result, speed = point.result, point.speed
        table.append(
            {
                recipe: point.title,
                quality: scored(result.quality),
                loss: round(result.quality.loss, 4),
                "ms": round(point.ms, 1) if point.ms is not None else None,
                speedup: f"{speed.speedup:.2f}x {tiles.verdict(speed.verdict)}" if speed else "",
                "MB": round(result.size.bytes / 1e6, 1),
                zipped: round(result.size.zip_bytes / 1e6, 1),
                nonzero: round(result.size.nonzero / 1e6, 2),
                "M MACs": round(result.size.macs / 1e6),
                where: tiles.badge(result.quality),
            }
        )
    return table


def _titles(results: Sequence[Result]) -> list[str]:
    """Each recipe in words; those that would be called alike also as the command line has them."""
    named = [sentence(words_of(result.spec)).rstrip(".") for result in results]
    times = Counter((name, result.spec.seed) for name, result in zip(named, results, strict=True))
    return [_title(name, r.spec, times[name, r.spec.seed] > 1) for name, r in zip(named, results, strict=True)]


def _title(words: str, spec: Spec, exactly: bool) -> str:
    steps = f" ({' + '.join(map(brief, spec.steps))})" if exactly else ""
    return f"{words}{steps} · {say('lab.seed').lower()} {spec.seed}" if spec.seed else f"{words}{steps}"


def _dot(point: Point, axis: str) -> Dot:
    result = point.result
    interval, shape = result.quality.interval, list(RUNTIMES).index(result.spec.runtime)
    both = f"{scored(result.quality)} · {point.cost:.1f}{SUFFIXES[axis]}"
    told = (point.title, done(result.spec), both, tiles.badge(result.quality), machines.device_of(point.speed))
    words = "<br>".join(filter(None, told))
    return Dot(point.cost, 100 * interval.value, 100 * interval.low, 100 * interval.high, words, result.key, shape)
