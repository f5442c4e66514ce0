"""Choices that a link carries by their stable ids.

Streamlit's own bind="query-params" writes an option's label, which is another one in every language.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def before(key: str, options: Sequence[str]) -> None:
    """Before its widget: take the choice from the link, or the first option; the widget keeps it over pages."""
    if st.session_state.get(key) not in options:
        asked = st.query_params.get(key)
        st.session_state[key] = asked if asked in options else options[0]


def after(key: str, options: Sequence[str]) -> str:
    """After its widget: put the choice into the link unless it is the first option, and return it."""
    value = st.session_state[key]
    if value == options[0]:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value
    return str(value)


def choose(
    key: str, options: Sequence[str], label: str, words: Callable[[str], str], *, place: Any = st, **settings: Any
) -> str:
    """One of a few in a row, kept over pages and in the link; words: an option as people read it."""
    before(key, options)
    kept = {"required": True, "key": key, "persist_state": "session"}
    place.segmented_control(label, options, format_func=words, **kept, **settings)
    return after(key, options)
