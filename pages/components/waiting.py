"""Several jobs that one button asked for: which still run, and a bar for all of them with Cancel."""

from collections.abc import Sequence

import streamlit as st

from core.jobs import Status
from pages.components.shared import jobs
from pages.components.words import say


def active(keys: Sequence[str]) -> list[Status]:
    """Those of the jobs that wait or run."""
    return [status for status in map(jobs().status, keys) if status is not None and status.active]


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
