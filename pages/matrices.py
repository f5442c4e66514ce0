"""Where are the zeros, and does structure matter? One matrix down to its single weights, and a bar for each of them."""

import streamlit as st

from pages.components.canvas import payloads
from pages.components.canvas.bars import density_bars
from pages.components.canvas.matrix import matrix_view
from pages.components.frame import sidebar
from pages.components.widgets import links, method_picker, session, slider
from pages.components.widgets.text import say


def _chosen_bar() -> None:
    """Runs when a bar is clicked: its matrix becomes the chosen one."""
    st.session_state["matrix"] = st.session_state["bars"]["matrix"]


@st.fragment
def _live(choice: sidebar.Chosen, method: str, layers: str) -> None:
    """All that a release or a click redraws."""
    names = payloads.matrix_names(choice, method, layers)
    if not names:
        return
    links.before("matrix", list(names))
    place, control = st.container(), st.container()
    with control:
        bars = payloads.bars(choice, method, layers)
        if bars is not None:
            st.subheader(say("matrices.bars"))
            density_bars(bars, key="bars", on_matrix=_chosen_bar)
    with place:
        name = st.selectbox(say("matrices.matrix"), list(names), format_func=names.__getitem__, key="matrix")
        links.after("matrix", list(names), always=True)
        view = payloads.close_up(choice, method, layers, name)
        if view is not None:
            matrix_view(view, key="matrix-view", on_amount=lambda: slider.released("matrix-view"))


choice = sidebar.chosen()
slider.start("matrices")
method, layers = method_picker.choose()
_live(choice, method, layers)
if choice.runnable:
    session.jobs().warm_up(choice.dense.model, choice.origin)
