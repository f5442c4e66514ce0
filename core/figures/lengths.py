"""Figures of the cost of length: times over tokens beside the formula, and shares of the work; words are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.style import COLOURS, PAPER, SYMBOLS, layout

HEIGHT = 310
PATTERNS = ("", "/", ".")  # so that colour is not alone
FAINT = {"fgcolor": "white", "fgopacity": 0.45}
LEAST_WRITTEN = 7  # percent: a smaller part of a bar has no room for its number


@dataclass(frozen=True)
class Curve:
    """Measured times of one model: milliseconds with the ends of their intervals, by tokens.

    formula: milliseconds at the same tokens that the formula gives, empty where it is not drawn.
    """

    name: str
    tokens: Sequence[int]
    ms: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    formula: Sequence[float]


def times(curves: Sequence[Curve], formula_name: str, axes: tuple[str, str]) -> go.Figure:
    """Times over tokens, both on logarithmic axes: points with intervals, and dashed what the formula says."""
    traces = [_measured(index, one) for index, one in enumerate(curves)]
    dashed = [_formula(index, one, formula_name) for index, one in enumerate(curves) if one.formula]
    for trace in dashed[:1]:  # one entry in the legend
        trace["showlegend"] = True
    ticks = sorted({tokens for one in curves for tokens in one.tokens})
    frame = layout(*axes) | {"height": HEIGHT}
    frame["xaxis"] |= {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:,}" for tick in ticks]}
    frame["yaxis"] |= {"type": "log", "dtick": "D2"}
    return go.Figure(data=[*dashed, *traces], layout=frame)


def _measured(index: int, one: Curve) -> dict[str, object]:
    above = [high - ms for high, ms in zip(one.high, one.ms, strict=True)]
    below = [ms - low for low, ms in zip(one.low, one.ms, strict=True)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": one.name,
        "x": list(one.tokens),
        "y": list(one.ms),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "thickness": 1,
            "width": 3,
        },
        "line": {"color": COLOURS[index], "width": 2},
        "marker": {"symbol": SYMBOLS[index], "size": 9},
        "hovertemplate": f"{one.name}, %{{x}}: %{{y:.1f}} ms<extra></extra>",
    }


def _formula(index: int, one: Curve, name: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(one.tokens),
        "y": list(one.formula),
        "line": {"color": COLOURS[index], "width": 1.5, "dash": "dash"},
        "showlegend": False,
        "legendrank": 2000,  # after what was measured
        "hovertemplate": f"{name}, {one.name}, %{{x}}: %{{y:.1f}} ms<extra></extra>",
    }


def shares(tokens: Sequence[int], parts: Mapping[str, Sequence[float]], limit: int, axes: tuple[str, str]) -> go.Figure:
    """Percent of the work by tokens, stacked, with lines at half and at the longest sentence that the model takes."""
    names = [str(count) for count in tokens]
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": names,
            "y": list(values),
            "marker": {
                "color": COLOURS[index],
                "pattern": {"shape": PATTERNS[index], "size": 6, "solidity": 0.15, "fillmode": "overlay", **FAINT},
            },
            "text": [f"{value:.0f}" if value > LEAST_WRITTEN else "" for value in values],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "insidetextfont": {"color": PAPER},
            "textangle": 0,
            "hovertemplate": f"{name}, %{{x}}: %{{y:.1f}} %<extra></extra>",
        }
        for index, (name, values) in enumerate(parts.items())
    ]
    line, end = {"width": 1.5, "color": "gray"}, sum(count <= limit for count in tokens) - 0.5
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 50, "y1": 50, "line": line}
    half = across | {"layer": "below"}  # seen between the bars, so that it strikes no number out
    longest = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": end, "x1": end, "line": line | {"dash": "dot"}}
    frame = layout(*axes) | {"height": HEIGHT, "barmode": "stack", "bargap": 0.2, "shapes": [half, longest]}
    frame["legend"] |= {"traceorder": "normal"}
    frame["xaxis"] |= {"type": "category", "autotickangles": [0, 60], "tickfont": frame["font"] | {"size": 11}}
    frame["yaxis"] |= {"ticksuffix": " %", "range": [0, 100]}
    return go.Figure(data=traces, layout=frame)
