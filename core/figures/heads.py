"""Heads as figures: the map of layers x heads, and how many each layer keeps."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.figures.style import COLOURS, VIRIDIS, layout
from core.figures.tradeoffs import INK, PAPER


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
                "color": COLOURS[2] if not index else "rgba(128,128,128,0.15)",
                "line": {"width": index, "color": "gray"},
                "pattern": {"shape": "/" * index, "fgcolor": "gray"},
            },
            "text": [str(count) if count else "" for count in counts],
            "textfont": {"color": INK if index else PAPER},
        }
        for index, (name, counts) in enumerate(series.items())
    ]
    frame = layout(*axes) | {"barmode": "stack", "height": 260, "bargap": 0.25}
    return go.Figure(data=traces, layout=frame)
