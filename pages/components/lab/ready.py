"""Models that come with the code: what each is, what its check said, and its zip at once."""

import functools

import streamlit as st

from core.jobs import exports
from core.jobs.exports import Download
from core.summary import percent
from core.techniques import words_of
from pages.components.frame.sidebar import Chosen
from pages.components.lab import export, recipe
from pages.components.widgets import tiles
from pages.components.widgets.text import format_title, literal, say, sentence


def show(choice: Chosen) -> None:
    """Those of the chosen model and task, one beside the other; nothing where there are none."""
    known = exports.ready(choice.dense)
    found = [one for spec, form in known if (one := exports.find(spec.key, form)) is not None]
    if not found:
        return
    st.markdown(f"**{say('ready.title')}**")
    for place, one in zip(st.columns(len(found)), found, strict=True):
        with place.container(border=True, height="stretch"):
            _card(one)


def _card(found: Download) -> None:
    check = found.exported.check
    st.markdown(literal(sentence(words_of(found.spec))))
    score = percent(check.accuracy, check.metric)
    st.caption(say("ready.figures", score=score, ms=f"{check.latency_ms:.1f}", form=format_title(found.form)))
    st.caption(say("takehome.timed", where=tiles.badge(found)))
    with st.container(horizontal=True):
        export.download(found, f"ready-{found.spec.key}")
        take = functools.partial(recipe.take, found.spec)
        st.button(say("ready.open"), key=f"open-{found.spec.key}", type="tertiary", on_click=take)
