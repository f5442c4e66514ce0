"""Stored results as points of a trade-off: on an axis, picked, clicked, in words and in a table."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core import pareto, summary
from core.engine import card
from core.engine.recipes import group, groups
from core.environment import here
from core.figures import tradeoffs
from core.figures.tradeoffs import Dot
from core.result import Result, Speed, compare, speed_of
from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec, brief
from core.summary import change, percent
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import say, say_or

AXES = ("zip_mb", "ms", "mb", "nonzero", "macs")
SUFFIXES = {"zip_mb": " MB", "mb": " MB", "ms": " ms", "nonzero": " M", "macs": " M"}


@dataclass(frozen=True)
class Point:
    """One stored result: its recipe in words, its group in the legend, its cost on an axis."""

    result: Result
    title: str
    group: str
    speed: Speed | None
    cost: float = 0.0


def of(choice: Chosen) -> list[Point]:
    """Every stored result of the model and task, dense first, by group; single heads have a page of their own."""
    same = [r for r in store().all() if _same(r.spec, choice.dense) and group(r.spec) != "heads"]
    order = groups()
    same.sort(key=lambda r: (order.index(group(r.spec)), _title(r.spec)))
    return [Point(r, _title(r.spec), _group(r.spec), speed_of(r)) for r in same]


def on_axis(points: Sequence[Point], axis: str) -> list[Point]:
    """The points that can stand on this axis together: times of one machine only, this one where it has any."""
    if axis == "ms":
        machines = [p.speed.environment.machine for p in points if p.speed]
        machine = here().machine if here().machine in machines else max(set(machines), key=machines.count, default="")
        points = [p for p in points if p.speed and p.speed.environment.machine == machine]
    return [Point(p.result, p.title, p.group, p.speed, _cost(p, axis)) for p in points]


def picked(points: Sequence[Point], at_least: float | None, at_most: float | None) -> Point | None:
    """The point that "at least X %, at most Y" names, if one fits."""
    if at_least is None and at_most is None:
        return None
    qualities = [100 * p.result.quality.interval.value for p in points]
    index = pareto.pick([p.cost for p in points], qualities, at_least, at_most)
    return None if index is None else points[index]


def figure(points: Sequence[Point], axis: str, chosen: Point | None) -> go.Figure:
    """The Pareto scatter of the points."""
    groups: dict[str, list[Dot]] = {}
    for point in points:
        groups.setdefault(point.group, []).append(_dot(point, axis))
    cost = say(f"axis.{axis}")
    if tradeoffs.is_wide([point.cost for point in points]):
        cost = say("tradeoffs.log", axis=cost)
    return tradeoffs.scatter(
        groups,
        axes=(cost, say("curve.y")),
        front_name=say("tradeoffs.front"),
        x_suffix=SUFFIXES[axis],
        picked=_words(chosen, axis) if chosen else "",
    )


def clicked(event: Any, points: Sequence[Point]) -> Point | None:
    """The point that was clicked in the scatter."""
    selected = event.selection.points if event else []
    if not selected:
        return None
    key = selected[0].get("customdata")
    words = key[0] if isinstance(key, list) else key
    axis = str(st.session_state.get("axis"))
    return next((p for p in points if _words(p, axis) == words), None)


def details(point: Point | None, choice: Chosen) -> None:
    """The recipe and figures of one point, and the command line that makes it."""
    dense = store().read(choice.dense.key)
    if point is None or dense is None:
        return
    with st.container(border=True):
        st.markdown(f"**{point.title}**")
        tiles.tiles(point.result, dense, point.speed)
        spec = dataclasses.replace(point.result.spec, model=choice.dense.model)
        st.code(card.command(spec, choice.origin), language="bash")
        st.caption(change(compare(point.result.quality, dense.quality)))
        spread = summary.accuracy_spread(summary.stored_seeds(spec, store().read))
        for line in (*told(point.result), *([tiles.spread("accuracy", spread)] if spread else [])):
            st.caption(line)
        for column, name in zip(st.columns([1, 1, 6]), ("a", "b"), strict=False):
            if column.button(say("compare.pin", name=name.upper()), key=f"pin-{name}"):
                st.session_state[name] = point.result.key


def told(result: Result) -> list[str]:
    """What the steps had to report, in sentences."""
    facts, lines = result.facts, []
    if "heads" in facts:
        lines.append(say("facts.heads", heads=_listed(facts["heads"]), widths=_listed(facts["widths"])))
    if "hidden" in facts:
        lines.append(say("facts.hidden", hidden=facts["hidden"]))
    if "layers" in facts:
        lines.append(say("facts.layers", layers=_listed([layer + 1 for layer in facts["layers"]])))
    if "pieces" in facts:
        lines.append(
            say(
                "facts.pieces",
                pieces=f"{facts['pieces']:,}",
                before=f"{facts['pieces_before']:,}",
                changed=f"{facts['validation_tokens_changed']:,}",
                tokens=f"{facts['validation_tokens']:,}",
            )
        )
    return lines


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def rows(points: Sequence[Point], choice: Chosen) -> list[dict[str, object]]:
    """The table twin: one row a point, units in the headings."""
    table = []
    for point in points:
        result, speed = point.result, point.speed
        table.append(
            {
                say("table.recipe"): point.title,
                say("table.accuracy"): percent(result.quality.interval),
                say("table.loss"): round(result.quality.loss, 4),
                "ms": round(speed.median_ms, 1) if speed else None,
                say("table.speedup"): f"{speed.speedup:.2f}x {tiles.verdict(speed.verdict)}" if speed else "",
                "MB": round(result.size.bytes / 1e6, 1),
                say("table.zip"): round(result.size.zip_bytes / 1e6, 1),
                say("table.nonzero"): round(result.size.nonzero / 1e6, 2),
                "M MACs": round(result.size.macs / 1e6),
                say("table.where"): tiles.badge(result.quality.environment.machine),
            }
        )
    return table


def _same(spec: Spec, dense: Spec) -> bool:
    return (spec.revision, spec.data, spec.new_head) == (dense.revision, dense.data, dense.new_head)


def _group(spec: Spec) -> str:
    """What the legend calls the points of this kind."""
    name = group(spec)
    return say_or(f"group.{name}", RUNTIMES[spec.runtime].title if spec.runtime != TORCH else name)


def _title(spec: Spec) -> str:
    words = " + ".join(brief(step) for step in spec.steps) or say("group.dense")
    words = words if spec.runtime == TORCH else f"{words} · {spec.runtime}"
    return f"{words} · {say('lab.seed').lower()} {spec.seed}" if spec.seed else words


def _cost(point: Point, axis: str) -> float:
    size = point.result.size
    if axis == "ms":
        return point.speed.median_ms if point.speed else 0.0
    values = {"mb": size.bytes, "zip_mb": size.zip_bytes, "nonzero": size.nonzero, "macs": size.macs}
    return values[axis] / 1e6


def _words(point: Point, axis: str) -> str:
    place = tiles.badge(point.result.quality.environment.machine)
    cost = f"{_cost(point, axis):.1f}{SUFFIXES[axis]}"
    return f"{point.title}<br>{percent(point.result.quality.interval)} · {cost}<br>{place}"


def _dot(point: Point, axis: str) -> Dot:
    interval = point.result.quality.interval
    return Dot(point.cost, 100 * interval.value, 100 * interval.low, 100 * interval.high, _words(point, axis))
