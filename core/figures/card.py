"""The figures of a model card: what is left of every matrix, the heads of each layer, the curves of its trainings.

In a browser of the dashboard they follow the theme; `standalone` writes them as one file that needs nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.errors import Words
from core.figures.document import document, figure, heading
from core.figures.heads import stacked_bars
from core.figures.students import training
from core.figures.style import VIRIDIS, layout
from core.left import Left, read
from core.model_card import CURVE, HEADS, MATRICES, Section, called
from core.result import Result
from core.spec import recipe

GAP = 3  # cells between two matrices
ACROSS = ("up",)  # roles that are drawn turned, so that all are as high as the model is wide
Say = Callable[[Words], str]


def figures(result: Result, found: Sequence[Section], say: Say = str) -> dict[str, go.Figure]:
    """Each figure that the sections of a result's card ask for; say: words in the reader's language."""
    drawn = {}
    for section in found:
        if section.figure == MATRICES:
            drawn[MATRICES] = matrices(read(result.facts), say)
        elif section.figure == HEADS:
            assert section.table is not None
            drawn[HEADS] = heads([(int(left), int(gone)) for _, left, gone in section.table.rows], say)  # type: ignore[arg-type]
        elif section.figure == CURVE:
            name = called(result.quality.metric)
            drawn[CURVE] = curve(result.facts["curves"][-1], name if isinstance(name, str) else say(name), say)
    return drawn


def matrices(found: Sequence[Left], say: Say = str) -> go.Figure:
    """Every matrix as a map of its cells, a row a layer, a column a role; pointing at one says how much is left."""
    layers = sorted({one.layer for one in found})
    roles = list(dict.fromkeys(one.role for one in found))
    shown = {(one.layer, one.role): one.cells.T if one.role in ACROSS else one.cells for one in found}
    widths = {role: max(cells.shape[1] for (_, of), cells in shown.items() if of == role) for role in roles}
    high = max(cells.shape[0] for cells in shown.values()) + GAP
    starts = {role: sum(widths[before] + GAP for before in roles[:index]) for index, role in enumerate(roles)}
    traces = [
        {
            "type": "heatmap",
            "name": "",
            "z": shown[one.layer, one.role].tolist(),
            "x0": starts[one.role],
            "dx": 1,
            "y0": layers.index(one.layer) * high,
            "dy": 1,
            "coloraxis": "coloraxis",
            "hovertemplate": f"{say(_told(one))}<br>{say(Words('this square'))}: %{{z}} %",
        }
        for one in found
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
    bar = {"title": {"text": "%", "font": quiet}, "tickfont": quiet, "thickness": 10}
    colours = {"cmin": 0, "cmax": 100, "colorscale": _scale(), "colorbar": bar}
    size = {"height": 80 + 46 * len(layers), "coloraxis": colours}
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


def _scale() -> list[list[Any]]:
    last = len(VIRIDIS) - 1
    return [[index / last, colour] for index, colour in enumerate(VIRIDIS)]


def heads(counts: Sequence[tuple[int, int]], say: Say = str) -> go.Figure:
    """Heads that are left and heads that were removed, a bar a layer."""
    series = {
        say(Words("heads left")): [left for left, _ in counts],
        say(Words("heads removed")): [gone for _, gone in counts],
    }
    places = [str(layer + 1) for layer in range(len(counts))]
    return stacked_bars(places, series, axes=(say(Words("layer")), say(Words("heads"))))


def curve(points: Sequence[Sequence[float]], metric: str, say: Say = str) -> go.Figure:
    """The running loss and the score of one training, over its steps."""
    losses = [(int(step), loss) for step, loss, _ in points]
    scores = [(int(step), score) for step, _, score in points]
    axes = (say(Words("step")), say(Words("loss")), metric)
    return training(losses, {metric: scores}, axes)


def plots(result: Result, found: Sequence[Section]) -> str:
    """The figures of a card as one HTML file, in English; "" where it has none."""
    titles = {section.figure: str(section.title) for section in found if section.figure}
    return standalone(recipe(result.spec), figures(result, found), titles) if titles else ""


def standalone(title: str, drawn: Mapping[str, go.Figure], titles: Mapping[str, str]) -> str:
    """The figures under their titles as one HTML file with everything in it, on white."""
    pairs = ((heading(titles[name]), figure(one, not place)) for place, (name, one) in enumerate(drawn.items()))
    return document(title, [part for pair in pairs for part in pair])
