"""How small can the student be? Students of every size with and without their teacher; pick one, and train it."""

import streamlit as st

from pages.components.distil import student, student_grid
from pages.components.frame import sidebar
from pages.components.widgets import session
from pages.components.widgets.text import say

choice = sidebar.chosen()
st.subheader(say("distil.title"))
found = student_grid.stored(choice)
left, right = st.columns([7, 5], gap="medium")
with left:
    student_grid.show(choice, found)
with right:
    step = student.form(choice)
    if step is not None:
        student.before(choice, step)
if step is not None:
    student.show(choice, step)
student_grid.table(found)
if choice.runnable:
    session.jobs().warm_up(choice.dense.model, choice.origin)
