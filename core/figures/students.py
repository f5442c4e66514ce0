"""Figures of students: the grid of their sizes, and a training's loss and score; every word is given."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.figures.style import COLOURS, layout

HEIGHT = 300
SCALE, DIFFERENCES = "Cividis", "PuOr"


def grid(
    values: Sequence[Sequence[float | None]],
    layers: Sequence[str],
    widths: Sequence[str],
    axes: tuple[str, str],
    unit: str,
) -> go.Figure:
    """A cell a size, its value written in it; None is a size that nobody trained, and is left empty.

    unit: "%", or "±" for differences, whose colours turn at zero.
    """
    written = [
        ["–" if value is None else f"{value:+.1f}" if unit == "±" else f"{value:.1f}" for value in row]
        for row in values
    ]
    heat = {
        "type": "heatmap",
        "z": [list(row) for row in values],
        "x": list(widths),
        "y": list(layers),
        "text": written,
        "texttemplate": "%{text}",
        "textfont": {"size": 14},
        **({"colorscale": DIFFERENCES, "zmid": 0} if unit == "±" else {"colorscale": SCALE}),
        "hovertemplate": f"{axes[1]} %{{y}}, {axes[0]} %{{x}}: %{{text}}<extra></extra>",
        "xgap": 3,
        "ygap": 3,
        "colorbar": {"thickness": 10},
    }
    frame = layout(*axes) | {"height": HEIGHT}
    frame["xaxis"] |= {"type": "category", "showgrid": False}
    frame["yaxis"] |= {"type": "category", "showgrid": False}
    return go.Figure(data=[heat], layout=frame)


def training(
    losses: Sequence[tuple[int, float]], scores: Mapping[str, Sequence[tuple[int, float]]], axes: tuple[str, str, str]
) -> go.Figure:
    """The running loss over steps, and the percent of validation examples that are right, by name."""
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": axes[1],
            "x": [step for step, _ in losses],
            "y": [loss for _, loss in losses],
            "line": {"color": COLOURS[1], "width": 1.5, "dash": "dot"},
        }
    ]
    for index, (name, points) in enumerate(scores.items()):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [step for step, _ in points],
                "y": [100 * score for _, score in points],
                "yaxis": "y2",
                "line": {"color": COLOURS[0 if not index else index + 1]},
            }
        )
    frame = layout(axes[0], axes[1]) | {"height": HEIGHT}
    right = {
        "overlaying": "y",
        "side": "right",
        "title": {"text": axes[2]},
        "ticksuffix": " %",
        "tickformat": ".1f",
        "showgrid": False,
    }
    return go.Figure(data=traces, layout=frame | {"yaxis2": right})
