"""What all sessions of a server share: the executor and the store."""

import streamlit as st

from core import store as stores
from core.jobs import Jobs
from core.store import Store


@st.cache_resource
def jobs() -> Jobs:
    """The executor, one for all sessions of this server."""
    return Jobs()


@st.cache_resource
def store() -> Store:
    """Where results are read and written."""
    return stores.default_store()
