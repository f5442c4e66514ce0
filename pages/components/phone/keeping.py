"""From the projector to the store: devices that the teacher keeps become machines on Trade-offs."""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from core.choice import MS
from core.jobs import exports
from core.phones import keep
from core.phones.room import ROOM, Opened
from core.runtimes import web
from core.spec import Spec
from pages.components.frame.sidebar import Chosen
from pages.components.phone.opening import FORM
from pages.components.results.points import NAMED
from pages.components.widgets import links, progress
from pages.components.widgets.session import jobs, staying, store, title
from pages.components.widgets.text import format_title, say

KEPT = "phones-kept"  # in the session: of which address so many were kept


def offer(choice: Chosen, opened: Opened) -> None:
    """The button; where models of the room were never evaluated in WebAssembly, the one that does so first."""
    specs = _specs(opened)
    missing = [spec for spec in specs if store().read(spec.key) is None]
    if specs and specs[0].steps:
        st.caption(say("phone.keep_dense"))
    elif not specs or missing and not (choice.runnable and web.RUNTIME.installed):
        st.caption(say("phone.keep_not"))
    elif missing:
        label = say("phone.evaluate", count=len(missing), about=progress.about(choice.origin, missing, timed=False))
        progress.offer("keep", "phone.evaluating", label, lambda: _evaluate(choice, missing))
    else:
        st.button(
            say("phone.keep"), key="phone-keep", icon=":material/save:", on_click=_keep, args=(opened.code, specs)
        )
    code, count = st.session_state.get(KEPT, ("", 0))
    if code == opened.code:
        st.caption(say("phone.kept", count=count) if count else say("phone.no_verdicts"))
        if count:
            st.page_link("pages/tradeoffs.py", label=say("queue.tradeoffs"), icon=":material/arrow_forward:")


def _specs(opened: Opened) -> list[Spec]:
    """Of the room's models, as the browser runs them; none where a file of them has gone."""
    found = [exports.find(key, FORM) for key in opened.keys]
    return [dataclasses.replace(one.spec, runtime=web.RUNTIME.name) for one in found if one] if all(found) else []


def _evaluate(choice: Chosen, specs: Sequence[Spec]) -> list[str]:
    words = format_title("web")
    return [jobs().run(spec, choice.origin, None, title(spec, words), staying()) for spec in specs]


def _keep(code: str, specs: Sequence[Spec]) -> None:
    """In a callback: the times of all whose times hold, and on Trade-offs those of the last one."""
    devices = [one for one in ROOM.devices(code) if one.sound]
    results = [one for spec in specs if (one := store().read(spec.key)) is not None]
    if devices and len(results) == len(specs):
        for result in keep.kept(results, devices):
            store().write(result)
        links.prefer({"axis": MS, "machine": keep.machine(devices[-1])})
        links.put(NAMED, True)
    st.session_state[KEPT] = (code, len({one.id for one in devices}))
