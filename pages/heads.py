"""Which heads survive? Every head by layer, one of them up close, and how many each layer keeps."""

import streamlit as st

from core import headmap
from core.methods import maximum, step
from pages.components import amounts, frame, headgrid, headview, methods, picture, shared
from pages.components.words import say

choice = frame.chosen()
amounts.start("heads")
method, layers = methods.choose()
path = picture.drawn(choice, step(method, 0, layers), "heads")
if path is None:
    st.stop()
found = headmap.read(path.read_bytes())
left, right = st.columns([6, 6], gap="medium")
with left:
    by = headgrid.colour_by()
    level = amounts.slider(say("heads.amount"), maximum(method))
    headgrid.show(choice, found, by, level, method)
with right:
    headview.show(choice, method, layers, level, found)
headgrid.per_layer(found, level, method)
headgrid.missing(choice, found)
headgrid.table(choice, found, level)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
