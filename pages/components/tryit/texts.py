"""The text to try, typed or clicked: sentences of the task whose answers turn first along the slider, or never do."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.engine import track as tracks
from core.engine.recipes import maximum, step
from core.engine.track import Track
from core.models.head import SPAN
from core.tasks.task import Example, Task
from pages.components.canvas.typing import typed
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import links
from pages.components.widgets.session import store
from pages.components.widgets.text import literal, say

EACH = 3  # examples of a kind
SHOWN = 90  # letters of a button
IN_LINK = 300  # letters of a text that a link carries


def ask(task: Task) -> list[str]:
    """The boxes, one for each text that the task reads; what stands in them."""
    given = st.session_state.setdefault("tried", links.asked("text")[-1:] or list(task.validation[0].texts))
    names = [say("tryit.question"), say("tryit.passage")] if task.head is SPAN else [say("tryit.text")]
    names += [say("tryit.second")] if task.head is not SPAN and len(given) > 1 else []
    fresh = st.session_state.get("tried_fresh", 0)
    given = [*given, *[""] * len(names)][: len(names)]
    found = [
        typed(name, text, key=f"typed-{place}", fresh=fresh)
        for place, (name, text) in enumerate(zip(names, given, strict=True))
    ]
    if found[0] and len(found[0]) <= IN_LINK:
        st.query_params["text"] = found[0]
    else:
        st.query_params.pop("text", None)
    return found


def examples(choice: Chosen, task: Task, method: str) -> None:
    """Buttons: those that turn first and those that never do where a track knows, else the first of the task."""
    track = tracks.read(choice.dense, step(method, 0), store()) if task.head is not SPAN else None
    if track is None or not track.whole(maximum(method)) or len(track.right) != len(task.validation):
        _buttons(say("tryit.examples"), task.validation[: 2 * EACH])
        return
    first, never = _by_turn(track)
    _buttons(say("tryit.first"), [task.validation[i] for i in first])
    _buttons(say("tryit.steady"), [task.validation[i] for i in never], 1)


def _by_turn(track: Track) -> tuple[list[int], list[int]]:
    """The examples whose answer turns at the lowest positions, and those of the surest answers that never turn."""
    other = track.answers != track.answers[0]
    turning = np.where(other.any(0), other.argmax(0), len(track.levels))
    first = [int(i) for i in np.argsort(turning, kind="stable")[:EACH] if turning[i] < len(track.levels)]
    steady = np.where(other.any(0), -1, track.sure[0].astype(int))
    never = [int(i) for i in np.argsort(-steady, kind="stable")[:EACH] if steady[i] >= 0]
    return first, never


def _buttons(title: str, examples: Sequence[Example], row: int = 0) -> None:
    if not examples:
        return
    st.caption(title)
    with st.container(horizontal=True):
        for place, example in enumerate(examples):
            words = example.text if len(example.text) <= SHOWN else f"{example.text[:SHOWN]}…"
            st.button(literal(words), key=f"try-{row}-{place}", on_click=_take, args=(list(example.texts),))


def _take(texts: list[str]) -> None:
    """In a callback: put these texts into the boxes."""
    st.session_state["tried"] = texts
    st.session_state["tried_fresh"] = st.session_state.get("tried_fresh", 0) + 1
