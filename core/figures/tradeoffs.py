"""Results as Plotly figures; no streamlit here, and every word on them is given by the caller."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.pareto import front

# Okabe and Ito's colour-blind safe palette (2008), without black and yellow, which vanish on one of the themes
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
VIRIDIS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
HEIGHT, TALL = 360, 560
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
        "line": {"color": COLOURS[index], "dash": DASHES[index], "width": 2},
        "marker": {"symbol": SYMBOLS[index], "size": 8},
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


def layout(x: str, y: str) -> dict[str, Any]:
    """What every figure with two axes has: their words, thin margins, the legend above."""
    return {
        "xaxis": {"title": {"text": x}, "zeroline": False},
        "yaxis": {"title": {"text": y}, "zeroline": False},
        "height": HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
    }


def head_map(
    values: Sequence[Sequence[float]], gone: Sequence[Sequence[bool]], *, axes: tuple[str, str], percent: bool
) -> dict[str, Any]:
    """An ECharts heatmap of layers x heads; a cross marks a head that is gone, NaN leaves a cell empty.

    percent: values are shares; else they are importances, which span decades and are coloured by their logarithm.
    Data are in reading order, so that the index of a click is layer * heads + head.
    """
    known = [_shade(value, percent) for row in values for value in row if value == value]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    form = "%.1f %%" if percent else "%.1e"
    category = {"type": "category", "nameLocation": "middle", "axisTick": {"show": False}}
    layers, heads = ([str(i + 1) for i in range(count)] for count in (len(values), len(values[0])))
    ends = [form % (value if percent else 10**value) for value in (high, low)]
    return {
        "xAxis": {**category, "name": axes[0], "nameGap": 26, "data": heads},
        "yAxis": {**category, "name": axes[1], "nameGap": 24, "inverse": True, "data": layers},
        "grid": {"left": 44, "right": 8, "top": 8, "bottom": 76},
        "visualMap": {
            "min": low,
            "max": high if high > low else low + 1,
            "dimension": 2,
            "calculable": False,
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "itemHeight": 180,
            "itemWidth": 10,
            "text": ends,
            "inRange": {"color": list(VIRIDIS)},
        },
        "tooltip": {"valueFormatter": form},
        "series": [
            {
                "type": "heatmap",
                "data": _cells(values, gone, percent),
                "encode": {"x": 0, "y": 1, "tooltip": [3]},
                "selectedMode": "single",
                "itemStyle": {"borderWidth": 1, "borderColor": "rgba(128,128,128,0.35)"},
                "select": {"itemStyle": {"borderWidth": 3, "borderColor": "#D55E00"}},
                "emphasis": {"itemStyle": {"borderWidth": 2, "borderColor": "#D55E00"}},
            }
        ],
    }


def _cells(values: Sequence[Sequence[float]], gone: Sequence[Sequence[bool]], percent: bool) -> list[dict[str, Any]]:
    cross: dict[str, Any] = {"formatter": "×", "fontSize": 16, "color": "#fff"}
    cross |= {"textBorderColor": "#000", "textBorderWidth": 2}
    cells: list[dict[str, Any]] = []
    for layer, row in enumerate(values):
        for head, value in enumerate(row):
            shade, shown = (_shade(value, percent), value) if value == value else ("-", "-")
            cells.append({"value": [head, layer, shade, shown], "label": cross | {"show": gone[layer][head]}})
    return cells


def _shade(value: float, percent: bool) -> float:
    return value if percent else math.log10(max(value, 1e-12))


def stacked_bars(places: Sequence[str], series: Mapping[str, Sequence[int]], *, axes: tuple[str, str]) -> go.Figure:
    """Counts on top of each other, a bar a place; the second series is hatched, so that colour is not alone."""
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": list(places),
            "y": list(counts),
            "marker": {
                "color": COLOURS[2] if not index else "rgba(128,128,128,0.35)",
                "pattern": {"shape": "/" * index},
            },
            "text": [str(count) if count else "" for count in counts],
        }
        for index, (name, counts) in enumerate(series.items())
    ]
    frame = layout(*axes) | {"barmode": "stack", "height": 260, "bargap": 0.25}
    return go.Figure(data=traces, layout=frame)
