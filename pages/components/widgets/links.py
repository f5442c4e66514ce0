"""Choices that a link carries by their stable ids, and that are kept over pages.

Streamlit's own bind="query-params" writes an option's label, which is another one in every language; and a control that
nobody has touched may hand back None when its page is opened again. So what is chosen is kept under a name of its own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

OPENED = "link"  # in the session: what the link held that opened it
MISSED, TOLD = "missed", "missed-told"  # in the session: what was asked for and is not to be had; what of it was told
ENDED = "ended"  # in the session: did the last run come to its end? Else the page began anew by itself


def remember() -> None:
    """At the top of each run: the link that opened this session also speaks for the pages that are visited later."""
    if OPENED not in st.session_state:
        st.session_state[OPENED] = {name: st.query_params.get_all(name) for name in st.query_params}
    if st.session_state.pop(ENDED, True):
        st.session_state[MISSED] = {}
    st.session_state[TOLD], st.session_state[ENDED] = set(), False


def ended() -> None:
    """At the end of each run that was not cut off by another one."""
    st.session_state[ENDED] = True


def miss(key: str, text: str) -> None:
    """Note what a link, or an earlier choice, asks for and this page has not."""
    st.session_state.setdefault(MISSED, {})[key] = text


def missed() -> dict[str, str]:
    """What was noted and not told in this run yet, by the name that it has in a link."""
    told = st.session_state.setdefault(TOLD, set())
    found = {key: text for key, text in st.session_state.get(MISSED, {}).items() if key not in told}
    told |= set(found)
    return found


def asked(name: str) -> list[str]:
    """The values of that name in the page's link, else in the one that opened the session."""
    return st.query_params.get_all(name) or list(st.session_state.get(OPENED, {}).get(name, []))


def value(key: str) -> Any:
    """What was chosen last, on whichever page; None before its control was first drawn."""
    return st.session_state.get(f"kept-{key}")


def follow(link: Mapping[str, str], others: Sequence[str] = ()) -> None:
    """In a callback: choose what a link names, whatever was chosen before; others: what is to be as usual besides."""
    for name in {*others, *link}:
        st.session_state.pop(name, None)
        st.session_state.pop(f"kept-{name}", None)
        st.query_params.pop(name, None)
    for name, text in link.items():  # the run that opens the page draws the one that is left first
        st.query_params[name] = text
    st.session_state[OPENED] = {name: [text] for name, text in link.items()}


def prefer(link: Mapping[str, str]) -> None:
    """In a callback: what pages that are opened later shall begin with; everything else stays as it is."""
    for name, text in link.items():
        st.session_state.pop(name, None)
        _keep(name, text)


def go(page: str) -> None:
    """Open another page, which writes its own link; Streamlit's own way refuses that where the model stands in it."""
    st.switch_page(page, query_params={})


def put(key: str, chosen: Any) -> None:
    """Choose in a callback, before the control is drawn."""
    st.session_state[key] = chosen


def before(key: str, options: Sequence[str], first: str = "") -> None:
    """Before its widget: what it holds, was chosen earlier or stands in the link; else `first` or the first option."""
    found = (st.session_state.get(key), value(key), *asked(key)[-1:])
    if found[:2] == (None, None):
        for text in st.query_params.get_all(key)[-1:]:
            if text not in options:
                miss(key, text)
    _keep(key, next((one for one in found if one in options), first or options[0]))
    st.session_state[key] = value(key)


def after(key: str, options: Sequence[str], always: bool = False) -> str:
    """After its widget: put the choice into the link and return it; the first option needs no place there, unless
    `always`."""
    if st.session_state.get(key) in options:
        _keep(key, st.session_state[key])
    chosen = str(value(key))
    if chosen == options[0] and not always:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def choose(
    key: str, options: Sequence[str], label: str, words: Callable[[str], str], *, place: Any = st, **settings: Any
) -> str:
    """One of a few in a row, kept over pages and in the link; words: an option as people read it."""
    before(key, options)
    place.segmented_control(label, options, format_func=words, required=True, key=key, wrap=True, **settings)
    return after(key, options)


def select(
    key: str, options: Sequence[str], label: str, words: Callable[[str], str], *, place: Any = st, **settings: Any
) -> str:
    """One of several in a list that opens, kept over pages and in the link; words: an option as people read it."""
    before(key, options)
    named = {option: words(option) for option in options}  # in this run's language
    place.selectbox(label, options, format_func=named.__getitem__, key=key, **settings)
    return after(key, options)


def number(
    key: str, label: str, low: float, high: float | None, *, empty: float | None = None, place: Any = st, **about: Any
) -> Any:
    """A number, kept over pages and in the link; a link's that is none, or out of range, is `empty`."""
    if key not in st.session_state:
        whole, texts = isinstance(low, int), asked(key)[-1:]
        st.session_state[key] = st.session_state.get(f"kept-{key}", _number(texts, low, high, whole, empty))
    place.number_input(label, low, high, None if empty is None else "min", key=key, **about)
    if st.session_state[key] is not None or empty is None:
        _keep(key, st.session_state[key])
    if value(key) == empty:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = f"{value(key):g}" if isinstance(value(key), float) else str(value(key))
    return value(key)


def _number(texts: Sequence[str], low: float, high: float | None, whole: bool, empty: float | None) -> float | None:
    try:
        found = [int(text) if whole else float(text) for text in texts]
        fits = [one for one in found if math.isfinite(one) and low <= one <= (math.inf if high is None else high)]
    except (ValueError, OverflowError):
        return empty
    return fits[0] if fits else empty


def _keep(key: str, chosen: Any) -> None:
    st.session_state[f"kept-{key}"] = chosen
