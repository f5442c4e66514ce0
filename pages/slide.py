"""What vanishes when I prune s percent? The live canvas, the exact accuracy on release, the measured curve."""

import streamlit as st

from core.methods import maximum, removes
from pages.components import amounts, curve, frame, measured, methods, picture, shared, truth
from pages.components.mask_canvas import mask_canvas
from pages.components.words import say


@st.fragment
def _live(choice: frame.Chosen, method: str, layers: str) -> None:
    """All that a release redraws; without the frame around it the figures stand sooner."""
    amount = min(st.session_state["amount"], maximum(method))
    payload = picture.mosaic(choice, method, layers)
    canvas = st.container()
    measured.show(choice, method, layers, amount)  # before the canvas' megabytes, which the browser has already
    if payload is not None:
        with canvas:
            mask_canvas(payload, key="canvas", on_amount=lambda: amounts.released("canvas"))
    if removes(method):
        truth.show(choice, method, amount)
    else:
        st.info(say("slide.why"), icon=":material/lightbulb:")
    curve.show(choice, method, layers, amount)


choice = frame.chosen()
amounts.start("slide")
method, layers = methods.choose()
_live(choice, method, layers)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
