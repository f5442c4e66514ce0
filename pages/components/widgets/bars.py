"""Results side by side as bars: the bar of each figure, with its words."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.figures import quantization
from core.figures.quantization import Bar
from core.result import Result, Speed
from pages.components.widgets import charts
from pages.components.widgets.text import shown_score


def show(names: Sequence[str], panels: Mapping[str, Sequence[Bar]], key: str, alt: str) -> None:
    """A panel a figure, a bar a name; side by side where there is room (frame.tighten), else below one another."""
    with st.container(key=f"panels-{key}"):
        for index, (column, (title, bars)) in enumerate(zip(st.columns(len(panels)), panels.items(), strict=True)):
            figure = quantization.bars(names, bars, index)
            column.markdown(f"**{title}**")
            settings = {"key": f"{key}-{index}", "config": {"displayModeBar": False}}
            charts.show(figure, place=column, alt=f"{alt}: {title}", **settings)


def accuracy(result: Result) -> Bar:
    """Percent with its interval."""
    interval = result.quality.interval
    return Bar(100 * interval.value, 100 * interval.low, 100 * interval.high, shown_score(interval.value))


def time(speed: Speed | None) -> Bar:
    """Milliseconds of a sentence; an empty bar where they were not measured."""
    return _plain(speed.median_ms, "ms") if speed else Bar(None, None, None, "")


def file(result: Result) -> Bar:
    """Megabytes of the file."""
    return _plain(result.size.bytes / 1e6, "MB")


def _plain(value: float, unit: str) -> Bar:
    return Bar(value, None, None, f"{value:.1f} {unit}")
