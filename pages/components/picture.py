"""The canvas' bytes for a model and method: drawn once in the worker, kept on disk, worded here."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import store as stores
from core.methods import maximum, removes, step
from core.pictures import pack, picture_key, unpack
from core.spec import Step
from pages.components import tiles
from pages.components.frame import Chosen
from pages.components.shared import jobs
from pages.components.words import current, say

TEXTS = ("row", "hover", "matrixKept", "kept", "zero", "zoom", "hint")


def amount_from_link(text: str) -> int:
    """The percent in a link, 30 where it has none or one that is not 0 to 100."""
    return int(text) if text in map(str, range(101)) else 30


def payload(choice: Chosen, method: str, layers: str, amount: int) -> bytes | None:
    """The picture with the words of this language; None while the worker still draws it, with the wait shown."""
    path = drawn(choice, step(method, 0, layers))
    if path is None:
        return None
    if st.session_state.get("last_page") != "slide" or "first_amount" not in st.session_state:
        # the position the canvas starts from; it stays in the bytes, so that no release sends them anew
        st.session_state["first_amount"] = amount
    return _worded(str(path), current(), method, st.session_state["first_amount"])


@st.cache_data(max_entries=12, show_spinner=False)
def _worded(path: str, language: str, method: str, amount: int) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    label(header)
    texts = {name: say(f"canvas.{name}") for name in TEXTS} | {"slider": slider_label(method)}
    return pack({**header, "amount": amount, "maximum": maximum(method), "text": texts}, body)


def slider_label(method: str) -> str:
    """What the slider's percent are of."""
    return say("canvas.slider_removed" if removes(method) else "canvas.slider")


def label(header: dict[str, Any]) -> None:
    """Name the matrices of a mosaic in this session's language."""
    for matrix in header["matrices"]:
        layer = header["rowLabels"][matrix["row"]]
        if layer:
            matrix["label"] = say("canvas.matrix", layer=layer, role=header["columnLabels"][matrix["column"]])


def drawn(choice: Chosen, drawing: Step, matrix: str = "") -> Path | None:
    """The file of a picture; None while the worker draws it, with a bar, or where it cannot, with the reason."""
    key = picture_key(choice.dense, drawing, matrix)
    path = stores.CACHE / "pictures" / f"{key}.bin"
    if path.is_file():
        return path
    jobs().draw(choice.dense, choice.origin, drawing, key, matrix)

    @st.fragment(run_every=0.3)
    def poll() -> None:
        status = jobs().status(key)
        if status is None or status.state == "done":
            st.rerun()
        elif status.state == "failed":
            st.error(status.error)
        elif status.event.total:
            tiles.progress(status.event)
        else:
            st.progress(min(0.95, status.seconds / 10), say("picture.drawing"))

    poll()
    return None
