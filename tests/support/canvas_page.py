"""A page with the view of a matrix and the bars of all, served alone, with matrices that a test can compute."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.pictures.mosaic import pack, unpack
from core.pruning.masks import percentile_ranks
from core.techniques import parse_step
from pages.components.canvas import matrix
from pages.components.canvas.bars import TEXTS
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WORDS = {name: name for name in matrix.TEXTS} | {
    "share": "{percent} % kept: {kept} of {total}",
    "window": "rows {top} to {bottom}, columns {left} to {right}",
    "mean": "mean of {side}",
    "picture": "{label}, {rows} x {columns}",
    "hover": "{label}: row {row}, column {column}, weight {value}, {state}",
    "hoverHead": "{label}: row {row}, column {column}, head {head}, weight {value}, {state}",
    "hoverBlock": "rows {top} to {bottom}, columns {left} to {right}: {percent} % kept",
    "hoverLines": "row {row}: {rowPercent} %, column {column}: {columnPercent} %",
    "hoverStripe": "head {head}: {percent} % kept",
    "headName": "head {head}",
}
BARS = {name: name for name in TEXTS} | {
    "hover": "{label}, {rows} x {columns}: {percent} % kept",
    "shape": "{rows} x {columns}",
    "share": "{percent} % kept",
}
HEADS = ["1", "2", "5", "6"]  # two of the six were taken out before
APP = """
from pathlib import Path
import streamlit as st
from pages.components.canvas.bars import density_bars
from pages.components.canvas.matrix import matrix_view

def read(name):
    return Path(__file__).with_name(f"{name}.bin").read_bytes()

def released():
    st.session_state["changes"] = st.session_state.get("changes", 0) + 1

def chosen():
    st.session_state["chosen"] = st.session_state["bars"]["matrix"]

st.set_page_config(layout="wide")
matrix_view(read(st.query_params["of"]), key="view", on_amount=released)
density_bars(read("bars"), key="bars", on_matrix=chosen)
state = st.session_state
st.text(f"amount {state['view']['amount']}, {state.get('changes', 0)} changes, chosen {state.get('chosen')}")
"""


Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Matrix:
    """What a payload shows: its weights, and its mask at a level."""

    weights: npt.NDArray[np.float16]
    mask: Callable[[int], Mask]
    payload: bytes


def drawn(kind: str, rows: int, columns: int, **facts: Any) -> Matrix:
    random = np.random.default_rng(rows)
    weights = random.normal(0, 0.05, (rows, columns)).astype(np.float16)
    header = {"version": 1, "name": "some.matrix", "label": "layer 1 Q", "rows": rows, "columns": columns, "block": 16}
    header |= {"heads": 0, "headAxis": "", "kind": kind, "amount": 30, "view": "weight", "maximum": 100, "text": WORDS}
    ranks = percentile_ranks([torch.from_numpy(np.abs(weights.astype(np.float32)))], "layer")[0]
    kept, masks = ranks.tobytes(), lambda level: ranks >= level
    if kind == "lines":  # some lines come back at a higher level, as when another budget chooses others
        row_keep = random.random((101, rows)) >= np.linspace(0, 1, 101)[:, None]
        column_keep = random.random((101, columns)) >= np.linspace(0, 0.5, 101)[:, None]
        kept = row_keep.astype(np.uint8).tobytes() + column_keep.astype(np.uint8).tobytes()
        masks = lambda level: row_keep[level][:, None] & column_keep[level]  # noqa: E731
    return Matrix(weights, masks, pack(header | facts, zlib.compress(kept + weights.tobytes())))


MATRICES = {
    "ranks": drawn("ranks", 96, 168, heads=4, headAxis="rows", headNames=HEADS),
    "lines": drawn("lines", 100, 72),
    "wide": drawn("ranks", 800, 1600),
    "tall": drawn("ranks", 1536, 384),
}


def bars() -> tuple[dict[str, Any], bytes]:
    """Header and body of the bars' payload: a global pruning, so that the matrices differ."""
    model = tiny.bert(hidden_size=96, intermediate_size=192)
    header, body = unpack(tiny.mosaic(model, parse_step("magnitude:scope=global,layers=all")))
    return {**header, "amount": 30, "selected": header["matrices"][0]["name"], "text": BARS}, body


@contextlib.contextmanager
def serve(place: Path) -> Iterator[str]:
    """The address of the page; ?of= names one of MATRICES."""
    (place / "app.py").write_text(APP, encoding="utf-8")
    for name, payload in {"bars": pack(*bars()), **{name: m.payload for name, m in MATRICES.items()}}.items():
        (place / f"{name}.bin").write_bytes(payload)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(place / "app.py")]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with (place / "log").open("wb") as log:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert "Traceback" not in (place / "log").read_text()


def _wait(address: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.25)
    raise TimeoutError(f"no answer from {address}")
