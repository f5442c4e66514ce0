"""Where are the zeros, and does structure matter? One matrix down to its single weights, and a bar for each of them."""

import streamlit as st

from pages.components import amounts, frame, methods, picture, shared
from pages.components.density_bars import density_bars
from pages.components.matrix_view import matrix_view
from pages.components.words import say


def _chosen_bar() -> None:
    """Runs when a bar is clicked: its matrix becomes the chosen one."""
    st.session_state["matrix"] = st.session_state["bars"]["matrix"]


@st.fragment
def _live(choice: frame.Chosen, method: str, layers: str) -> None:
    """All that a release or a click redraws."""
    names = picture.matrix_names(choice, method, layers)
    if not names:
        return
    if st.session_state.get("matrix") not in names:
        asked = st.query_params.get("matrix")
        st.session_state["matrix"] = asked if asked in names else next(iter(names))
    place, control = st.container(), st.container()
    with control:
        bars = picture.bars(choice, method, layers)
        if bars is not None:
            st.subheader(say("matrices.bars"))
            density_bars(bars, key="bars", on_matrix=_chosen_bar)
    with place:
        name = st.selectbox(say("matrices.matrix"), list(names), format_func=names.__getitem__, key="matrix")
        st.query_params["matrix"] = name
        view = picture.close_up(choice, method, layers, name)
        if view is not None:
            matrix_view(view, key="matrix-view", on_amount=lambda: amounts.released("matrix-view"))


choice = frame.chosen()
amounts.start("matrices")
method, layers = methods.choose()
_live(choice, method, layers)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
