"""What does this word mean? Every word of the field that the pages use, in both languages."""

import streamlit as st

from pages.components.frame import sidebar
from pages.components.lessons import glossary
from pages.components.widgets import links
from pages.components.widgets.text import current, say

sidebar.required()
asked = "".join(links.asked(glossary.WORD)[-1:])
named = {entry.id: entry.term for entry in glossary.entries(current())}
if "search" not in st.session_state and asked in named:
    st.session_state["search"] = named[asked]
st.markdown(say("glossary.lead"))
glossary.show(st.text_input(say("glossary.search"), key="search", max_chars=60).strip())
