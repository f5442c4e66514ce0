"""Every matrix of an encoder at once, in cells: what is left of it, and where two models differ."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import plotly.graph_objects as go

from core.errors import Words
from core.figures.style import DIVERGING, VIRIDIS, layout
from core.left import Left

GAP = 3  # cells between two matrices
ACROSS = ("up",)  # roles that are drawn turned, so that all are as high as the model is wide
Say = Callable[[Words], str]


def matrices(found: Sequence[Left], say: Say = str) -> go.Figure:
    """Every matrix as a map of its cells, a row a layer, a column a role; pointing at one says how much is left."""
    words = {(one.layer, one.role): f"{say(_told(one))}<br>{say(Words('this square'))}: %{{z}} %" for one in found}
    values = {(one.layer, one.role): one.cells for one in found}
    return _maps(values, words, say, (0, 100, "%", _scale(VIRIDIS)))


def differences(a: Sequence[Left], b: Sequence[Left], say: Say = str) -> go.Figure:
    """What is left in each cell of B less what is left in A, in percent: -100 is in A only, 100 in B only, and 0 alike.

    Both must be of the same dense model.
    """
    before = {(one.layer, one.role): one for one in a}
    values = {(one.layer, one.role): one.cells.astype(int) - before[one.layer, one.role].cells for one in b}
    words = {
        (one.layer, one.role): say(
            Words(
                "layer {layer}, {role}: A {a:.0%}, B {b:.0%}",
                layer=one.layer + 1,
                role=one.role,
                a=before[one.layer, one.role].density,
                b=one.density,
            )
        )
        + f"<br>{say(Words('this square'))}: %{{z:+}}"
        for one in b
    }
    # A has the colour that its bars have, and so has B
    return _maps(values, words, say, (-100, 100, "B - A", _scale(DIVERGING[::-1])))


def _maps(
    values: Mapping[tuple[int, str], npt.NDArray[Any]],
    words: Mapping[tuple[int, str], str],
    say: Say,
    colours: tuple[int, int, str, list[list[Any]]],
) -> go.Figure:
    """A map for each layer and role; colours: the least value, the largest, what they are, and their scale."""
    layers = sorted({layer for layer, _ in values})
    roles = list(dict.fromkeys(role for _, role in values))
    shown = {place: cells.T if place[1] in ACROSS else cells for place, cells in values.items()}
    widths = {role: max(cells.shape[1] for (_, of), cells in shown.items() if of == role) for role in roles}
    high = max(cells.shape[0] for cells in shown.values()) + GAP
    starts = {role: sum(widths[before] + GAP for before in roles[:index]) for index, role in enumerate(roles)}
    traces = [
        {
            "type": "heatmap",
            "name": "",
            "z": cells.tolist(),
            "x0": starts[role],
            "dx": 1,
            "y0": layers.index(layer) * high,
            "dy": 1,
            "coloraxis": "coloraxis",
            "hovertemplate": words[layer, role],
        }
        for (layer, role), cells in shown.items()
    ]
    frame = layout("", "")
    quiet = frame["font"]
    ticks: dict[str, Any] = {"tickfont": quiet, "showgrid": False, "zeroline": False}
    middle = {role: starts[role] + widths[role] / 2 - 0.5 for role in roles}
    across = {"tickvals": list(middle.values()), "ticktext": roles, "side": "top"}
    down = {
        "tickvals": [index * high + (high - GAP) / 2 - 0.5 for index in range(len(layers))],
        "ticktext": [str(layer + 1) for layer in layers],
        "autorange": "reversed",
        "title": {"text": say(Words("layer")), "font": quiet},
    }
    least, largest, name, scale = colours
    bar = {"title": {"text": name, "font": quiet}, "tickfont": quiet, "thickness": 10}
    axis = {"cmin": least, "cmax": largest, "colorscale": scale, "colorbar": bar}
    size = {"height": 80 + 46 * len(layers), "coloraxis": axis}
    return go.Figure(data=traces, layout=frame | size | {"xaxis": ticks | across, "yaxis": ticks | down})


def _told(one: Left) -> Words:
    return Words(
        "layer {layer}, {role}: {share:.1%} of {rows} x {columns}",
        layer=one.layer + 1,
        role=one.role,
        share=one.density,
        rows=one.rows,
        columns=one.columns,
    )


def _scale(colours: Sequence[str]) -> list[list[Any]]:
    last = len(colours) - 1
    return [[index / last, colour] for index, colour in enumerate(colours)]
