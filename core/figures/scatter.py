"""The Pareto scatter as a Plotly figure: quality over cost; every word on it is given by the caller."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.figures.style import COLOURS, INK, QUIET, SYMBOLS, layout
from core.figures.tradeoffs import Dot, intervals
from core.pareto import front

TALL = 440
DENSE = 13  # size of what everything is compared with
# a phone has no room beside the points, and a server does not know the width
BELOW = {"orientation": "h", "x": 0, "xanchor": "left", "xref": "container", "y": 0, "yanchor": "bottom"}
BELOW |= {"yref": "container", "entrywidth": 92, "tracegroupgap": 0}
CROWD = 60  # points from which most intervals would hide one another
WIDE = 10  # largest over smallest from which an axis is logarithmic


def scatter(
    families: Mapping[str, Sequence[Dot]],
    *,
    dense: Sequence[Dot],
    shapes: Sequence[str],
    axes: tuple[str, str],
    names: tuple[str, str],
    x_suffix: str,
    picked: str = "",
    chosen: str = "",
    floor: tuple[float, str] | None = None,
    limits: tuple[float | None, float | None] = (None, None),
    published: tuple[Sequence[Dot], str] = ((), ""),
) -> go.Figure:
    """Quality over cost: the Pareto front as a line, points that another beats hollow and small, intervals thin.

    families: a colour each, as many as COLOURS, the same one whether others have points or not. dense: of no family,
    large and on top. shapes: what the symbols mean. names: of the front and of dense. picked, chosen: keys of points
    that are ringed; customdata of each point is its key. Costs of which the largest is ten times the smallest and more
    stand on a logarithmic axis, on which "twice as fast" is as far everywhere. Of more than CROWD points only the
    front's, the picked one's and the chosen one's intervals are drawn; the words of each hold its own. floor: the value
    of a dotted line with its words, below which nothing is worth its cost. limits: the most that something may cost and
    the least that it may be worth, as dashed lines. published: hollow marks of other machines,
    which no click chooses and no front knows, with their name.
    """
    dots = [*(dot for family in families.values() for dot in family), *dense]
    best = {dots[i] for i in front([d.x for d in dots], [d.value for d in dots])}
    crowded = len(dots) > CROWD
    told = {dot for dot in dots if not crowded or dot in best or (dot.key and dot.key in (picked, chosen))}
    coloured = zip(families.items(), COLOURS, strict=False)
    points = [_points(name, family, colour, best, told, 7) for (name, family), colour in coloured if family]
    points += [_points(names[1], dense, INK, best, told, DENSE)] if dense else []
    rings = [_ring(dot, 3 if dot.key == chosen else 1.5) for dot in dots if dot.key and dot.key in (picked, chosen)]
    used = sorted({dot.shape for dot in dots})
    keys = [_legend(shapes[shape], "gray", shape) for shape in used] if len(used) > 1 else []
    elsewhere = [_published(*published)] if published[0] else []
    traces = [_front(best, names[0]), *(trace for pair in points for trace in pair), *rings, *keys, *elsewhere]
    frame = layout(axes[0], "") | {"height": TALL}
    frame["legend"] = BELOW | {"font": frame["font"]}
    # beside the points its name would take a phone the room for a second column of the legend
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 8}
    frame |= {"annotations": [{**above, "text": axes[1], "showarrow": False}], "margin": frame["margin"] | {"t": 30}}
    del frame["yaxis"]["title"]
    frame["xaxis"] |= {"ticksuffix": x_suffix}
    most, least = limits
    frame["shapes"] = [_line(x=most, dash="dash")] if most is not None else []
    frame["shapes"] += [_line(y=least, dash="dash")] if least is not None else []
    if floor is not None:
        value, words = floor
        frame["shapes"].append(_line(y=value, dash="dot"))
        low = {"xref": "paper", "x": 1, "xanchor": "right", "y": value, "yanchor": "top", "showarrow": False}
        frame["annotations"] = [*frame["annotations"], {**low, "text": words}]
    costs = [dot.x for dot in dots]
    if is_wide(costs):
        frame["xaxis"] |= {"type": "log", "tickvals": _one_two_five(min(costs), max(costs))}
    return go.Figure(data=traces, layout=frame)


def _line(*, x: float | None = None, y: float | None = None, dash: str) -> dict[str, Any]:
    """Across the whole plot at one value of either axis."""
    ends = {"x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    if y is not None:
        ends = {"xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {"type": "line", **ends, "line": {"color": "gray", "width": 1.5, "dash": dash}}


def _front(best: Collection[Dot], name: str) -> dict[str, Any]:
    ordered = sorted(best, key=lambda dot: dot.x)
    return {
        "type": "scatter",
        "x": [d.x for d in ordered],
        "y": [d.value for d in ordered],
        "mode": "lines",
        "name": name,
        "line": {"color": "gray", "width": 1.5, "shape": "hv"},
        "hoverinfo": "skip",
    }


def _points(
    name: str, dots: Sequence[Dot], colour: str, best: Collection[Dot], told: Collection[Dot], size: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One family and its entry in the legend, which hides and shows it; best: the front's dots, told: with interval."""
    trace = {
        "type": "scatter",
        "x": [d.x for d in dots],
        "y": [d.value for d in dots],
        "error_y": {**intervals(dots, told), "thickness": 1, "width": 0, "color": colour},
        "customdata": [d.key for d in dots],
        "text": [d.words for d in dots],
        "hovertemplate": "%{text}<extra></extra>",
        "mode": "markers",
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "marker": {
            # hollow and not paler: on either theme a faded colour would be hard to see
            "symbol": [SYMBOLS[d.shape] if d in best else f"{SYMBOLS[d.shape]}-open" for d in dots],
            "color": colour,
            "opacity": 1,  # of points of several sizes plotly makes it less
            "size": [size + 3 if d in best else size for d in dots],
            "line": {"width": 1.5, "color": colour},
        },
        "unselected": {"marker": {"opacity": 1}},  # a click must not make the others pale
    }
    return trace, _legend(name, colour, 0)


def _legend(name: str, colour: str, shape: int) -> dict[str, Any]:
    """An entry of the legend without a point."""
    marker = {"symbol": SYMBOLS[shape] if colour != "gray" else f"{SYMBOLS[shape]}-open", "color": colour, "size": 9}
    nothing = {"x": [None], "y": [None], "hoverinfo": "skip"}
    return {"type": "scatter", "mode": "markers", "name": name, "legendgroup": name, "marker": marker, **nothing}


def _published(dots: Sequence[Dot], name: str) -> dict[str, Any]:
    place = {"x": [d.x for d in dots], "y": [d.value for d in dots], "text": [d.words for d in dots]}
    marker = {"symbol": "star-open", "color": QUIET, "size": 10, "line": {"width": 1.5, "color": QUIET}}
    words = {"name": name, "hovertemplate": "%{text}<extra></extra>", "customdata": [""] * len(dots)}
    return {"type": "scatter", "mode": "markers", "marker": marker, **place, **words}


def _ring(dot: Dot, width: float) -> dict[str, Any]:
    marker = {"symbol": "circle-open", "size": 22, "color": INK, "line": {"width": width, "color": INK}}
    alone = {"x": [dot.x], "y": [dot.value], "hoverinfo": "skip", "showlegend": False}
    return {"type": "scatter", "mode": "markers", "marker": marker, **alone}


def is_wide(costs: Sequence[float]) -> bool:
    """Do they span so much that a linear axis would press most of them together?"""
    return bool(costs) and 0 < WIDE * min(costs) <= max(costs)


def _one_two_five(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
