"""What do 8 or 4 bits change? The modes of a runtime side by side, what this CPU has, and what rounding does."""

import streamlit as st

from core.runtimes import NAMES
from pages.components import frame, links, modes, onelayer, rounding, shared
from pages.components.words import say

choice = frame.chosen()
st.subheader(say("quantize.title"))
runtime = links.choose(
    "runtime", NAMES, say("quantize.runtime"), lambda name: say(f"runtime.{name}"), help=say("quantize.runtime_help")
)
known = modes.stored(choice, runtime)
left, right = st.columns([8, 3], gap="medium")
with left:
    modes.show(choice, known)
with right:
    modes.cpu_card()
modes.table(choice, runtime, known)
st.subheader(say("bits.title"))
if layers := rounding.show(choice):
    onelayer.show(choice, layers)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
