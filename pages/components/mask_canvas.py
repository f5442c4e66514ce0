"""The live mosaic of the Slide page: every prunable matrix, redrawn in the browser while its slider moves."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult
    from streamlit.components.v2.types import ComponentRenderer

SCRIPTS = ("drawing", "mask_canvas")  # one script: an inline component imports nothing


@cache
def _component() -> ComponentRenderer:
    """Register the component once: a second registration of a name only logs a warning."""
    here = Path(__file__)
    html, css = (here.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".html", ".css"))
    js = "".join(here.with_name(f"{part}.js").read_text(encoding="utf-8") for part in SCRIPTS)
    return st.components.v2.component("bonsai_mask_canvas", html=html, css=css, js=js)


def _initial_amount(payload: bytes) -> int:
    """Read the slider position out of the payload's header, so that it is stated in one place only."""
    (length,) = struct.unpack_from("<I", payload)
    return int(json.loads(payload[4 : 4 + length])["amount"])


def mask_canvas(payload: bytes, *, key: str, on_amount: Callable[[], None]) -> ComponentResult:
    """Mount the mosaic and return its state, whose `amount` is the percent that was last released.

    `on_amount` runs before the script does, once per release of the slider; nothing is sent while it moves.
    """
    default = {"amount": _initial_amount(payload)}
    return _component()(key=key, data=payload, default=default, on_amount_change=on_amount)
