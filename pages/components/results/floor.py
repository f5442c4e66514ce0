"""What a bag of words reaches on the task: a line below which a BERT is not worth its milliseconds."""

from collections.abc import Sequence

import streamlit as st

from core.engine import floor
from core.engine.floor import Floor
from core.summary import scored
from pages.components.frame.sidebar import Chosen
from pages.components.results.points import Point
from pages.components.widgets import tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import leading, say


def of(choice: Chosen) -> Floor | None:
    """The stored one of the task; None where its answers are no classes, or nothing was measured yet."""
    return floor.read(choice.dense.data, leading(), store())


def line(found: Floor | None) -> tuple[float, str] | None:
    """Where it lies on the chart, and its name there."""
    return None if found is None else (100 * found.quality.interval.value, say("floor.name"))


def show(found: Floor | None, points: Sequence[Point]) -> None:
    """In words: its figures, and how many of the results lie below."""
    if found is None:
        return
    below = sum(point.result.quality.interval.value < found.quality.interval.value for point in points)
    words = say(
        "floor.words",
        quality=scored(found.quality),
        ms=f"{found.ms:.1f}",
        mb=f"{found.bytes / 1e6:.1f}",
        below=below,
        count=len(points),
    )
    st.caption(f"{words}  \n{tiles.badge(found.quality)}")
