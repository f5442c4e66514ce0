"""Teach me: predict, do it on the real page, reveal what was measured; for one reader, or on the wall of a class."""

import streamlit as st

from core.lessons import broken, lessons
from pages.components.frame import sidebar
from pages.components.lessons import presenter, progress, shown
from pages.components.widgets import links
from pages.components.widgets.text import literal, say

sidebar.required()
for why in broken():
    st.warning(literal(why))
lesson, every = progress.chosen(), lessons()
presenting = progress.presents()
if presenting:
    presenter.dress()
else:
    st.markdown(say("lessons.lead"))
    names = {
        one.id: f"{place}. {shown.words(one, 'title')}{' ✓' if one.id in progress.done() else ''}"
        for place, one in enumerate(every, 1)
    }
    links.select("lesson", list(names), say("lessons.lesson"), names.__getitem__)
    lesson = progress.chosen()
shown.show(lesson)
place = [one.id for one in every].index(lesson.id) + 1
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(say("lessons.place", place=place, count=len(every), done=len(progress.done())))
    label = say("lessons.leave") if presenting else say("lessons.present")
    st.button(label, key="present", type="tertiary", on_click=progress.present, args=[not presenting])
