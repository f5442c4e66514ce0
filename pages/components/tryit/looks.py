"""What one head looks at in one's own text, in dense and in what compression left."""

from collections.abc import Sequence

import streamlit as st

from core.engine import attend
from core.errors import UserError
from core.spec import Spec
from pages.components.canvas import attention as view
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import links
from pages.components.widgets.session import store
from pages.components.widgets.text import literal, say, sentence


def show(choice: Chosen, spec: Spec, title: str, texts: Sequence[str]) -> None:
    """The layer and the head, lines between words before and after, and what they do not explain."""
    if "looks" not in st.session_state:  # a link that names a head shows it
        st.session_state["looks"] = bool(links.asked("layer") or links.asked("head"))
    if not st.toggle(say("attention.title"), key="looks"):
        return
    try:
        counts = attend.heads(choice.dense, choice.origin, store())
        left, right = st.columns(2)
        layer = links.number("layer", say("attention.layer"), 1, len(counts), empty=1, place=left)
        head = links.number("head", say("attention.head"), 1, max(counts), empty=1, place=right)
        named = [
            (name, attend.attention(one, choice.origin, store(), texts, layer - 1, head - 1))
            for name, one in ((say("group.dense").capitalize(), choice.dense), (title, spec))
        ]
    except UserError as error:
        st.info(literal(sentence(error)))
        return
    st.caption(say("attention.warning"))
    words = {name: say(f"attention.{name}") for name in view.TEXTS}
    view.attention_view(named, words, key="attention")
    if not named[0][1].whole:
        st.caption(say("attention.cut", count=len(named[0][1].tokens)))
