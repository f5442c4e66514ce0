"""A bar for each matrix of a model: how much of it is kept at the slider's level, and its picture beside the bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.pictures.mosaic import unpack
from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = ("drawing", "bars")  # one script: an inline component imports nothing
# Every word of the bars; a payload's header says them under "text".
TEXTS = (
    "bars",
    "hover",  # {label} {rows} {columns} {percent}
    "shape",  # {rows} {columns}
    "share",  # {percent}
    "others",
    "hint",
)


def density_bars(payload: bytes, *, key: str, on_matrix: Callable[[], None]) -> ComponentResult:
    """Mount the bars and return their state, whose `matrix` is the name of the one that was last chosen.

    The payload is that of core.pictures.mosaic; its header also says the "amount" to start from, the name of the
    "selected" matrix and the "text". The bars then follow every slider that sends the window "bonsai-amount".

    `on_matrix` runs before the script does, once per choice; pointing at a bar sends nothing.
    """
    default = {"matrix": unpack(payload)[0]["selected"]}
    return component("bars", SCRIPTS)(key=key, data=payload, default=default, on_matrix_change=on_matrix)
