"""Figures of students: the grid of their sizes, and a training's loss and score; every word is given."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.figures.style import COLOURS, QUIET, layout

HEIGHT = 300
SCALE, DIFFERENCES = "Cividis", "PuOr"


def grid(
    values: Sequence[Sequence[float | None]],
    layers: Sequence[str],
    widths: Sequence[str],
    axes: tuple[str, str],
    unit: str,
    chance: Collection[tuple[int, int]] = (),
) -> go.Figure:
    """A cell a size, its value written in it; None is a size that nobody trained, and is left empty.

    unit: "%", or "±" for differences, whose colours turn at zero. chance: row and column of the cells whose value
    may be none at all; they have no colour.
    """
    known = [value for row in values for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if unit == "±":
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    scale = DIFFERENCES if unit == "±" else SCALE
    written = [
        ["–" if value is None else f"{value:+.1f}" if unit == "±" else f"{value:.1f}" for value in row]
        for row in values
    ]
    heat = {
        "type": "heatmap",
        "z": [[None if (i, j) in chance else value for j, value in enumerate(row)] for i, row in enumerate(values)],
        "x": list(widths),
        "y": list(layers),
        "text": written,
        "colorscale": scale,
        "zmin": low,
        "zmax": high,
        "hoverinfo": "skip",  # the marks over the cells say it
        "xgap": 3,
        "ygap": 3,
        "colorbar": {"thickness": 10, "tickfont": {"color": QUIET}},
    }
    frame = layout(*axes) | {"height": HEIGHT}
    frame["xaxis"] |= {"type": "category", "showgrid": False}
    frame["yaxis"] |= {"type": "category", "showgrid": False}
    frame["annotations"] = [
        {
            "x": j,  # by number: a name that is one would be taken for it
            "y": i,
            "text": written[i][j],
            "showarrow": False,
            "font": {
                "size": 14,
                "color": QUIET if value is None or (i, j) in chance else on_scale(scale, value, low, high),
            },
        }
        for i, row in enumerate(values)
        for j, value in enumerate(row)
    ]
    return go.Figure(data=[heat, _marks(layers, widths, written, axes)], layout=frame)


def _marks(
    layers: Sequence[str], widths: Sequence[str], written: Sequence[Sequence[str]], axes: tuple[str, str]
) -> dict[str, Any]:
    """An unseen mark over each cell, as large as one: Plotly lets no cell of a heatmap be clicked."""
    unseen = {"marker": {"opacity": 0}}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [width for _ in layers for width in widths],
        "y": [layer for layer in layers for _ in widths],
        "text": [words for row in written for words in row],
        "hovertemplate": f"{axes[1]} %{{y}}, {axes[0]} %{{x}}: %{{text}}<extra></extra>",
        "marker": {"size": 34, "symbol": "square", "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "showlegend": False,
    }


def on_scale(scale: str, value: float, low: float, high: float) -> str:
    """Black or white, whichever is read better on the scale's colour there; no colour is too bright for both."""
    share = (value - low) / (high - low) if high > low else 0.5
    (colour,) = sample_colorscale(scale, [share], colortype="tuple")
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # WCAG 2.2
    return "#000000" if luminance > 0.179 else "#FFFFFF"


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
        "title": {"text": axes[2], "font": frame["font"]},
        "ticksuffix": " %",
        "tickformat": ".1f",
        "tickfont": frame["font"],
        "showgrid": False,
    }
    return go.Figure(data=traces, layout=frame | {"yaxis2": right})
