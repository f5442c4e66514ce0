"""One weight matrix of a BERT, from all of it to single weights, redrawn in the browser while its slider moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.pictures.mosaic import unpack
from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = (
    "drawing",
    "slider",
    "matrix_picture",
    "matrix_text",
    "matrix",
)  # one script: an inline component imports nothing
# Every word of the view; a payload's header says them under "text".
TEXTS = (
    "slider",
    "views",
    "weight",
    "block",
    "lines",
    "head",
    "noHeads",
    "zooms",
    "zoomOut",
    "zoomIn",
    "reset",
    "share",  # {percent} {kept} {total}
    "window",  # {top} {bottom} {left} {right}
    "mean",  # {side}
    "picture",  # {label} {rows} {columns}
    "hover",  # {label} {row} {column} {value} {state}
    "hoverHead",  # the same and {head}
    "hoverBlock",  # {top} {bottom} {left} {right} {percent}
    "hoverLines",  # {row} {rowPercent} {column} {columnPercent}
    "hoverStripe",  # {head} {percent}
    "headName",  # {head}
    "kept",
    "zero",
    "negative",
    "positive",
    "rowsTitle",
    "columnsTitle",
    "hint",
)


def matrix_view(payload: bytes, *, key: str, on_amount: Callable[[], None]) -> ComponentResult:
    """Mount the view and return its state, whose `amount` is the level that was last released.

    The payload is a uint32 little-endian length, a header of that many bytes of JSON, and one zlib stream: what
    is kept (kind "ranks": uint8 (rows, columns), a weight stays up to the level of its rank; kind "lines": uint8
    0 or 1 of (101, rows) and (101, columns), a weight stays where both do), then the weights as float16.

    `on_amount` runs before the script does, once per release of the slider; nothing is sent while it moves.
    """
    default = {"amount": unpack(payload)[0]["amount"]}
    return component("matrix", SCRIPTS, ("slider",))(key=key, data=payload, default=default, on_amount_change=on_amount)
