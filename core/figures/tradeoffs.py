"""Accuracy over what is pruned, and over what it costs; every word on the figures is given by the caller."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.figures.style import COLOURS, DASHES, SYMBOLS, TALL, layout
from core.pareto import front

CROWD = 60  # points from which most intervals would hide one another
WIDE = 10  # largest over smallest from which an axis is logarithmic


@dataclass(frozen=True)
class Dot:
    """One measured point: x in the axis' unit, accuracy and its interval in percent, words for the hover."""

    x: float
    value: float
    low: float
    high: float
    words: str


def accuracy_curves(
    series: Mapping[str, Sequence[Dot]],
    *,
    dense: Dot | None,
    current: float | None,
    axes: tuple[str, str],
    dense_name: str,
) -> go.Figure:
    """Accuracy over the amount pruned, a measured dot with its interval each; x and y in percent."""
    # put together as plain values and handed over once: plotly checks everything anew at each of its update calls
    line = {"width": 1, "color": "gray"}
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    if dense:
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": dense.value, "y1": dense.value}
        shapes.append({**across, "line": {**line, "dash": "dot"}})
        place = {"x": 100, "y": dense.value, "xanchor": "right", "yshift": 9, "showarrow": False}
        notes.append({**place, "text": dense_name, "font": {"color": "gray"}})
    if current is not None:
        shapes.append({"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": current, "x1": current, "line": line})
    frame = layout(*axes)
    frame["xaxis"].update(range=[-2, 102], ticksuffix=" %")
    frame["yaxis"].update(ticksuffix=" %")
    traces = [_curve(index, name, dots) for index, (name, dots) in enumerate(series.items())]
    return go.Figure(data=traces, layout={**frame, "shapes": shapes, "annotations": notes})


def _curve(index: int, name: str, dots: Sequence[Dot]) -> dict[str, object]:
    ordered = sorted(dots, key=lambda dot: dot.x)
    return {
        "type": "scatter",
        "x": [d.x for d in ordered],
        "y": [d.value for d in ordered],
        "error_y": {**_intervals(ordered, ordered), "thickness": 1, "width": 2},
        "customdata": [d.words for d in ordered],
        "hovertemplate": "%{customdata}<extra></extra>",
        "mode": "lines+markers",
        "name": name,
        "line": {"color": COLOURS[index % len(COLOURS)], "dash": DASHES[index % len(DASHES)], "width": 2},
        "marker": {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 8},
    }


def scatter(
    groups: Mapping[str, Sequence[Dot]], *, axes: tuple[str, str], front_name: str, x_suffix: str, picked: str = ""
) -> go.Figure:
    """Quality over cost: the Pareto front as a line, points that another beats faded, intervals thin.

    picked: words of the point that is ringed. customdata of each point holds its words. Costs of which the largest is
    ten times the smallest and more stand on a logarithmic axis, on which "twice as fast" is as far everywhere. Of more
    than CROWD points only the front's and the picked one's intervals are drawn; the words of each hold its own.
    """
    dots = [dot for group in groups.values() for dot in group]
    best = {dots[i] for i in front([d.x for d in dots], [d.value for d in dots])}
    ordered = sorted((d for d in dots if d in best), key=lambda d: d.x)
    line = go.Scatter(
        x=[d.x for d in ordered],
        y=[d.value for d in ordered],
        mode="lines",
        name=front_name,
        line={"color": "gray", "width": 1.5, "shape": "hv"},
        hoverinfo="skip",
    )
    crowded = len(dots) > CROWD
    points = [_points(i, name, group, best, picked, crowded) for i, (name, group) in enumerate(groups.items())]
    figure = go.Figure(data=[line, *points], layout=layout(*axes))
    figure.update_xaxes(ticksuffix=x_suffix)
    costs = [dot.x for dot in dots]
    if is_wide(costs):
        figure.update_xaxes(type="log", tickvals=_one_two_five(min(costs), max(costs)))
    figure.update_yaxes(ticksuffix=" %")
    # so many groups above the points would leave no room for these
    beside = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top", "font": {"size": 12}}
    return figure.update_layout(height=TALL, legend=beside)


def _points(
    index: int, name: str, group: Sequence[Dot], best: Collection[Dot], picked: str, crowded: bool
) -> go.Scatter:
    """One group of the scatter; best: the front's dots."""
    sure = {d for d in group if not crowded or d in best or d.words == picked}
    usual = 8 if crowded else 11
    return go.Scatter(
        x=[d.x for d in group],
        y=[d.value for d in group],
        error_y={**_intervals(group, sure), "thickness": 0.6, "width": 0},
        customdata=[d.words for d in group],
        hovertemplate="%{customdata}<extra></extra>",
        mode="markers",
        name=name,
        marker={
            # the second round of colours gets other symbols, so that no two groups look alike
            "symbol": SYMBOLS[(index + index // len(COLOURS)) % len(SYMBOLS)],
            "color": COLOURS[index % len(COLOURS)],
            "size": [16 if d.words == picked else usual for d in group],
            "opacity": [1.0 if d in best else 0.45 for d in group],
            "line": {"width": [3 if d.words == picked else 0 for d in group], "color": "gray"},
        },
    )


def is_wide(costs: Sequence[float]) -> bool:
    """Do they span so much that a linear axis would press most of them together?"""
    return bool(costs) and 0 < WIDE * min(costs) <= max(costs)


def _one_two_five(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [digit * 10.0**power for power in powers for digit in (1, 2, 5)]


def _intervals(dots: Sequence[Dot], shown: Collection[Dot]) -> dict[str, Any]:
    """Those of the dots that are shown; the others have none."""
    above = [d.high - d.value if d in shown else None for d in dots]
    below = [d.value - d.low if d in shown else None for d in dots]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
