"""What others have published for the task, as hollow marks on the axis of time and as a table with its sources."""

from collections.abc import Sequence

import streamlit as st

from core import published
from core.choice import MS
from core.figures.tradeoffs import Dot
from core.published import Published
from pages.components.frame.sidebar import Chosen
from pages.components.results.points import Point
from pages.components.widgets import tiles
from pages.components.widgets.text import say, score_axis


def dots(choice: Chosen, shown: Sequence[Point], axis: str) -> tuple[list[Dot], str]:
    """The marks and their name in the legend; a speed-up stands where it would take the dense model of this chart."""
    dense = next((point.cost for point in shown if point.result.key == choice.dense.key), None)
    found = published.of(choice.dense.task) if axis == MS and dense is not None else ()
    marks = [_dot(one, dense / one.speedup) for one in found] if dense is not None else []
    return marks, say("published.name")


def _dot(one: Published, ms: float) -> Dot:
    value = 100 * one.quality
    words = say(
        "published.words", name=one.name, quality=f"{value:.1f}", speedup=f"{one.speedup:.2f}", source=one.source
    )
    return Dot(ms, value, value, value, words)


def table(choice: Chosen) -> None:
    """The same figures with where they are from; nothing where the task has none."""
    found = published.of(choice.dense.task)
    if not found:
        return
    with st.expander(say("published.title")):
        st.caption(say("published.note"))
        rows = [
            {
                say("published.model"): one.name,
                score_axis("curve.y"): f"{100 * one.quality:.1f}",
                say("published.speedup"): f"{one.speedup:.2f}x",
                say("published.dense"): "–" if one.dense is None else f"{100 * one.dense:.1f}",
                say("published.source"): one.source,
            }
            for one in found
        ]
        tiles.table(rows, say("published.title"))
