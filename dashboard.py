"""The dashboard: page configuration, navigation, the sidebar frame and one warm-up."""

import gc

import streamlit as st

from pages.components.frame import ahead, missed, sidebar
from pages.components.lessons import glossary, shown
from pages.components.widgets import classroom, links, presence

st.set_page_config(page_title="BERT Bonsai", page_icon="assets/icon.png", layout="wide", initial_sidebar_state=248)


@st.cache_resource
def _freeze() -> bool:
    """Take torch and transformers out of later garbage collections, which would cost 0.6 s a rerun."""
    gc.collect()
    gc.freeze()
    return True


links.remember()
presence.remember()
classroom.enter()
classroom.require_said()
sidebar.tighten()
ahead.charts()
sidebar.language()
page = sidebar.navigation()
sidebar.sidebar()
sidebar.page_title(page)
if page.url_path != "lessons":
    shown.way_back()
notices = st.container()
missed.show(notices)  # of the frame, since a page may end early
page.run()
missed.show(notices)
glossary.under(page.url_path)
st.session_state["last_page"] = page.url_path
links.ended()
_freeze()
