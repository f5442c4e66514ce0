"""What all sessions of a server share: the executor and the store."""

from uuid import uuid4

import streamlit as st

from core.engine import store as stores
from core.engine.store import Store
from core.jobs.executor import Jobs
from core.spec import Spec, brief

WATCHER = "lab"  # who waits for this page's jobs: not a session, so that they survive its refresh


def title(spec: Spec, command: str) -> str:
    """What a job is called in every language: its steps with the fields that were changed, the command, model, task."""
    steps = " + ".join(map(brief, spec.steps)) or "dense"
    return " · ".join((steps, command, spec.model.rpartition("/")[2], spec.task))


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
