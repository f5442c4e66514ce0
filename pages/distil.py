"""How small can the student be? Students of every size with and without their teacher; pick one, and train it."""

import streamlit as st

from pages.components import frame, shared, sizes, student
from pages.components.words import say

choice = frame.chosen()
st.subheader(say("distil.title"))
found = sizes.stored(choice)
left, right = st.columns([7, 5], gap="medium")
with left:
    sizes.show(found)
with right:
    step = student.form(choice)
    if step is not None:
        student.before(choice, step)
if step is not None:
    student.show(choice, step)
sizes.table(found)
if choice.runnable:
    shared.jobs().warm_up(choice.dense.model, choice.origin)
