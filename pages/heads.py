"""Which heads survive? Every head by layer, one of them up close, and how many each layer keeps."""

import streamlit as st

from core.engine.recipes import maximum, step
from core.pictures import heads
from core.pictures.picture import HeadMap
from pages.components.canvas import payloads
from pages.components.frame import sidebar
from pages.components.heads import head_map, one_head
from pages.components.widgets import method_picker, session, slider
from pages.components.widgets.text import say

choice = sidebar.chosen()
slider.start("heads")
method, layers = method_picker.choose()
path = payloads.drawn(choice, step(method, 0, layers), HeadMap())
if path is None:
    st.stop()
found = heads.read(path.read_bytes())
left, right = st.columns([6, 6], gap="medium")
with left:
    by = head_map.colour_by()
    level = slider.slider(say("heads.amount"), maximum(method))
    head_map.show(choice, found, by, level, method)
with right:
    one_head.show(choice, method, layers, level, found)
head_map.per_layer(found, level, method)
head_map.missing(choice, found)
head_map.table(choice, found, level)
if choice.runnable:
    session.jobs().warm_up(choice.dense.model, choice.origin)
