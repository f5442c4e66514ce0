"""One matrix as a histogram with the integer grid over it, and the noise of all of them."""

import streamlit as st

from core.engine.recipes import quantized
from core.figures import quantization
from core.models.encoder import ROLES
from core.pictures import rounding
from core.pictures.picture import WeightHistograms
from core.pictures.rounding import GRIDS, Rounding
from pages.components.canvas import payloads
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import charts, links
from pages.components.widgets.text import say


def show(choice: Chosen) -> int:
    """The drawing of the worker and how many layers it has; while it draws, its bar and 0."""
    (step,) = quantized(choice.dense, "onnx", "int8-dynamic").steps
    path = payloads.drawn(choice, step, WeightHistograms())
    if path is None:
        return 0
    found = rounding.read(path.read_bytes())
    names = {one.name: _label(one) for one in found}
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        st.selectbox(say("bits.matrix"), list(names), format_func=names.__getitem__, key="bits_matrix")
    with right:
        grid = links.choose("grid", list(GRIDS), say("bits.grid"), lambda name: say(f"bits.grid_{name}"))
    one = next(one for one in found if one.name == st.session_state["bits_matrix"])
    points = rounding.lines(one, grid)
    charts.show(
        quantization.histogram(one.counts, one.low, one.high, points, (say("bits.weight"), say("bits.count"))),
        key="histogram",
        config={"displayModeBar": False},
        alt=say("bits.histogram_alt"),
    )
    noise = one.noise_db[grid]
    words = "∞" if noise is None else f"{noise:.1f}"
    facts = {"points": len(points), "step": f"{one.step[grid]:.4f}", "noise": words}
    st.caption(say("bits.note" if grid.endswith("matrix") else "bits.note_row", **facts))
    _noise(found, grid)
    return max(one.layer for one in found) + 1


def _noise(found: list[Rounding], grid: str) -> None:
    series = {
        role: {str(one.layer + 1): one.noise_db[grid] or 0.0 for one in found if one.role == role and one.layer >= 0}
        for role in ROLES
    }
    charts.show(
        quantization.noise_bars(series, (say("heads.layer"), say("bits.noise"))),
        key="noise",
        config={"displayModeBar": False},
        alt=say("bits.noise_alt"),
    )
    st.caption(say("bits.noise_note"))


def _label(one: Rounding) -> str:
    return say("canvas.matrix", layer=one.layer + 1, role=one.role) if one.layer >= 0 else one.name
