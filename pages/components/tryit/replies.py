"""One's own text: what dense and compressed answer, side by side, and where along each slider the answer turns."""

from collections.abc import Sequence

import streamlit as st

from core.engine import ask as asking
from core.engine.ask import Reply
from core.engine.recipes import SLIDER
from core.errors import UserError
from core.jobs import turns as turning
from core.models.find import SHIPPED
from core.spec import Spec
from core.tasks.task import Task
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import called, say, say_or, sentence


def side_by_side(choice: Chosen, task: Task, spec: Spec, title: str, texts: Sequence[str]) -> None:
    """Both answers with their probabilities and times; where they differ, that is said first."""
    try:
        replies = [asking.ask(one, choice.origin, store(), texts) for one in (choice.dense, spec)]
    except UserError as error:
        st.info(sentence(error))
        return
    before, after = replies
    if before.answer != after.answer:
        words = say("tryit.differs", dense=called(task, before.answer) or "–", now=called(task, after.answer) or "–")
        st.warning(words, icon=":material/swap_horiz:")
    left, right = st.columns(2, gap="medium")
    for place, name, reply in ((left, say("group.dense").capitalize(), before), (right, title, after)):
        with place.container(border=True):
            _reply(task, name, reply)
    if before.cut:
        st.caption(say("tryit.cut", tokens=before.tokens))
    if choice.dense.model in SHIPPED:
        st.caption(say("tryit.language"))


def _reply(task: Task, name: str, reply: Reply) -> None:
    st.markdown(f"**{tiles.literal(name)}**")
    st.metric(say("tryit.answer"), called(task, reply.answer) or "–")
    if not reply.shares:
        st.caption(say("tryit.sure", sure=f"{100 * reply.sure:.0f}"))
    for label, share in reply.shares:
        st.progress(share, f"{tiles.literal(called(task, label))} · {100 * share:.1f} %")
    st.caption(say("tryit.time", ms=f"{reply.ms:.1f}", tokens=reply.tokens))


def turns(choice: Chosen, texts: Sequence[str]) -> None:
    """A button that scans every slider, and the positions at which this answer turns."""
    asked = (choice.dense.key, tuple(texts))
    about, known = st.session_state.get("turns", (asked, {}))
    known = known if about == asked else {}
    if not known and st.button(say("tryit.scan"), icon=":material/troubleshoot:"):
        try:
            known = _scanned(choice, texts)
        except UserError as error:
            st.info(sentence(error))
            return
        st.session_state["turns"] = asked, known
    if known:
        rows = [{say("slide.method"): name, say("tryit.turns"): words} for name, words in known.items()]
        tiles.table(rows, say("tryit.turns_alt"))
        st.caption(say("tryit.exact"))


def _scanned(choice: Chosen, texts: Sequence[str]) -> dict[str, str]:
    """In words, by method, where the answer turns."""
    bar, found = st.progress(0.0, say("tryit.scanning")), {}
    for place, method in enumerate(SLIDER):
        replies = []
        for level, reply in turning.scan(choice.dense, method, choice.origin, store(), texts):
            replies.append((level, reply))
            bar.progress(min(1.0, (place + min(1.0, len(replies) / 101)) / len(SLIDER)), say("tryit.scanning"))
        where = turning.turned(replies)
        words = say("tryit.never") if where is None else say("tryit.between", low=where[0], high=where[1])
        found[say_or(f"method.{method}", method)] = words
    bar.empty()
    return found
