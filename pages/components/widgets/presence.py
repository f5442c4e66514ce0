"""Whose a job is: the browser that asked, known by a cookie, so that a refresh does not lose it; and who has left."""

import re
import threading
import time
from typing import Any
from uuid import uuid4

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.jobs.executor import Jobs

COOKIE = "bonsai-browser"
NAME = re.compile("[0-9a-f]{32}")
STAYS = "lab"  # of a watcher whose jobs go on when the page is closed
ABSENT_S = 30.0  # a browser that lost its connection comes back within that
LOOK_S = 5.0


def remember() -> None:
    """At the top of every page: have the browser keep its name, and know that it is here."""
    known = _sessions()
    known[browser()] = {_session(), *filter(_is_open, known.get(browser(), ()))}
    rule = f"document.cookie = '{COOKIE}={browser()}; path=/; max-age=31536000; SameSite=Strict'"
    st.html(f"<script>{rule}</script>", unsafe_allow_javascript=True)


def browser() -> str:
    """The name of this browser: the one of its cookie, or a new one."""
    known = str(st.context.cookies.get(COOKIE, ""))
    return str(st.session_state.setdefault("browser", known if NAME.fullmatch(known) else uuid4().hex))


def withdraw_for_absent(jobs: Jobs) -> None:
    """From now on let no job go on that only browsers wait for whose pages are all closed."""
    sessions, seen = _sessions(), dict[str, float]()

    def look() -> None:
        while True:
            time.sleep(LOOK_S)
            leave_absent(jobs, sessions, seen)

    if exists():
        threading.Thread(target=look, daemon=True, name="bonsai-presence").start()


def leave_absent(jobs: Jobs, sessions: dict[str, set[str]], seen: dict[str, float]) -> None:
    """Leave every job in the name of browsers that have been away for a while; seen: when each was here last."""
    now = time.monotonic()
    for watcher in jobs.watchers():
        name, _, what = watcher.partition("/")
        if what == STAYS or not NAME.fullmatch(name):
            continue
        if any(map(_is_open, sessions.get(name, ()))):
            seen[name] = now
        elif now - seen.setdefault(name, now) > ABSENT_S:
            for status in jobs.watched(watcher):
                jobs.leave(status.key, watcher)


def _is_open(session: str) -> bool:
    return exists() and get_instance().is_active_session(session)


def _session() -> str:
    context: Any = get_script_run_ctx()
    return context.session_id if context is not None else ""


@st.cache_resource
def _sessions() -> dict[str, set[str]]:
    """Browser -> the sessions that it has or had, of all sessions of this server."""
    return {}
