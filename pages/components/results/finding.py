"""Find it for me: the budget as a job that measures the recipes which promise most, and the best of them so far."""

import dataclasses
from contextlib import suppress

import streamlit as st

from core.budget import Budget, answer, options
from core.engine import choose
from core.engine.run import make_spec
from core.errors import UserError
from core.jobs.finding import Part, held_to
from core.jobs.status import find_key
from core.result import Result
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import tiles
from pages.components.widgets.session import jobs, leave, staying, store
from pages.components.widgets.text import leading, literal, say, sentence, shown_score

POLL_S = 1.0
USUAL, MOST = 12, 200  # recipes to measure


def offer(choice: Chosen, budget: Budget) -> None:
    """How many recipes, with trainings or without, and the button; while it searches, the best so far and Cancel."""
    if not choice.runnable or not budget.limits:
        return
    key = find_key(choice.dense)
    status = jobs().status(key)
    if status is not None and status.active:
        st.fragment(_watch, run_every=POLL_S)(key, choice, budget)
        return
    with st.expander(say("finding.title"), expanded=status is not None):
        if status is not None and status.error:
            st.error(literal(status.error))
        elif status is not None:
            st.caption(say(f"finding.{status.state}"))
        st.markdown(say("finding.text"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            most = st.number_input(say("finding.most"), 1, MOST, USUAL, key="find-most")
            trains = st.toggle(say("finding.trains"), key="find-trains")
        st.button(
            say("finding.start"),
            key="find",
            icon=":material/search:",
            on_click=lambda: jobs().find(choice.dense, choice.origin, budget, int(most), trains, staying()),
        )


def _watch(key: str, choice: Chosen, budget: Budget) -> None:
    """How far it is, and the best of what was measured on the held-out part so far."""
    status = jobs().status(key)
    if status is None or not status.active:
        st.rerun()
    tiles.progress(status)
    held = dataclasses.replace(choice.origin, tuning=True)
    results: list[Result] = []
    with suppress(UserError):
        tuned = make_spec(choice.dense.model, held)
        results = choose.stored(tuned, store())
    there, here = (store().read(spec.key) for spec in (tuned, choice.dense)) if results else (None, None)
    if there is not None and here is not None:
        part = Part.of(there)
        asked = held_to(budget, part, Part.of(here))
        st.caption(say("finding.so_far", count=len(results), examples=part.examples, dense=shown_score(part.dense)))
        st.markdown(literal(sentence(choose.sentences(answer(options(results), asked), asked, leading())[0])))
    st.button(say("measured.cancel"), key="cancel-find", on_click=leave, args=(key,))
