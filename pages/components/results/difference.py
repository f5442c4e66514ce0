"""Where two models differ inside: what of each matrix only one of them has, heads of each layer, what breaks first."""

import dataclasses

import numpy as np
import streamlit as st

from core import model_card
from core.engine import track as tracks
from core.engine.recipes import sliding, step
from core.engine.track import Track
from core.figures.heads import paired_bars
from core.figures.matrices import differences
from core.figures.tradeoffs import Dot, accuracy_curves
from core.intervals import wilson
from core.left import Left, read
from core.result import Result
from pages.components.frame.sidebar import Chosen
from pages.components.results.points import Point
from pages.components.widgets import charts
from pages.components.widgets.session import store
from pages.components.widgets.text import kind_of, say, score_axis, told

PLAIN = {"displayModeBar": False}


def show(a: Point, b: Point, choice: Chosen) -> None:
    """Matrices and heads of A and B, where their results tell of them; and accuracy by kind along B's slider."""
    dense = store().read(choice.dense.key)
    pair = _pair(a.result, b.result)
    if pair is not None:
        st.markdown(f"**{say('difference.title')}**")
        charts.show(differences(*pair, told), key="differences", config=PLAIN, alt=say("difference.alt"))
        st.caption(say("difference.note"))
    elif a.result.key != b.result.key:
        st.caption(say("difference.none"))
    if dense is not None:
        _heads(a.result, b.result, dense)
    _breaks(b.result, choice)


def _pair(a: Result, b: Result) -> tuple[list[Left], list[Left]] | None:
    """What is left of both where they lie in the same frame; of a dense one all is left."""
    first, second = read(a.facts), read(b.facts)
    if not a.spec.steps and second:
        first = [_whole(one) for one in second]
    if not b.spec.steps and first:
        second = [_whole(one) for one in first]
    frames = [[(one.layer, one.role, one.cells.shape) for one in found] for found in (first, second)]
    return (first, second) if first and a.key != b.key and frames[0] == frames[1] else None


def _whole(one: Left) -> Left:
    return dataclasses.replace(one, nonzero=one.rows * one.columns, cells=np.full_like(one.cells, 100))


def _heads(a: Result, b: Result, dense: Result) -> None:
    first, second = (model_card.head_counts(one, dense) for one in (a, b))
    first = first or ([] if a.spec.steps else [(of, of) for _, of in second])
    second = second or ([] if b.spec.steps else [(of, of) for _, of in first])
    if not first or len(first) != len(second) or first == second:
        return
    places = [str(layer + 1) for layer in range(len(first))]
    series = {name: [left for left, _ in found] for name, found in (("A", first), ("B", second))}
    axes = (say("difference.layer"), say("difference.heads"))
    charts.show(paired_bars(places, series, axes=axes), key="heads-ab", config=PLAIN, alt=say("difference.heads_alt"))


def _breaks(result: Result, choice: Chosen) -> None:
    """Accuracy of each kind at every measured position of the slider that B is one of, where there is a track."""
    found = _track(result, choice)
    kinds = sorted({kind for kind in found.kinds if kind}) if found else []
    if found is None or len(kinds) < 2:
        return
    right = found.answers == found.right
    last = np.array([right[-1][[one == kind for one in found.kinds]].mean() for kind in kinds])
    series = {kind_of(kinds[place]): _dots(found, right, kinds[place]) for place in np.argsort(last, kind="stable")}
    st.markdown(f"**{say('difference.breaks')}**")
    axes = (say("difference.slider"), score_axis("curve.y"))
    chart = accuracy_curves(series, dense=None, current=None, axes=axes, dense_name="")
    charts.show(chart, key="breaks", config=PLAIN, alt=say("difference.breaks_alt"))


def _track(result: Result, choice: Chosen) -> Track | None:
    """The stored track of the slider of which the result's only step is a position."""
    if len(result.spec.steps) != 1:
        return None
    technique = result.spec.steps[0].technique
    for method in sliding():
        if step(method, 0).technique == technique:
            found = tracks.read(choice.dense, step(method, 0), store())
            if found is not None and len(found.levels) > 1 and _is(method, result):
                return found
    return None


def _is(method: str, result: Result) -> bool:
    """Is the result's step a position of this method's slider?"""
    config = result.spec.steps[0].config
    usual = step(method, 0, task=result.spec.task).config
    moved = [
        field.name for field in dataclasses.fields(config) if getattr(config, field.name) != getattr(usual, field.name)
    ]
    return len(moved) <= 1


def _dots(found: Track, right: np.ndarray, kind: str) -> list[Dot]:
    of = np.array([one == kind for one in found.kinds])
    dots = []
    for level, row in zip(found.levels, right, strict=True):
        good, count = int(row[of].sum()), int(of.sum())
        low, high = wilson(good, count)
        words = say("difference.kind", kind=kind_of(kind), level=level, value=f"{100 * good / count:.1f}", count=count)
        dots.append(Dot(float(level), 100 * good / count, 100 * low, 100 * high, words))
    return dots
