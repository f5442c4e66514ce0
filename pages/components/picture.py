"""The canvas' bytes for a model and method: drawn once in the worker, kept on disk, worded here."""

from pathlib import Path

import streamlit as st

from core import store as stores
from core.experiment import METHODS
from core.jobs import Status
from core.pictures import pack, picture_key, unpack
from pages.components.frame import Chosen
from pages.components.shared import jobs
from pages.components.words import current, say

TEXTS = ("row", "slider", "hover", "matrixKept", "kept", "zero", "zoom", "hint")


def amount_from_link(text: str) -> int:
    """The percent in a link, 30 where it has none or one that is not 0 to 100."""
    return int(text) if text in map(str, range(101)) else 30


def payload(choice: Chosen, method: str, layers: str, amount: int) -> bytes | None:
    """The picture with the words of this language; None while the worker still draws it, with the wait shown."""
    key = picture_key(choice.dense.revision, METHODS[method], layers)
    path = stores.CACHE / "pictures" / f"{key}.bin"
    if not path.is_file():
        _wait(choice, method, layers, key)
        return None
    if st.session_state.get("last_page") != "slide" or "first_amount" not in st.session_state:
        # the position the canvas starts from; it stays in the bytes, so that no release sends them anew
        st.session_state["first_amount"] = amount
    return _worded(str(path), current(), st.session_state["first_amount"])


@st.cache_data(max_entries=12, show_spinner=False)
def _worded(path: str, language: str, amount: int) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    for matrix in header["matrices"]:
        layer = header["rowLabels"][matrix["row"]]
        if layer:
            matrix["label"] = say("canvas.matrix", layer=layer, role=header["columnLabels"][matrix["column"]])
    return pack({**header, "amount": amount, "text": {name: say(f"canvas.{name}") for name in TEXTS}}, body)


def _wait(choice: Chosen, method: str, layers: str, key: str) -> None:
    jobs().draw(choice.dense, METHODS[method], layers, key)

    @st.fragment(run_every=0.3)
    def poll() -> None:
        status = jobs().status(key)
        if status is None or status.state == "done":
            st.rerun()
        if not _failed(status):
            st.progress(min(0.95, status.seconds / 10), say("picture.drawing"))

    poll()


def _failed(status: Status) -> bool:
    if status.state == "failed":
        st.error(status.error)
    return status.state == "failed"
