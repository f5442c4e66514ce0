"""What vanishes when I prune s percent? The live canvas, the exact accuracy on release, the measured curve."""

import streamlit as st

from core.methods import SLIDER, maximum, removes
from pages.components import curve, frame, links, measured, picture, shared, truth
from pages.components.mask_canvas import mask_canvas
from pages.components.words import say

LAYERS = ("encoder", "all")


def _released() -> None:
    """Runs when the canvas' slider is let go: keep the amount, and put it into the link."""
    st.session_state["amount"] = int(st.session_state["canvas"]["amount"])
    st.query_params["amount"] = str(st.session_state["amount"])


@st.fragment
def _live(choice: frame.Chosen, method: str, layers: str) -> None:
    """All that a release redraws; without the frame around it the figures stand sooner."""
    amount = min(st.session_state["amount"], maximum(method))
    payload = picture.payload(choice, method, layers, amount)
    canvas = st.container()
    measured.show(choice, method, layers, amount)  # before the canvas' megabytes, which the browser has already
    if payload is not None:
        with canvas:
            mask_canvas(payload, key="canvas", on_amount=_released)
    if removes(method):
        truth.show(choice, method, amount)
    else:
        st.info(say("slide.why"), icon=":material/lightbulb:")
    curve.show(choice, method, layers, amount)


choice = frame.chosen()
amount = st.session_state.setdefault("amount", picture.amount_from_link(st.query_params.get("amount", "")))
st.query_params["amount"] = str(amount)
method_column, layers_column = st.columns([7, 2.6], vertical_alignment="bottom")
links.before("method", SLIDER)
method_column.segmented_control(
    say("slide.method"),
    SLIDER,
    format_func=lambda name: say(f"method.{name}"),
    required=True,
    key="method",
    persist_state="session",
    help=say("slide.method_help"),
)
method = links.after("method", SLIDER)
links.before("layers", LAYERS)
layers_column.segmented_control(
    say("slide.layers"),
    LAYERS,
    format_func=lambda name: say(f"slide.layers_{name}"),
    required=True,
    key="layers",
    persist_state="session",
    disabled=removes(method),  # heads and neurons are the encoder's
)
layers = links.after("layers", LAYERS)
_live(choice, method, layers)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
