"""Heads as figures: the map of layers x heads, and how many each layer keeps."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from core.figures.style import COLOURS, DIVERGING, INK, PAPER, VIRIDIS, layout

Scale = Literal["log", "share", "difference"]
BLACK, WHITE = "#111111", "#FFFFFF"
# width and colour of the frames around a cell: together black and white are seen on every colour and on both themes
CHOSEN, OUTLINED = ((6, BLACK), (3, WHITE)), ((2, BLACK),)


@dataclass(frozen=True)
class Cell:
    """One head: its value, NaN where there is none, and all that is said of it when it is pointed at.

    gone: a cross is drawn on it. outlined: it differs from the others in a way that counts. chosen: it is looked at.
    """

    value: float
    words: str
    gone: bool = False
    outlined: bool = False
    chosen: bool = False


def head_map(
    cells: Sequence[Sequence[Cell]],
    *,
    axes: tuple[str, str],
    scale: Scale,
    ends: tuple[float, float],
    words: tuple[str, str],
) -> dict[str, Any]:
    """An ECharts heatmap of layers x heads, a row a layer; ends: lowest and highest value of the colours, and in words.

    scale: "log" for values that span decades, "share" for percent, "difference" for values around 0, whose colours
    turn grey in the middle. Data are in reading order, so that the index of a click is layer * heads + head.
    """
    low, high = (_shade(end, scale) for end in ends)
    category = {"type": "category", "nameLocation": "middle", "axisTick": {"show": False}}
    layers, heads = ([str(i + 1) for i in range(count)] for count in (len(cells), len(cells[0])))
    return {
        "xAxis": {**category, "name": axes[0], "nameGap": 26, "data": heads},
        "yAxis": {**category, "name": axes[1], "nameGap": 24, "inverse": True, "data": layers},
        "grid": {"left": 44, "right": 8, "top": 8, "bottom": 76},
        "visualMap": {
            "min": low if high > low else high - 1,
            "max": high,
            "dimension": 2,
            "seriesIndex": 0,
            "calculable": False,
            "hoverLink": False,  # it would write the shade, a logarithm
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "itemHeight": 180,
            "itemWidth": 10,
            "text": [words[1], words[0]],
            "inRange": {"color": list(DIVERGING if scale == "difference" else VIRIDIS)},
        },
        "tooltip": {"formatter": "{b}", "confine": True, "extraCssText": "white-space:normal;max-width:15rem"},
        "series": [
            {
                "type": "heatmap",
                "data": [
                    _drawn(cell, layer, head, scale) for layer, row in enumerate(cells) for head, cell in enumerate(row)
                ],
                "encode": {"x": 0, "y": 1},
                "selectedMode": "single",
                "itemStyle": {"borderWidth": 1, "borderColor": "rgba(128,128,128,0.35)"},
                "emphasis": {"itemStyle": {"borderWidth": 2, "borderColor": BLACK}},
            },
            *_frames(cells),
        ],
    }


def _frames(cells: Sequence[Sequence[Cell]]) -> list[dict[str, Any]]:
    """Series of empty cells above the map: the neighbours would cover a border of the map's own cells."""
    places = [(cell, [head, layer, 0]) for layer, row in enumerate(cells) for head, cell in enumerate(row)]
    return [
        *_frame((place for cell, place in places if cell.outlined), OUTLINED),
        *_frame((place for cell, place in places if cell.chosen), CHOSEN),
    ]


def _frame(places: Iterable[list[int]], lines: Iterable[tuple[int, str]]) -> list[dict[str, Any]]:
    empty = {"type": "heatmap", "data": list(places), "silent": True, "z": 3}
    return [
        empty | {"itemStyle": {"color": "transparent", "borderWidth": width, "borderColor": colour}}
        for width, colour in lines
        if empty["data"]
    ]


def _drawn(cell: Cell, layer: int, head: int, scale: Scale) -> dict[str, Any]:
    """A cell for ECharts; its name is its words, since cells of one name are selected and outlined together."""
    cross: dict[str, Any] = {"formatter": "×", "fontSize": 16, "color": "#fff"}
    cross |= {"textBorderColor": "#000", "textBorderWidth": 2}
    shade = "-" if math.isnan(cell.value) else _shade(cell.value, scale)
    return {"name": cell.words, "value": [head, layer, shade], "label": cross | {"show": cell.gone}}


def _shade(value: float, scale: Scale) -> float:
    return math.log10(max(value, 1e-12)) if scale == "log" else value


def stacked_bars(places: Sequence[str], series: Mapping[str, Sequence[int]], *, axes: tuple[str, str]) -> go.Figure:
    """Counts on top of each other, a bar a place; the second series is hatched, so that colour is not alone."""

    def look(index: int, counts: Sequence[int]) -> dict[str, Any]:
        marker = {
            "color": COLOURS[2] if not index else "rgba(128,128,128,0.15)",
            "line": {"width": index, "color": "gray"},
            "pattern": {"shape": "/" * index, "fgcolor": "gray"},
        }
        text = [str(count) if count else "" for count in counts]
        return {"marker": marker, "text": text, "textfont": {"color": INK if index else PAPER}}

    return _bars(places, series, look, axes, "stack", 260)


def paired_bars(places: Sequence[str], series: Mapping[str, Sequence[int]], *, axes: tuple[str, str]) -> go.Figure:
    """Counts beside each other, two bars a place; the second is hatched, so that colour is not alone."""

    def look(index: int, counts: Sequence[int]) -> dict[str, Any]:
        pattern = {"shape": "/" * index, "fgcolor": PAPER, "fillmode": "overlay", "solidity": 0.2}
        return {"marker": {"color": COLOURS[index], "pattern": pattern}}

    return _bars(places, series, look, axes, "group", 240)


def _bars(
    places: Sequence[str],
    series: Mapping[str, Sequence[int]],
    look: Callable[[int, Sequence[int]], dict[str, Any]],
    axes: tuple[str, str],
    mode: str,
    height: int,
) -> go.Figure:
    """A bar for each series at each place; look: of the series of that number."""
    traces = [
        {"type": "bar", "name": name, "x": list(places), "y": list(counts), **look(index, counts)}
        for index, (name, counts) in enumerate(series.items())
    ]
    return go.Figure(data=traces, layout=layout(*axes) | {"barmode": mode, "height": height, "bargap": 0.25})
