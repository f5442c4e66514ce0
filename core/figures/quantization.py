"""Figures of precisions: bars side by side, rounded weights, noise; every word on them is given by the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.style import COLOURS, INK, QUIET, layout

ROW, THICK, MARGIN = 42, 15, 12  # pixels from bar to bar, of a bar, and beside the bars
MOST_LINES = 40  # a grid finer than this would be one grey area


@dataclass(frozen=True)
class Bar:
    """One value with the ends of its interval, which are None where there is none."""

    value: float | None
    low: float | None
    high: float | None
    words: str


def bars(names: Sequence[str], values: Sequence[Bar], colour: int) -> go.Figure:
    """A bar a name from zero, the first one on top; name and words of each stand above its bar.

    There they have the whole width, so that neither is cut off or overprinted on a phone. Values with an interval are
    dots on an axis around them instead: a bar that does not begin at zero overstates. colour: index of COLOURS.
    """
    dots = any(bar.low is not None for bar in values)
    shared = {
        "y": list(names),
        "x": [bar.value for bar in values],
        "customdata": [bar.words for bar in values],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }
    frame = {
        "height": 34 + ROW * len(names),
        "margin": {"l": MARGIN, "r": MARGIN, "t": 0, "b": 10},
        "showlegend": False,
        "bargap": 1 - THICK / ROW,
        "xaxis": {"fixedrange": True, "range": _span(values, dots), "nticks": 5, "tickfont": {"color": QUIET}},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(names) - 0.5, -0.8]},
        "annotations": [note for name, bar in zip(names, values, strict=True) for note in _above(name, bar.words)],
    }
    return go.Figure(data=[shared | (_dots if dots else _bars)(values, COLOURS[colour])], layout=frame)


def _bars(_: Sequence[Bar], colour: str) -> dict[str, object]:
    return {"type": "bar", "orientation": "h", "marker": {"color": colour}}


def _dots(values: Sequence[Bar], colour: str) -> dict[str, object]:
    above, below = zip(*map(_arms, values), strict=True)
    error = {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 2, "width": 4}
    marker = {"color": colour, "size": 9}
    return {"type": "scatter", "mode": "markers", "marker": marker, "error_x": error | {"color": colour}}


def _arms(bar: Bar) -> tuple[float | None, float | None]:
    """How far the interval reaches above and below the value."""
    if bar.value is None or bar.low is None or bar.high is None:
        return None, None
    return bar.high - bar.value, bar.value - bar.low


def _span(values: Sequence[Bar], dots: bool) -> list[float | None]:
    """The axis: from zero or the lowest value, or with room around the intervals."""
    if not dots:
        return [min([0.0, *(bar.value for bar in values if bar.value is not None)]), None]
    ends = [end for bar in values for end in (bar.low, bar.high) if end is not None]
    room = 0.08 * (max(ends) - min(ends)) or 1.0
    return [min(ends) - room, max(ends) + room]


def _above(name: str, words: str) -> list[dict[str, object]]:
    place = {"xref": "paper", "y": name, "yanchor": "bottom", "yshift": THICK / 2, "showarrow": False, "borderpad": 0}
    ends = ((name, 0, "left", -MARGIN), (words, 1, "right", MARGIN))
    font = {"color": INK, "size": 11}
    return [
        {**place, "font": font, "text": text, "x": x, "xanchor": end, "xshift": shift}
        for text, x, end, shift in ends
        if text
    ]


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
    return go.Figure(data=traces, layout=layout(*axes) | {"barmode": "group", "height": 260})
