"""Maps of every matrix: each lies where it lay, no two overlap, and a difference says which model has more."""

import dataclasses

import numpy as np

from core.figures.matrices import GAP, differences, matrices
from core.figures.style import DIVERGING
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


def test_a_difference_is_what_b_has_less_what_a_has():
    half = dataclasses.replace(FOUND[0], nonzero=32, cells=np.array([[100, 100], [0, 0]], dtype=np.uint8))
    figure = differences(FOUND, [half, *FOUND[1:]])
    ends = [colour for _, colour in figure.layout.coloraxis.colorscale]
    assert (ends[0], ends[-1]) == (
        DIVERGING[-1],
        DIVERGING[0],
    )  # blue what only A has, as its bars are, and B vermilion
    assert [list(row) for row in figure.data[0].z] == [[0, 0], [-100, -100]]
    assert not np.array(figure.data[1].z).any() and "A 100%, B 50%" in figure.data[0].hovertemplate
    assert [list(row) for row in differences([half, *FOUND[1:]], FOUND).data[0].z][1] == [100, 100]
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-100, 100)
