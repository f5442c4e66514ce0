"""What stands where there is nothing to show: one sentence that says what is missing, and the buttons that lead on."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.models.find import SHIPPED
from core.spec import Spec
from core.tasks import TASKS
from pages.components.widgets import links
from pages.components.widgets.text import say

ON_SST2, ON_REVIEWS = "sst2", "reviews"


@dataclass(frozen=True)
class Way:
    """A button: what it says, and what it does before the page is drawn anew, or which page it opens."""

    label: str
    do: Callable[[], object] | None = None
    page: str = ""


def show(name: str, sentence: str, *ways: Way) -> None:
    """The sentence with its buttons, the first of them the primary one; name: one a page."""
    with st.container(border=True, key=f"empty-{name}"):
        st.markdown(sentence)
        with st.container(horizontal=True):
            for place, way in enumerate(ways):
                kind = "secondary" if place else "primary"
                if st.button(way.label, key=f"empty-{name}-{place}", type=kind, on_click=way.do):
                    _go_on(way)


def on_sst2() -> Way:
    """To the demo on SST-2, of which everything is recorded."""
    return Way(say("empty.on_sst2"), lambda: choose(ON_SST2, "demo"))


def on_reviews() -> Way:
    """To Reviews, whose sentences are always here."""
    return Way(say("empty.on_reviews"), lambda: choose(ON_REVIEWS))


def elsewhere(dense: Spec, runnable: bool) -> list[Way]:
    """To where it can be seen: to Reviews where only the sentences are missing, else to what is recorded."""
    if dense.task != ON_SST2:
        return [on_sst2()]
    if not runnable:
        return [on_reviews()]
    return [] if dense.model == "demo" else [on_sst2()]


def slide() -> Way:
    """To the page that measures one position at once."""
    return Way(say("start.slide_go"), page="pages/slide.py")


def choose(task: str, model: str = "") -> None:
    """In a callback: another task, and another model where one is named, or where a shipped one does not know it."""
    st.session_state["task"] = task
    if model:
        st.session_state["model"] = model
    else:
        fit_model()


def fit_model() -> None:
    """In a callback: of the shipped models the one that knows the task."""
    entry = TASKS.get(st.session_state["task"])
    if entry is not None and st.session_state.get("model") in SHIPPED:
        st.session_state["model"] = entry.model


def _go_on(way: Way) -> None:
    """A part of the page may have been redrawn alone: what was done concerns all of it."""
    if way.page:
        links.go(way.page)
    st.rerun()
