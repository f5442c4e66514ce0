"""The figures of a card: matrices that lie where they lay, and a file that needs nothing else."""

import re

import numpy as np

from core.figures.card import GAP, figures, heads, matrices, standalone
from core.figures.style import COLOURS, INK, PAPER, QUIET
from core.left import Left


def left(layer, role, rows, columns, share=100):
    cells = np.full((rows // 4, columns // 4), share, dtype=np.uint8)
    return Left(layer, role, rows, columns, rows * columns * share // 100, 4, cells)


FOUND = [left(layer, role, *shape) for layer in (0, 2) for role, shape in (("Q", (8, 8)), ("up", (16, 8)))]


def test_matrices_lie_beside_each_other_and_no_two_overlap():
    figure = matrices(FOUND)
    boxes = []
    for trace, one in zip(figure.data, FOUND, strict=True):
        cells = np.array(trace.z)
        assert cells.shape == ((2, 4) if one.role == "up" else (2, 2))  # up is turned
        assert f"layer {one.layer + 1}, {one.role}: 100.0% of {one.rows} x {one.columns}" in trace.hovertemplate
        boxes.append((trace.x0, trace.y0, cells.shape))
    assert [box[:2] for box in boxes] == [(0, 0), (2 + GAP, 0), (0, 2 + GAP), (2 + GAP, 2 + GAP)]
    assert list(figure.layout.yaxis.ticktext) == ["1", "3"] and list(figure.layout.xaxis.ticktext) == ["Q", "up"]
    assert figure.layout.coloraxis.cmin == 0 and figure.layout.coloraxis.cmax == 100


def test_heads_are_stacked_to_all_of_a_layer():
    figure = heads([(3, 1), (0, 4)])
    assert [list(trace.y) for trace in figure.data] == [[3, 0], [1, 4]]


def test_one_file_holds_everything_and_asks_nobody():
    text = standalone(
        "a <model>", {"matrices": matrices(FOUND), "heads": heads([(3, 1)])}, {"matrices": "M", "heads": "H"}
    )
    assert text.count("Plotly.newPlot(") == 2 and "a &lt;model&gt;" in text and "<h2>M</h2>" in text
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", text)
    last = text[text.rindex("Plotly.newPlot(") :]
    assert not any(f'"{stand_in}"' in last for stand_in in (*COLOURS, INK, QUIET, PAPER))


def test_nothing_is_drawn_that_no_section_asks_for():
    assert figures.__name__ and figures(None, []) == {}  # type: ignore[arg-type]
