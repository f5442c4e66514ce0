"""What all sessions of a server share: the executor and the store."""

from uuid import uuid4

import streamlit as st

from core.engine import store as stores
from core.engine.store import Store
from core.jobs.executor import Jobs
from core.spec import Spec
from core.techniques import words_of
from pages.components.widgets.text import sentence

WATCHER = "lab"  # who waits for this page's jobs: not a session, so that they survive its refresh


def title(spec: Spec, what: str) -> str:
    """What a job is called, in the language of who asks for it: its recipe in words, what is done, model, task."""
    return " · ".join((sentence(words_of(spec)).rstrip("."), what, spec.model.rpartition("/")[2], spec.task))


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
