"""What all sessions of a server share: the executor and the store."""

from uuid import uuid4

import streamlit as st

from core import store as stores
from core.jobs import Jobs
from core.store import Store


@st.cache_resource
def jobs() -> Jobs:
    """The executor, one for all sessions of this server."""
    return Jobs()


def session() -> str:
    """A name of this session, to tell who waits for a job."""
    return str(st.session_state.setdefault("session", uuid4().hex))


@st.cache_resource
def store() -> Store:
    """Where results are read and written."""
    return stores.default_store()
