"""Accuracy over the amount pruned: every measured dot of the three methods, and a button for those that miss."""

import functools

import plotly.graph_objects as go
import streamlit as st

from core.control import Timing
from core.engine.recipes import CURVE_AMOUNTS, curve_spec, maximum, sliding, trains
from core.figures import tradeoffs
from core.figures.tradeoffs import Dot
from core.result import Result
from core.spec import Spec
from core.summary import scored, unit
from pages.components.frame import measuring
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import charts, tiles
from pages.components.widgets.session import store, watcher
from pages.components.widgets.text import current, leading, say, say_or, score, score_axis

CURVE = "curve"  # who waits for the points that its button asked for, also when the slider moves on


def show(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """The curve with its table twin; the methods' dots come from the store only, none is interpolated."""
    series = _series(choice.dense, layers, amount, current(), store().stamp())
    dense = store().read(choice.dense.key)
    title = score("tile.accuracy")
    st.subheader(say("curve.title", metric=title[:1].upper() + title[1:]))
    if any(series.values()):
        _chart(series, dense, amount)
        _missing(choice, method, layers)
    else:
        _missing(choice, method, layers, say("curve.empty"))


def _chart(series: dict[str, list[Dot]], dense: Result | None, amount: int) -> None:
    figure = _figure(
        tuple((name, tuple(dots)) for name, dots in series.items()),
        _dot(0, dense) if dense else None,
        amount,
        (say("curve.x"), score_axis("curve.y")),
        say("curve.dense"),
        unit(leading()),
    )
    charts.show(figure, key="curve", config={"displayModeBar": False}, alt=say("curve.alt"))
    opened = st.expander(say("table.twin"), key="curve-table", on_change="rerun")
    if not opened.open:
        return
    with opened:
        rows = [
            {
                say("curve.method"): name,
                say("curve.x"): d.x,
                score_axis("curve.y"): round(d.value, 1),
                "95 %": f"{d.low:.1f} – {d.high:.1f}",
            }
            for name, dots in series.items()
            for d in dots
        ]
        charts.table(rows, say("curve.alt"), "curve")


@functools.lru_cache(maxsize=256)  # a class looks at the same positions, and Plotly takes 8 ms for one of them
def _figure(
    series: tuple[tuple[str, tuple[Dot, ...]], ...],
    dense: Dot | None,
    current: int,
    axes: tuple[str, str],
    dense_name: str,
    unit: str,
) -> go.Figure:
    figure = tradeoffs.accuracy_curves(
        {name: list(dots) for name, dots in series},
        dense=dense,
        current=current,
        axes=axes,
        dense_name=dense_name,
        unit=unit,
    )
    return charts.written(figure)  # here, since sessions share it; the words of the axes tell languages apart


@functools.lru_cache(maxsize=256)  # likewise: a look at some sixty files
def _series(
    dense: Spec, layers: str, amount: int, _language: str, _stamp: tuple[tuple[str, int], ...]
) -> dict[str, list[Dot]]:
    """The dots of each method by what it is called."""
    known = store().keys()
    return {say_or(f"method.{name}", name): _dots(dense, name, layers, amount, known) for name in sliding()}


def _dots(dense: Spec, method: str, layers: str, amount: int, known: set[str]) -> list[Dot]:
    every = [level / 100 for level in range(maximum(method) + 1)] if trains(method) else CURVE_AMOUNTS
    amounts = sorted({*every, min(amount, maximum(method)) / 100} - {0})
    specs = [(a, curve_spec(dense, method, a, layers)) for a in amounts]
    found = [(a, store().read(spec.key)) for a, spec in specs if spec.key in known]
    return [_dot(100 * a, result) for a, result in found if result is not None]


def _dot(x: float, result: Result) -> Dot:
    value = result.quality.interval
    place = tiles.badge(result.quality)
    words = f"{x:.0f} %: {scored(result.quality)}, n = {value.n}<br>{place}"
    return Dot(x, 100 * value.value, 100 * value.low, 100 * value.high, words)


def _missing(choice: Chosen, method: str, layers: str, sentence: str = "") -> None:
    """Offer to measure the dots of this method that are not stored, unless each is a training; sentence: where there
    is no dot at all."""
    specs = [curve_spec(choice.dense, method, a, layers) for a in ([] if trains(method) else CURVE_AMOUNTS)]
    left = [spec for spec in specs if store().read(spec.key) is None]
    called = say_or(f"method.{method}", method)
    measuring.offer(
        "curve",
        choice,
        left,
        lambda about: say("curve.measure", count=len(left), method=called, about=about),
        words="curve.measuring",
        timing=Timing(),
        watcher=watcher(CURVE),
        sentence=sentence,
    )
