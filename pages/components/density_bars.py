"""A bar for each matrix of a model: how much of it is kept at the slider's level, and its picture beside the bar."""

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

SCRIPTS = ("drawing", "density_bars")  # one script: an inline component imports nothing
# Every word of the bars; a payload's header says them under "text".
TEXTS = (
    "bars",
    "hover",  # {label} {rows} {columns} {percent}
    "shape",  # {rows} {columns}
    "share",  # {percent}
    "others",
    "hint",
)


@cache
def _component() -> ComponentRenderer:
    """Register the component once: a second registration of a name only logs a warning."""
    here = Path(__file__)
    html, css = (here.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".html", ".css"))
    js = "".join(here.with_name(f"{part}.js").read_text(encoding="utf-8") for part in SCRIPTS)
    return st.components.v2.component("bonsai_density_bars", html=html, css=css, js=js)


def _initial_matrix(payload: bytes) -> str:
    """Read the chosen matrix out of the payload's header, so that it is stated in one place only."""
    (length,) = struct.unpack_from("<I", payload)
    return str(json.loads(payload[4 : 4 + length])["selected"])


def density_bars(payload: bytes, *, key: str, on_matrix: Callable[[], None]) -> ComponentResult:
    """Mount the bars and return their state, whose `matrix` is the name of the one that was last chosen.

    The payload is that of core.pictures.mosaic; its header also says the "amount" to start from, the name of the
    "selected" matrix and the "text". The bars then follow every slider that sends the window "bonsai-amount".

    `on_matrix` runs before the script does, once per choice; pointing at a bar sends nothing.
    """
    default = {"matrix": _initial_matrix(payload)}
    return _component()(key=key, data=payload, default=default, on_matrix_change=on_matrix)
