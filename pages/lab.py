"""Measure it, take it home: a recipe by form, its jobs, and the model as a file that was run before it is offered."""

import streamlit as st

from pages.components.frame import sidebar
from pages.components.lab import as_code, export, jobs, kept, launch, ready, recipe
from pages.components.widgets.text import say

choice = sidebar.chosen()
st.subheader(say("lab.title"))
left, right = st.columns([9, 3], gap="medium")
with left:
    steps = recipe.form()
with right:
    spec = launch.controls(choice, steps)
if spec is not None:
    as_code.show(spec, choice.origin)
st.subheader(say("queue.title"))
jobs.show(choice)
st.subheader(say("takehome.title"))
export.show(choice, steps)
ready.show(choice)
kept.show()
