"""One's own text: what dense and compressed answer, side by side, and where along each slider the answer turns."""

from collections.abc import Sequence

import streamlit as st

from core.engine import ask as asking
from core.engine.ask import Reply
from core.engine.recipes import SLIDER
from core.errors import UserError
from core.jobs import turns as turning
from core.jobs.turns import Scan
from core.models.find import SHIPPED
from core.models.head import SPAN
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Task
from pages.components.frame.sidebar import Chosen
from pages.components.tryit import texts as boxes
from pages.components.widgets import tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import called, literal, local, say, say_or, sentence

SCAN_S = 3.0  # for the positions of one method


def side_by_side(choice: Chosen, task: Task, models: Sequence[tuple[str, Spec]], texts: Sequence[str]) -> None:
    """The answers of two models, which are called so, with probabilities and times; where they differ, that is said
    first."""
    try:
        with st.spinner(say("tryit.reading")):
            first, second = (asking.ask(spec, choice.origin, store(), texts) for _, spec in models)
    except UserError as error:
        st.info(literal(sentence(error)))
        return
    names = [name for name, _ in models]
    if first.answer != second.answer:
        a, b = map(literal, names)
        one, other = (literal(called(task, reply.answer) or "–") for reply in (first, second))
        st.warning(say("tryit.differs", a=a, b=b, first=one, second=other), icon=":material/swap_horiz:")
    for place, name, reply in zip(st.columns(2, gap="medium"), names, (first, second), strict=True):
        with place.container(border=True):
            _reply(task, name, reply)
    if not (first.steady and second.steady):
        st.caption(say("tryit.unsteady"))
    if first.unknown:
        st.warning(say("tryit.unknown", count=first.unknown, tokens=first.tokens), icon=":material/help:")
    if first.cut:
        st.caption(say("tryit.cut", tokens=first.tokens))
    if choice.dense.model in SHIPPED:
        st.caption(say("tryit.language"))


def panel(choice: Chosen, models: Sequence[tuple[str, Spec]]) -> None:
    """On a page about something else: a text of one's own and both answers, once somebody asks for it."""
    if not choice.runnable or not st.toggle(say("tryit.here"), key="try-here"):
        return
    task = load_task(choice.origin)
    side_by_side(choice, task, models, boxes.ask(task))


def dense_and(choice: Chosen, title: str, spec: Spec) -> list[tuple[str, Spec]]:
    """The dense model and another one, as they are called."""
    return [(say("group.dense").capitalize(), choice.dense), (title, spec)]


def _reply(task: Task, name: str, reply: Reply) -> None:
    st.markdown(f"**{literal(name)}**")
    st.metric(say("tryit.answer"), literal(called(task, reply.answer) or "–"))
    if task.head is SPAN:
        st.caption(say("tryit.sure", sure=f"{100 * reply.sure:.0f}"))
    for label, share in reply.shares:
        st.progress(share, f"{literal(called(task, label))} · {local(f'{100 * share:.1f}')} %")
    st.caption(say("tryit.time", ms=f"{reply.ms:.1f}", tokens=reply.tokens))


def turns(choice: Chosen, texts: Sequence[str]) -> None:
    """A button that scans every slider, and the positions at which this answer turns."""
    asked = (choice.dense.key, tuple(texts))
    about, known, whole = st.session_state.get("turns", (asked, {}, False))
    known = known if about == asked else {}
    if not (known and whole) and st.button(say("tryit.scan"), icon=":material/troubleshoot:"):
        try:
            known, whole = _scanned(choice, texts)
        except UserError as error:
            st.info(literal(sentence(error)))
            return
        st.session_state["turns"] = asked, known, whole
        st.rerun()
    if known:
        rows = [{say("slide.method"): name, say("tryit.turns"): words} for name, words in known.items()]
        tiles.table(rows, say("tryit.turns_alt"))
        st.caption(say("tryit.exact"))


def _scanned(choice: Chosen, texts: Sequence[str]) -> tuple[dict[str, str], bool]:
    """In words, by method, where the answer turns, and whether every position was looked at; of a text that takes long
    only as many are as there is time for."""
    bar, found, whole = st.progress(0.0, say("tryit.scanning")), {}, True
    for place, method in enumerate(SLIDER):

        def told(share: float, before: int = place) -> None:
            bar.progress((before + share) / len(SLIDER), say("tryit.scanning"))

        scan = turning.scan(choice.dense, method, choice.origin, store(), texts, seconds=SCAN_S, told=told)
        found[say_or(f"method.{method}", method)] = _turn(scan)
        whole = whole and scan.whole
    bar.empty()
    return found, whole


def _turn(scan: Scan) -> str:
    where = turning.turned(scan.found)
    if not where:
        return say("tryit.never") if scan.whole else say("tryit.at_none", count=len(scan.found))
    first = say("tryit.between", low=where[0][0], high=where[0][1])
    told = f"{first}; {say('tryit.again', count=len(where) - 1, high=where[-1][1])}" if where[1:] else first
    return told if scan.whole else f"{told} {say('tryit.partly', count=len(scan.found))}"
