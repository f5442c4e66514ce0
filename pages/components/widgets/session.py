"""What all sessions of a server share: the executor and the store; and whose a job is."""

import threading
import time

import streamlit as st
from streamlit.runtime import exists

from core import paths, visitors
from core.engine import room
from core.engine import store as stores
from core.engine.store import Store
from core.jobs.executor import MOST_EACH, Jobs
from core.jobs.line import Keeper
from core.spec import Spec
from core.techniques import words_of
from pages.components.widgets import presence
from pages.components.widgets.text import say, sentence

TIDY_S = 60.0


def title(spec: Spec, what: str) -> str:
    """What a job is called, in the language of who asks for it: its recipe in words, what is done, model, task."""
    return " · ".join((sentence(words_of(spec)).rstrip("."), what, spec.model.rpartition("/")[2], spec.task))


@st.cache_resource
def jobs() -> Jobs:
    """The executor, one for all sessions of this server; what an earlier server left is done first."""
    found = Jobs(Keeper(paths.CACHE / "queue"), MOST_EACH if visitors.PUBLIC else None)
    presence.withdraw_for_absent(found)
    if exists():
        threading.Thread(target=_tidy, daemon=True, name="bonsai-room").start()
    return found


def _tidy() -> None:
    """Keep the cache within its limit, as long as the server runs."""
    room.clear_leftovers()
    while True:
        room.make_room()
        time.sleep(TIDY_S)


def watcher(what: str = "") -> str:
    """Who waits for a job: this browser, which nothing is computed for any more when its last page is closed.

    what: a part of it that waits on its own, so that a slider that moves on does not take the others' jobs along.
    """
    return f"{presence.browser()}/{what}" if what else presence.browser()


def staying() -> str:
    """Who waits for what goes on when the page is closed, as the Lab's jobs do."""
    return watcher(presence.STAYS)


def leave(*keys: str) -> None:
    """This browser waits for these jobs no longer; where others do, they go on, and that is said.

    Of a button its callback: a click reaches that also where the whole page is drawn again at that moment.
    """
    if any([jobs().give_up(key, presence.browser()) for key in keys]):
        st.toast(say("measured.goes_on"))


@st.cache_resource
def store() -> Store:
    """Where results are read and written."""
    return stores.default_store()
