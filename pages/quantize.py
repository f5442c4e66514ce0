"""What do 8 or 4 bits change? The modes of a runtime side by side, what this CPU has, and what rounding does."""

import streamlit as st

from core.runtimes import RUNTIMES
from pages.components.frame import sidebar
from pages.components.quantize import layer_by_layer, precisions, rounding
from pages.components.widgets import links, session
from pages.components.widgets.text import runtime_title, say

choice = sidebar.chosen()
st.subheader(say("quantize.title"))
runtime = links.choose(
    "runtime", tuple(RUNTIMES), say("quantize.runtime"), runtime_title, help=say("quantize.runtime_help")
)
known = precisions.stored(choice, runtime)
left, right = st.columns([8, 3], gap="medium")
with left:
    precisions.show(choice, runtime, known)
with right:
    precisions.cpu_card()
precisions.table(choice, runtime, known)
st.subheader(say("bits.title"))
if layers := rounding.show(choice):
    layer_by_layer.show(choice, layers)
if choice.runnable:
    session.jobs().warm_up(choice.dense.model, choice.origin)
