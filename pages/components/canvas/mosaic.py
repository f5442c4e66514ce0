"""The live mosaic of the Slide page: every prunable matrix, redrawn in the browser while its slider moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

SCRIPTS = ("drawing", "slider", "mosaic")  # one script: an inline component imports nothing


def planes(payload: bytes, *, key: str) -> None:
    """Leave what the mosaic draws at the browser's window, for `mask_canvas`: a megabyte or two, which no release is to
    send, or only to hash, again."""
    component("planes", ("drawing", "planes"))(key=key, data=payload)


def single_weights(payload: bytes, *, key: str) -> None:
    """Leave all single weights at the browser's window, for the magnifier; mounted last, since they are megabytes."""
    component("weights", ("drawing", "weights"))(key=key, data=payload)


def mask_canvas(told: dict[str, Any], *, key: str, on_amount: Callable[[], None]) -> ComponentResult:
    """Mount the mosaic and return its state, whose `amount` is the percent that was last released.

    told: its words, and where each matrix lies; "of" names the `planes` that it draws, as soon as they are here.
    `on_amount` runs before the script does, once per release of the slider; nothing is sent while it moves.
    """
    default = {"amount": told["amount"]}
    return component("mosaic", SCRIPTS, ("slider",))(key=key, data=told, default=default, on_amount_change=on_amount)
