"""Several jobs that one button asked for: which still run, and a bar for all of them with Cancel."""

import math
from collections.abc import Callable, Sequence

import streamlit as st

from core.engine import estimates
from core.environment import here
from core.errors import Words
from core.jobs.status import Status
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Origin
from pages.components.widgets import empty, tiles
from pages.components.widgets.empty import Way
from pages.components.widgets.session import jobs, leave, store
from pages.components.widgets.text import literal, say


def active(keys: Sequence[str]) -> list[Status]:
    """Those of the jobs that wait or run."""
    return [status for status in map(jobs().status, keys) if status is not None and status.active]


def offer(
    name: str,
    words: str,
    label: str,
    start: Callable[[], list[str]] | None,
    sentence: str = "",
    others: Sequence[Way] = (),
) -> None:
    """The button that asks for jobs; while they run their bar, and afterwards why some of them failed.

    name: one a page. words: see `progress`. label: of the button. start: queues the jobs; None where nothing is left.
    sentence, others: where there is nothing to show yet, what is missing, and the further buttons that lead on.
    """
    asked: list[str] = st.session_state.setdefault(f"asked-{name}", [])
    if active(asked):
        st.fragment(progress, run_every=0.5)(asked, words, name)
        return
    for why in errors(asked):
        st.error(literal(why))
    if sentence:
        ways = [Way(label, lambda: ask(name, start()))] if start else []
        empty.show(name, sentence, *ways, *others)
    elif start:
        st.button(label, key=f"ask-{name}", on_click=lambda: ask(name, start()))


def ask(name: str, keys: list[str]) -> None:
    """In a callback: wait for these jobs where `offer` of that name stands."""
    st.session_state[f"asked-{name}"] = keys


def about(origin: Origin, specs: Sequence[Spec], timed: bool = True) -> str:
    """About how long these take here, in words for a button; timed: are their times measured too?"""
    seconds = seconds_of(origin, specs, timed)
    if seconds > tiles.LONG_S:
        return say("about.minutes", minutes=math.ceil(seconds / 60))
    return say("about.seconds", seconds=10 * math.ceil(seconds / 10))


def seconds_of(origin: Origin, specs: Sequence[Spec], timed: bool = True) -> float:
    """About how many seconds these take here."""
    task = load_task(origin)
    return estimates.seconds(specs, len(task.train), len(task.validation), _paces(task.name), timed)


@st.cache_data(ttl=60, show_spinner=False)  # reading all results takes too long for each release of a slider
def _paces(task: str) -> estimates.Paces:
    return estimates.paces(store().all(), here().machine, task)


def errors(keys: Sequence[str]) -> list[Words]:
    """Why jobs failed, each reason once."""
    found = [status for status in map(jobs().status, keys) if status is not None]
    return list(dict.fromkeys(status.error for status in found if status.state == "failed" and status.error))


def watch(key: str, name: str) -> Status:
    """To be run as a fragment: the bar of one job and Cancel; reruns at the end. name: of the button, one a page."""
    status = jobs().status(key)
    if status is None or not status.active:
        st.rerun()
    tiles.progress(status)
    st.button(say("measured.cancel"), key=f"cancel-{name}", on_click=leave, args=(key,))
    return status


def progress(keys: Sequence[str], words: str, name: str) -> None:
    """To be run as a fragment: how many are done, about how long the rest takes, and Cancel; reruns at the end.

    words: the text's key with {done} and {total}. name: of the button, one a page.
    """
    left = active(keys)
    if not left:
        st.rerun()
    done = len(keys) - len(left)
    elapsed = max(status.seconds for status in left)
    eta = tiles.eta(elapsed / done * len(left)) if done else ""
    st.progress(done / len(keys), f"{say(words, done=done, total=len(keys))} {eta}")
    st.button(say("measured.cancel"), key=f"cancel-{name}", on_click=leave, args=tuple(status.key for status in left))
