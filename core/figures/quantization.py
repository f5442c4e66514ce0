"""Figures of precisions: bars side by side, rounded weights, noise; every word on them is given by the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.style import COLOURS, layout

GAP = 0.07  # of the width, between panels
MOST_LINES = 40  # a grid finer than this would be one grey area


@dataclass(frozen=True)
class Bar:
    """One value of a panel with the ends of its interval, which are None where there is none."""

    value: float | None
    low: float | None
    high: float | None
    words: str


def panels(names: Sequence[str], columns: Mapping[str, Sequence[Bar]], first_from: float) -> go.Figure:
    """A panel a figure, a bar a name, the first name on top; the first panel's axis begins at first_from."""
    width = (1 - GAP * (len(columns) - 1)) / len(columns)
    traces: list[dict[str, object]] = []
    frame: dict[str, object] = {
        "height": 60 + 42 * len(names),
        "margin": {"l": 10, "r": 10, "t": 30, "b": 10},
        "showlegend": False,
        "bargap": 0.35,
        "yaxis": {"autorange": "reversed", "fixedrange": True},
    }
    notes = []
    for index, (title, bars) in enumerate(columns.items()):
        number, left = str(index + 1) if index else "", index * (width + GAP)
        frame[f"xaxis{number}"] = {"domain": [left, left + width], "fixedrange": True}
        if not index:
            frame["xaxis"] = {"domain": [left, left + width], "fixedrange": True, "range": [first_from, None]}
        place = {"xref": "paper", "yref": "paper", "x": left, "y": 1, "xanchor": "left", "yanchor": "bottom"}
        notes.append({**place, "text": title, "showarrow": False})
        traces.append(_bars(names, bars, number, COLOURS[index], first_from if not index else 0.0))
    return go.Figure(data=traces, layout={**frame, "annotations": notes})


def _bars(names: Sequence[str], bars: Sequence[Bar], number: str, colour: str, base: float) -> dict[str, object]:
    known = [bar.value is not None for bar in bars]
    values = [bar.value or 0.0 for bar in bars]
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": [value - base if has else None for value, has in zip(values, known, strict=True)],
        "base": base,
        "xaxis": f"x{number}",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [bar.high - bar.value if bar.high and bar.value else None for bar in bars],
            "arrayminus": [bar.value - bar.low if bar.low and bar.value else None for bar in bars],
            "thickness": 1.5,
            "width": 4,
            "color": "gray",
            "visible": any(bar.high is not None for bar in bars),
        },
        "text": [bar.words for bar in bars],
        "textposition": "auto",
        "insidetextanchor": "start",
        "textangle": 0,
        "constraintext": "none",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "marker": {"color": colour},
    }


def histogram(
    counts: Sequence[int], low: float, high: float, grid: Sequence[float], axes: tuple[str, str]
) -> go.Figure:
    """How many weights have which value, and the points of the integer grid where they can be told apart."""
    width = (high - low) / len(counts) if high > low else 1.0
    shapes = [
        {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": point, "x1": point, "line": line}
        for point in (grid if len(grid) <= MOST_LINES else ())
        for line in ({"width": 1, "color": COLOURS[1]},)
    ]
    bars = {
        "type": "bar",
        "x": [low + (index + 0.5) * width for index in range(len(counts))],
        "y": list(counts),
        "width": width,
        "marker": {"color": COLOURS[0]},
        "hovertemplate": "%{x:.3f}: %{y:,}<extra></extra>",
    }
    return go.Figure(data=[bars], layout=layout(*axes) | {"shapes": shapes, "height": 260, "bargap": 0})


def noise_bars(series: Mapping[str, Mapping[str, float]], axes: tuple[str, str]) -> go.Figure:
    """Decibels of each matrix, a group a role, a bar a layer: the shorter, the more noise."""
    traces = [
        {
            "type": "bar",
            "name": role,
            "x": list(values),
            "y": list(values.values()),
            "marker": {"color": COLOURS[index % len(COLOURS)]},
            "hovertemplate": f"{role} %{{x}}: %{{y:.1f}} dB<extra></extra>",
        }
        for index, (role, values) in enumerate(series.items())
    ]
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return go.Figure(data=traces, layout=layout(*axes) | {"barmode": "group", "height": 260, "legend": legend})
