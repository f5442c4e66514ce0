"""Ranges on several figures at once, which leave only some of the points."""

from collections.abc import Sequence

import streamlit as st

from core.result import Result
from core.techniques import TECHNIQUES
from pages.components.canvas import axes
from pages.components.canvas.axes import Axis
from pages.components.results.points import Point
from pages.components.widgets.text import say, score_axis

LEAST = 3  # points, below which there is nothing to narrow down


def narrowed(points: Sequence[Point]) -> list[Point]:
    """Those of the points that lie in every range which was drawn."""
    if len(points) < LEAST:
        return list(points)
    with st.expander(say("axes.title")):
        figures = _axes(points)
        ranges = axes.brushed(figures, {name: say(f"axes.{name}") for name in axes.TEXTS}, key="brush")
    inside = [figures[place].inside(between) for place, between in ranges.items() if place < len(figures)]
    return [point for point, *there in zip(points, *inside, strict=True) if all(there)]


def _axes(points: Sequence[Point]) -> list[Axis]:
    sizes = [point.result.size for point in points]
    found = [
        Axis(score_axis("curve.y"), [100 * point.result.quality.interval.value for point in points]),
        Axis("ms", [point.ms for point in points]),
        Axis("MB", [size.bytes / 1e6 for size in sizes]),
        Axis("M MACs", [size.macs / 1e6 for size in sizes]),
        Axis(say("axes.training"), [_training(point.result) for point in points]),
    ]
    return [axis for axis in found if axis.ends[0] < axis.ends[1]]


def _training(result: Result) -> float | None:
    """The seconds that its trainings took; None where it was trained and nobody kept them."""
    trained = any(TECHNIQUES[step.technique].kind == "train" for step in result.spec.steps)
    return result.facts.get("training_s") if trained else 0.0
