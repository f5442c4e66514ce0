"""Measure it, take it home: a recipe by form, its jobs, and the model as a file that was run before it is offered."""

import streamlit as st

from pages.components import frame, launch, lines, queue, recipe, takehome
from pages.components.words import say

choice = frame.chosen()
st.subheader(say("lab.title"))
left, right = st.columns([9, 3], gap="medium")
with left:
    steps = recipe.form()
with right:
    spec = launch.controls(choice, steps)
if spec is not None:
    lines.show(spec, choice.origin)
st.subheader(say("queue.title"))
queue.show(choice)
st.subheader(say("takehome.title"))
takehome.show(choice, steps)
