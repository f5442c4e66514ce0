"""The dashboard's entry: page configuration, navigation, the sidebar frame and one warm-up."""

import gc

import streamlit as st

from pages.components import frame
from pages.components.words import say

st.set_page_config(page_title="BERT Bonsai", page_icon=":material/park:", layout="wide")


@st.cache_resource
def _freeze() -> bool:
    """Take torch and transformers out of later garbage collections, which would cost 0.6 s a rerun."""
    gc.collect()
    gc.freeze()
    return True


frame.language()
page = st.navigation(
    [
        st.Page("pages/start.py", title=say("nav.start"), default=True),
        st.Page("pages/slide.py", title=say("nav.slide"), url_path="slide"),
        st.Page("pages/tradeoffs.py", title=say("nav.tradeoffs"), url_path="tradeoffs"),
        st.Page("pages/report.py", title=say("nav.report"), url_path="report"),
    ],
    position="top",
)
frame.sidebar()
page.run()
st.session_state["last_page"] = page.url_path
_freeze()
