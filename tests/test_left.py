"""What a result tells of its matrices comes back as it was counted; older results tell nothing."""

import base64
import zlib

import numpy as np
import pytest

from core.left import FACT, read


def packed(cells, **changes):
    body = base64.b64encode(zlib.compress(np.asarray(cells, dtype=np.uint8).tobytes())).decode()
    plain = {"layer": 2, "role": "Q", "rows": 5, "columns": 6, "nonzero": 12, "side": 4, "cells": body}
    return {FACT: [plain | changes]}


def test_cells_at_the_edge_are_smaller_and_still_one_each():
    (one,) = read(packed([[100, 50], [0, 1]]))
    assert one.cells.tolist() == [[100, 50], [0, 1]]
    assert one.density == pytest.approx(12 / 30) and one.label == "layer 3 Q"


def test_a_result_from_before_tells_of_no_matrix():
    assert read({}) == [] and read({"heads": [3, 4]}) == []
