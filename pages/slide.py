"""What vanishes when I prune s percent? The live canvas, the exact accuracy on release, the measured curve."""

import streamlit as st

from core.engine.recipes import curve_spec, maximum, removes, trains
from pages.components.canvas import mosaic, payloads
from pages.components.frame import sidebar
from pages.components.slide import curve, measured, speed_truth, stale, track
from pages.components.tryit import replies
from pages.components.widgets import method_picker, session, slider
from pages.components.widgets.text import say, say_or


@st.fragment
def _live(choice: sidebar.Chosen, method: str, layers: str) -> None:
    """All that a release redraws; without the frame around it the figures stand sooner."""
    amount = min(st.session_state["amount"], maximum(method))
    measured.snap(choice, method, layers, amount)
    payload = payloads.mosaic(choice, method, layers)
    canvas = st.container()
    track.show(choice, method, layers, amount)
    with stale.figures(amount):
        measured.show(choice, method, layers, amount)
    with canvas:
        if payload is not None:
            name = slider.component("canvas")
            mosaic.mask_canvas(payload, key=name, on_amount=lambda: slider.released(name))
        elif trains(method):  # no picture yet, and a position to choose all the same
            slider.slider(payloads.slider_label(method), maximum(method))
    with stale.more_figures():
        if removes(method):
            if not trains(method):
                speed_truth.show(choice, method, amount)
            elif payload is not None:
                st.caption(say("slide.trained"))
        else:
            st.info(say("slide.why"), icon=":material/lightbulb:")
        curve.show(choice, method, layers, amount)
        title = say("tryit.compressed", method=say_or(f"method.{method}", method), amount=amount)
        replies.panel(choice, replies.dense_and(choice, title, curve_spec(choice.dense, method, amount / 100, layers)))


choice = sidebar.chosen()
slider.start("slide")
method, layers = method_picker.choose()
_live(choice, method, layers)
# outside of what a release redraws: they are not sent again
planes, single = payloads.planes(choice, method, layers), payloads.weights(choice, method, layers)
if planes is not None:
    mosaic.planes(planes, key="planes")
if single is not None:
    mosaic.single_weights(single, key="weights")
if choice.runnable:
    session.jobs().warm_up(choice.dense.model, choice.origin)
