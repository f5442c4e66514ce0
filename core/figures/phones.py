"""Times of the devices of a room: a dot for each, a row a model, beside what the server takes itself."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.style import COLOURS, QUIET, SYMBOLS, layout

ROW = 76  # pixels a model
APART = 0.28  # how far from its row's middle a dot may lie, so that those of equal times are seen


@dataclass(frozen=True)
class Dot:
    """One model on one device: the model's place, milliseconds, the group that colours it, and what pointing tells."""

    place: int
    ms: float
    group: str
    words: str


def dots(
    names: Sequence[str], found: Sequence[Dot], server: Sequence[float | None], server_name: str, axis: str
) -> go.Figure:
    """names: of the models from top to bottom. server: its own milliseconds of each, None where it has none."""
    groups = list(dict.fromkeys(one.group for one in found))
    traces = [_group(index, group, [one for one in found if one.group == group]) for index, group in enumerate(groups)]
    own = [(place, ms) for place, ms in enumerate(server) if ms is not None]
    if own:
        traces.append(_server(own, server_name))
    frame = layout(axis, "") | {"height": 110 + ROW * len(names)}
    frame["xaxis"] |= {"type": "log", "ticksuffix": " ms", "dtick": "D2"}
    frame["yaxis"] |= {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [len(names) - 0.5, -0.5],
        "automargin": True,
    }
    return go.Figure(data=traces, layout=frame)


def _group(index: int, group: str, found: Sequence[Dot]) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": group,
        "x": [one.ms for one in found],
        "y": [one.place + _shift(one) for one in found],
        "text": [one.words for one in found],
        "marker": {"color": COLOURS[index % len(COLOURS)], "symbol": SYMBOLS[index % len(SYMBOLS)], "size": 11},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _server(own: Sequence[tuple[int, float]], name: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [ms for _, ms in own],
        "y": [place for place, _ in own],
        "marker": {"color": QUIET, "symbol": "line-ns", "size": 34, "line": {"width": 3, "color": QUIET}},
        "hovertemplate": f"{name}: %{{x:.1f}} ms<extra></extra>",
    }


def _shift(one: Dot) -> float:
    """The same for the same dot, so that nothing moves while others come."""
    return random.Random(one.words).uniform(-APART, APART)
