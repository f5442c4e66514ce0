"""Times of the devices of a room: a dot for each, a row a model, beside what is known without them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.style import COLOURS, QUIET, SYMBOLS, layout

ROW = 76  # pixels a model
MOST_NAMED = 8  # devices whose names have room beside their dots
HALF = 0.38  # of a row, which a stroke or a band takes to each side
APART = 0.28  # how far from its row's middle a dot may lie, so that those of equal times are seen


@dataclass(frozen=True)
class Dot:
    """One model on one device: the model's place, milliseconds, the group that colours it, what pointing tells, and
    what the device is called."""

    place: int
    ms: float
    group: str
    words: str
    label: str = ""


@dataclass(frozen=True)
class Mark:
    """What is known without a device: of each model from what to what, in milliseconds, or None."""

    name: str
    spans: Sequence[tuple[float, float] | None]


def dots(names: Sequence[str], found: Sequence[Dot], marks: Sequence[Mark], axis: str) -> go.Figure:
    """names: of the models from top to bottom. marks: a stroke across its row where both ends are one, else a band."""
    groups = list(dict.fromkeys(one.group for one in found))
    named = len(found) <= MOST_NAMED * max(1, len(names))
    traces = [
        _group(index, group, [one for one in found if one.group == group], named) for index, group in enumerate(groups)
    ]
    traces += [_mark(one) for one in marks if any(one.spans)]
    frame = layout(axis, "") | {"height": 110 + ROW * len(names)}
    frame["xaxis"] |= {"type": "log", "ticksuffix": " ms", "dtick": "D2"}
    frame["yaxis"] |= {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [len(names) - 0.5, -0.5],
        "automargin": True,
    }
    return go.Figure(data=traces, layout=frame)


def _group(index: int, group: str, found: Sequence[Dot], named: bool) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "markers+text" if named else "markers",
        "name": group,
        "textposition": "top center",
        "textfont": {"size": 10},
        "x": [one.ms for one in found],
        "y": [one.place + _shift(one) for one in found],
        "text": [one.label for one in found],
        "customdata": [one.words for one in found],
        "marker": {"color": COLOURS[index % len(COLOURS)], "symbol": SYMBOLS[index % len(SYMBOLS)], "size": 11},
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _mark(mark: Mark) -> dict[str, object]:
    x: list[float | None] = []
    y: list[float | None] = []
    thin = all(span is None or span[0] == span[1] for span in mark.spans)
    for place, span in enumerate(mark.spans):
        if span is not None:
            x += [*span, None]  # nothing joins two rows
            y += [place - HALF if thin else place + HALF, place + HALF, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": mark.name,
        "x": x,
        "y": y,
        "line": {"color": QUIET, "width": 3} if thin else {"color": QUIET, "width": 7, "dash": "4px,3px"},
        "hovertemplate": f"{mark.name}: %{{x:.1f}} ms<extra></extra>",
    }


def _shift(one: Dot) -> float:
    """The same for the same dot, so that nothing moves while others come."""
    return random.Random(one.words).uniform(-APART, APART)
