"""What is left of every matrix of an encoder, coarse enough to be kept with each result: shares of square cells.

A cell is as wide as a head, so that heads, blocks inside of them and groups of neurons can be told apart. Heads and
neurons that were taken out are gone where they lay in the dense model.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.uint8]  # (cells down, cells across), percent
FACT, EMBEDDINGS = "left", "embeddings"


@dataclass(frozen=True)
class Left:
    """A matrix of the dense model: its layer from 0, role, rows, columns, weights that are not zero, and its cells.

    side: of a cell, in weights.
    """

    layer: int
    role: str
    rows: int
    columns: int
    nonzero: int
    side: int
    cells: Cells

    @property
    def density(self) -> float:
        """The share of its weights that are not zero, 0..1."""
        return self.nonzero / (self.rows * self.columns)

    @property
    def label(self) -> str:
        """What people read: "layer 3 Q"."""
        return f"layer {self.layer + 1} {self.role}"


def read(facts: Mapping[str, Any]) -> list[Left]:
    """The matrices that a result's facts tell of; [] in results from before that, and where nothing went."""
    found = []
    for one in facts.get(FACT, []):
        down, across = (-(-size // one["side"]) for size in (one["rows"], one["columns"]))
        cells = np.frombuffer(zlib.decompress(base64.b64decode(one["cells"])), np.uint8).reshape(down, across)
        found.append(Left(**{**one, "cells": cells}))
    return found
