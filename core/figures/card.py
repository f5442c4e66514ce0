"""The figures of a model card: what is left of every matrix, the heads of each layer, the curves of its trainings.

In a browser of the dashboard they follow the theme; `standalone` writes them as one file that needs nothing else.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.errors import Words
from core.figures.document import document, figure, heading
from core.figures.heads import stacked_bars
from core.figures.matrices import Say, matrices
from core.figures.students import training
from core.left import read
from core.model_card import CURVE, HEADS, MATRICES, Section, called
from core.result import Result
from core.spec import recipe


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
