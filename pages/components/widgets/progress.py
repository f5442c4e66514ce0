"""Several jobs that one button asked for: which still run, and a bar for all of them with Cancel."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.jobs.status import Status
from pages.components.widgets import tiles
from pages.components.widgets.session import jobs
from pages.components.widgets.text import say


def active(keys: Sequence[str]) -> list[Status]:
    """Those of the jobs that wait or run."""
    return [status for status in map(jobs().status, keys) if status is not None and status.active]


def offer(name: str, words: str, label: str, start: Callable[[], list[str]] | None) -> None:
    """The button that asks for jobs; while they run their bar, and afterwards why some of them failed.

    name: one a page. words: see `progress`. label: of the button. start: queues the jobs; None where nothing is left.
    """
    asked: list[str] = st.session_state.setdefault(f"asked-{name}", [])
    if active(asked):
        st.fragment(progress, run_every=0.5)(asked, words, name)
        return
    for why in errors(asked):
        st.error(why)
    if start and st.button(label):
        ask(name, start())


def ask(name: str, keys: list[str]) -> None:
    """Wait for these jobs where `offer` of that name stands."""
    st.session_state[f"asked-{name}"] = keys
    st.rerun()


def errors(keys: Sequence[str]) -> list[str]:
    """Why jobs failed, each reason once."""
    found = [status for status in map(jobs().status, keys) if status is not None]
    return list(dict.fromkeys(status.error for status in found if status.state == "failed"))


def watch(key: str, name: str) -> Status:
    """To be run as a fragment: the bar of one job and Cancel; reruns at the end. name: of the button, one a page."""
    status = jobs().status(key)
    if status is None or not status.active:
        st.rerun()
    tiles.progress(status.event)
    if st.button(say("measured.cancel"), key=f"cancel-{name}"):
        jobs().cancel(key)
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
    eta = say("stage.eta", seconds=f"{elapsed / done * len(left):.0f}") if done else ""
    st.progress(done / len(keys), f"{say(words, done=done, total=len(keys))} {eta}")
    if st.button(say("measured.cancel"), key=f"cancel-{name}"):
        for status in left:
            jobs().cancel(status.key)
