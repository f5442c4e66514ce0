"""The figures of a card: matrices that lie where they lay, and a file that needs nothing else."""

import re

import numpy as np

from core.figures.card import figures, heads, standalone
from core.figures.matrices import matrices
from core.figures.style import COLOURS, INK, PAPER, QUIET
from core.left import Left


def left(layer, role, rows, columns, share=100):
    cells = np.full((rows // 4, columns // 4), share, dtype=np.uint8)
    return Left(layer, role, rows, columns, rows * columns * share // 100, 4, cells)


FOUND = [left(layer, role, *shape) for layer in (0, 2) for role, shape in (("Q", (8, 8)), ("up", (16, 8)))]


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
