"""Accuracy over what is pruned, and over what it costs; every word on the figures is given by the caller."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.figures.style import COLOURS, DASHES, LONGEST, SYMBOLS, layout


@dataclass(frozen=True)
class Dot:
    """One measured point: x in the axis' unit, accuracy and its interval in percent, words for the hover.

    key: what a click on it answers with. shape: number of its symbol.
    """

    x: float
    value: float
    low: float
    high: float
    words: str
    key: str = ""
    shape: int = 0


def accuracy_curves(
    series: Mapping[str, Sequence[Dot]],
    *,
    dense: Dot | None,
    current: float | None,
    axes: tuple[str, str],
    dense_name: str,
    unit: str = " %",
) -> go.Figure:
    """Accuracy over the amount pruned, a measured dot with its interval each; x in percent, y in that unit."""
    # put together as plain values and handed over once: plotly checks everything anew at each of its update calls
    line = {"width": 1, "color": "gray"}
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    if dense:
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": dense.value, "y1": dense.value}
        shapes.append({**across, "line": {**line, "dash": "dot"}})
        place = {"x": 100, "y": dense.value, "xanchor": "right", "yshift": 9, "showarrow": False}
        notes.append({**place, "text": dense_name})
    if current is not None:
        shapes.append({"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": current, "x1": current, "line": line})
    frame = layout(*axes)
    frame["xaxis"].update(range=[-2, 102], ticksuffix=" %")
    frame["yaxis"].update(ticksuffix=unit)
    traces = [_curve(index, name, dots) for index, (name, dots) in enumerate(series.items())]
    return go.Figure(data=traces, layout={**frame, "shapes": shapes, "annotations": notes})


def _curve(index: int, name: str, dots: Sequence[Dot]) -> dict[str, object]:
    ordered = sorted(dots, key=lambda dot: dot.x)
    return {
        "type": "scatter",
        "x": [d.x for d in ordered],
        "y": [d.value for d in ordered],
        "error_y": {**intervals(ordered, ordered), "thickness": 1, "width": 2},
        "customdata": [d.words for d in ordered],
        "hovertemplate": "%{customdata}<extra></extra>",
        "mode": "lines+markers",
        "name": name,
        "line": {"color": COLOURS[index % len(COLOURS)], "dash": DASHES[index % len(DASHES)], "width": 2},
        "marker": {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 8},
    }


def intervals(dots: Sequence[Dot], shown: Collection[Dot]) -> dict[str, Any]:
    """Those of the dots that are shown; the others have none."""
    above = [d.high - d.value if d in shown else None for d in dots]
    below = [d.value - d.low if d in shown else None for d in dots]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below}


def _broken(name: str) -> str:
    return "<br>".join(textwrap.wrap(name, LONGEST))
