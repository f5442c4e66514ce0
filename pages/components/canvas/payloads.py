"""The bytes of the drawings for a model and method: drawn once in the worker, kept on disk, worded here."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import paths
from core.engine.recipes import maximum, removes, step, trains
from core.pictures.mosaic import pack, unpack
from core.pictures.picture import CloseUp, Mosaic, Picture, SingleWeights, picture_key
from core.spec import Step
from core.techniques import TECHNIQUES
from pages.components.canvas import bars as canvas_bars
from pages.components.canvas import matrix as canvas_matrix
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import slider, tiles
from pages.components.widgets.session import jobs
from pages.components.widgets.text import current, literal, say, sentence

TEXTS = ("row", "hover", "matrixKept", "kept", "zoom", "blocks", "hint", "stale")


def mosaic(choice: Chosen, method: str, layers: str) -> dict[str, Any] | None:
    """Where each matrix lies, with the words of this language; None while the worker draws them."""
    path = drawn(choice, step(method, 0, layers, choice.dense.task), Mosaic())
    return None if path is None else _mosaic(str(path), current(), method, slider.first())


def planes(choice: Chosen, method: str, layers: str) -> bytes | None:
    """All matrices at every position; None while the worker draws them, or where it cannot."""
    path = _path(picture_key(choice.dense, step(method, 0, layers, choice.dense.task), Mosaic()))
    return _planes(str(path)) if path.is_file() else None


def weights(choice: Chosen, method: str, layers: str) -> bytes | None:
    """All single weights for the magnifier of the same drawing; None while the worker draws either."""
    drawing = step(method, 0, layers, choice.dense.task)
    mosaic_key = picture_key(choice.dense, drawing, Mosaic())
    if not _path(mosaic_key).is_file():  # one bar is enough
        return None
    path = drawn(choice, drawing, SingleWeights())
    return None if path is None else _weights(str(path), mosaic_key)


def bars(choice: Chosen, method: str, layers: str) -> bytes | None:
    """The same bytes for the bars, with the words of theirs."""
    path = drawn(choice, step(method, 0, layers, choice.dense.task), Mosaic())
    if path is None:
        return None
    if st.session_state.get("last_page") != "matrices" or "first_matrix" not in st.session_state:
        st.session_state["first_matrix"] = st.session_state["matrix"]
    return _bars(str(path), current(), slider.first(), st.session_state["first_matrix"])


def close_up(choice: Chosen, method: str, layers: str, matrix: str) -> bytes | None:
    """One matrix down to its weights with the words of this language; None while the worker draws it."""
    path = drawn(choice, step(method, 0, layers, choice.dense.task), CloseUp(matrix))
    return None if path is None else _close_up(str(path), current(), method, slider.first())


def matrix_names(choice: Chosen, method: str, layers: str) -> dict[str, str]:
    """Label of each matrix by its name, in the order of the model; none while the worker draws."""
    path = drawn(choice, step(method, 0, layers, choice.dense.task), Mosaic())
    return {} if path is None else _names(str(path), current())


def slider_label(method: str) -> str:
    """What the slider's percent are of."""
    if trains(method):
        return say("canvas.slider_learnt")
    return say("canvas.slider_removed" if removes(method) else "canvas.slider")


def drawn(choice: Chosen, drawing: Step, picture: Picture) -> Path | None:
    """The file of a picture; None while the worker draws it, with a bar, or where it cannot, with the reason."""
    key = picture_key(choice.dense, drawing, picture)
    path = _path(key)
    if path.is_file():
        return path
    slider.begin_here()
    jobs().draw(choice.dense, choice.origin, drawing, key, picture)

    @st.fragment(run_every=0.3)
    def poll() -> None:
        status = jobs().status(key)
        if status is None or status.state == "done":
            st.rerun()
        elif status.state == "failed":
            learnt = TECHNIQUES[drawing.technique].kind == "train"  # what is not trained yet is no error
            (st.info if learnt else st.error)(literal(sentence(status.error)))
        elif status.event.total or status.state == "waiting":
            tiles.progress(status)
        else:
            st.progress(min(0.95, status.seconds / 10), say("picture.drawing"))

    poll()
    return None


def _path(key: str) -> Path:
    return paths.CACHE / "pictures" / f"{key}.bin"


@st.cache_data(max_entries=12, show_spinner=False)
def _mosaic(path: str, language: str, method: str, amount: int) -> dict[str, Any]:
    header, _ = unpack(Path(path).read_bytes())
    texts = {name: say(f"canvas.{name}") for name in TEXTS} | {"slider": slider_label(method), "zero": _gone(method)}
    facts = {"amount": amount, "maximum": maximum(method), "text": texts, "of": Path(path).stem}
    return _labelled(header) | facts


@st.cache_data(max_entries=12, show_spinner=False)
def _planes(path: str) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    return pack({"of": Path(path).stem, "matrices": header["matrices"]}, body)


@st.cache_data(max_entries=4, show_spinner=False)
def _weights(path: str, of: str) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    return pack(header | {"of": of}, body)


@st.cache_data(max_entries=12, show_spinner=False)
def _bars(path: str, language: str, amount: int, selected: str) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    texts = {name: say(f"bars.{name}") for name in canvas_bars.TEXTS}
    return pack({**_labelled(header), "amount": amount, "selected": selected, "text": texts}, body)


@st.cache_data(max_entries=24, show_spinner=False)
def _close_up(path: str, language: str, method: str, amount: int) -> bytes:
    header, body = unpack(Path(path).read_bytes())
    texts = {name: say(f"view.{name}") for name in canvas_matrix.TEXTS if name not in ("slider", "zero")}
    texts |= {"slider": slider_label(method), "zero": _gone(method)}
    if header["layer"] >= 0:
        header["label"] = say("canvas.matrix", layer=header["layer"] + 1, role=header["role"])
    return pack({**header, "amount": amount, "maximum": maximum(method), "view": "weight", "text": texts}, body)


@st.cache_data(max_entries=24, show_spinner=False)
def _names(path: str, language: str) -> dict[str, str]:
    header, _ = unpack(Path(path).read_bytes())
    return {matrix["name"]: matrix["label"] for matrix in _labelled(header)["matrices"]}


def _gone(method: str) -> str:
    return say("canvas.removed" if removes(method) else "canvas.zero")


def _labelled(header: dict[str, Any]) -> dict[str, Any]:
    """The header of a mosaic with its matrices named in this session's language."""
    for matrix in header["matrices"]:
        layer = header["rowLabels"][matrix["row"]]
        if layer:
            matrix["label"] = say("canvas.matrix", layer=layer, role=header["columnLabels"][matrix["column"]])
    return header
