"""What the drawn components share in Python: how one is put together of its files, and what its payload starts from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@cache
def component(name: str, scripts: tuple[str, ...], styles: tuple[str, ...] = ()) -> ComponentRenderer:
    """Register a component once (a second time only logs a warning): name.html, these styles and then name.css, and
    these scripts, each as one, since an inline component imports nothing."""
    here = Path(__file__).parent
    html = (here / f"{name}.html").read_text(encoding="utf-8")
    css = "".join((here / f"{part}.css").read_text(encoding="utf-8") for part in (*styles, name))
    js = "".join((here / f"{part}.js").read_text(encoding="utf-8") for part in scripts)
    return st.components.v2.component(f"bonsai_{name}", html=html, css=css, js=js)
