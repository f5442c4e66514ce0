"""The live mosaic of the Slide page: every prunable matrix, redrawn in the browser while its slider moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.pictures.mosaic import unpack
from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = ("drawing", "slider", "mosaic")  # one script: an inline component imports nothing


def single_weights(payload: bytes, *, key: str) -> None:
    """Leave all single weights at the browser's window, for the magnifier; mounted last, since they are megabytes."""
    component("weights", ("drawing", "weights"))(key=key, data=payload)


def mask_canvas(payload: bytes, *, key: str, on_amount: Callable[[], None]) -> ComponentResult:
    """Mount the mosaic and return its state, whose `amount` is the percent that was last released.

    `on_amount` runs before the script does, once per release of the slider; nothing is sent while it moves.
    """
    default = {"amount": unpack(payload)[0]["amount"]}
    return component("mosaic", SCRIPTS, ("slider",))(key=key, data=payload, default=default, on_amount_change=on_amount)
