"""A class at one machine: who the teacher is, and what the others do not start by themselves.

BONSAI_CLASS=1 turns it on; BONSAI_TEACHER is the code by which the teacher's browser is known, made and printed at
start where it is not set. `?teacher=CODE` is taken out of the address at once, which may stand on a projector.
"""

import hmac
import os
import secrets
import sys

import streamlit as st
from streamlit.runtime import exists

from core.tasks import TASKS
from core.visitors import is_loopback
from pages.components.widgets import presence
from pages.components.widgets.text import literal, say

ON = os.environ.get("BONSAI_CLASS", "") not in ("", "0")
LINK = "teacher"


def enter() -> None:
    """At the top of every page: a code in the link makes this browser the teacher's, until the server ends."""
    code, asked = _code(), st.query_params.get(LINK)
    if asked is None:
        return
    del st.query_params[LINK]
    knows = hmac.compare_digest(asked.encode(), code.encode())
    if knows:
        _teachers().add(presence.browser())
    if ON:
        st.toast(say("class.teacher" if knows else "class.no_teacher"), icon=":material/school:")


def require_said() -> None:
    """End the page of a server that others reach and whose BONSAI_PUBLIC does not say what they may."""
    address = str(st.get_option("server.address") or "")
    if "BONSAI_PUBLIC" not in os.environ and exists() and not is_loopback(address):
        st.error(say("class.public", address=literal(address or "0.0.0.0")))
        st.stop()


def has_teacher() -> bool:
    """Is this browser the teacher's?"""
    return presence.browser() in _teachers()


def leads() -> bool:
    """Does this browser show things to a room for all? In a class only the teacher's does."""
    return has_teacher() or not ON


def is_limited(task: str) -> bool:
    """Does this browser look at what is stored of a task only, because thirty that measure would wait for each other?
    Of a table of one's own nothing is stored."""
    return not leads() and task in TASKS


@st.cache_resource
def _code() -> str:
    given = os.environ.get("BONSAI_TEACHER", "")
    code = given or secrets.token_urlsafe(9)
    if ON and not given:
        print(f"The teacher's address ends in ?{LINK}={code}", file=sys.stderr, flush=True)
    return code


@st.cache_resource
def _teachers() -> set[str]:
    """The browsers that gave the code."""
    return set()
