"""What stands above figures that may mislead: classes that were only counted off, a model that has learnt nothing."""

import streamlit as st

from core.engine.understood import doubt, unlearnt
from core.labels import listed
from core.models import find
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Origin
from pages.components.widgets.session import store
from pages.components.widgets.text import literal, say, sentence

FRESH = "fresh_head"  # in the session: the dense Spec for which a new head was asked for


def show(dense: Spec, origin: Origin) -> None:
    """On top of the page, as a phone shows no sidebar; nothing where nothing is doubtful."""
    task = load_task(origin)
    if doubt(dense, origin) is not None:
        names = listed(find.class_names(find.resolve(dense.model)))
        with st.container(key="doubt-classes"):
            st.warning(say("doubt.classes", labels=literal(listed(task.names)), names=literal(names)))
            st.button(say("doubt.fresh"), on_click=_ask, args=[dense.key])
        return  # what such a model knows is not the question
    known = store().read(dense.key)
    if known is not None and (note := unlearnt(known.quality, task)) is not None:
        st.warning(literal(sentence(note)))


def fresh_head(dense: Spec) -> bool:
    """Was a new head asked for in place of the one that this model has?"""
    return bool(st.session_state.get(FRESH) == dense.key)


def keep_head() -> None:
    """In a callback: back to the head that the model has."""
    st.session_state[FRESH] = ""


def _ask(key: str) -> None:
    st.session_state[FRESH] = key
