"""The executor's jobs: what waits and runs, with progress and Cancel, and what came of those that are over."""

from collections.abc import Sequence

import streamlit as st

from core.choice import speed_of
from core.control import Event
from core.jobs import exports
from core.jobs.status import Status
from core.spec import Spec
from pages.components.frame.sidebar import Chosen
from pages.components.lab import recipe
from pages.components.widgets import classroom, presence, tiles
from pages.components.widgets.session import jobs, leave, staying, store
from pages.components.widgets.text import literal, say, score, shown_score

POLL_S = 0.5
ARRIVING_S = 1.0
OTHERS_S = 3.0
SHOWN = 6
ICONS = {"done": ":material/check:", "failed": ":material/error:", "cancelled": ":material/block:"}


def show(choice: Chosen) -> None:
    """The list; it polls only while something is active."""
    going = _going()
    over = [status for status in reversed(jobs().watched(staying())) if not status.active]
    if not going and not over:
        st.caption(say("queue.empty"))
    st.fragment(_watch, run_every=POLL_S if going else OTHERS_S)([status.key for status in going])
    for place, status in enumerate(over[:SHOWN]):
        _ended(status, choice, place == 0)


def _going() -> list[Status]:
    """What waits and runs: this browser's, and everybody's for the teacher."""
    return jobs().active("" if classroom.has_teacher() else presence.browser())


def arriving() -> None:
    """For a page of results: how much the Lab still computes; the page is drawn again when one of them is there."""
    st.fragment(_await, run_every=ARRIVING_S)(_done())


def _measuring() -> list[Status]:
    """The Lab's jobs that end in a result."""
    return [status for status in jobs().watched(staying()) if not status.form]


def _done() -> list[str]:
    return [status.key for status in _measuring() if status.state == "done"]


def _await(known: Sequence[str]) -> None:
    if _done() != known:
        st.rerun()
    going = [status for status in _measuring() if status.active]
    if going:
        st.caption(say("queue.arriving", count=len(going)))


def _watch(keys: Sequence[str]) -> None:
    """What waits and runs; when that changes, the whole page is drawn again."""
    now = _going()
    if [status.key for status in now] != keys:
        st.rerun()
    others = len(jobs().active()) - len(now)
    if others:
        st.caption(say("queue.others", count=others))
    for status in now:
        with st.container(border=True):
            bar, log, cancel = st.columns([7, 1.2, 1.4], vertical_alignment="center")
            with bar:
                st.markdown(f"**{literal(status.title) or say('queue.untitled')}**")
                tiles.progress(status)
                st.caption(_told(status))
            with log:
                _log(status)
            stop = jobs().cancel if classroom.has_teacher() else leave
            cancel.button(
                say("measured.cancel"),
                key=f"cancel-{status.key}",
                width="stretch",
                on_click=stop,
                args=(status.key,),
            )


def _told(status: Status) -> str:
    """Seconds so far, the accuracy so far, and whether the worker died."""
    words = [say("queue.seconds", seconds=f"{status.seconds:.0f}")]
    if status.event.value is not None:
        words.append(f"{score('tile.accuracy_so_far')}: {shown_score(status.event.value)}")
    if status.restarts:
        words.append(say("stage.restarted"))
    return " · ".join(words)


def _ended(status: Status, choice: Chosen, newest: bool) -> None:
    words = say(f"queue.{status.state}", seconds=f"{status.seconds:.0f}")
    with st.expander(f"{literal(status.title)} · {words}", expanded=newest, icon=ICONS[status.state]):
        if status.state == "failed":
            st.error(literal(status.error))
        elif status.state == "cancelled":
            st.caption(say("queue.nothing_kept"))
        elif status.form:
            _exported(status, choice)
        else:
            _measured(status, choice)
        _log(status)


def _log(status: Status) -> None:
    """When each stage began, and what a training scored on its way."""
    if not status.log:
        return
    with st.popover(say("queue.log")):
        st.code("\n".join(_line(*line) for line in status.log), language=None)


def _line(seconds: float, event: Event) -> str:
    words = [f"{int(seconds) // 60:3}:{int(seconds) % 60:02}", say(f"stage.{event.stage}")]
    if event.stage == "train" and event.value is not None:
        words.append(say("queue.trained", step=event.done, steps=event.total, accuracy=shown_score(event.value)))
    return "  ".join(words)


def _measured(status: Status, choice: Chosen) -> None:
    result = store().read(status.spec)
    dense = result and store().read(result.spec.dense.key)
    if result is None or dense is None:
        st.caption(say("queue.gone"))
        return
    tiles.tiles(result, dense, speed_of(result))
    left, right, _ = st.columns([2, 2, 3], vertical_alignment="center")
    with left:
        st.page_link("pages/tradeoffs.py", label=say("queue.tradeoffs"), icon=":material/arrow_forward:")
    with right:
        _offer(result.spec, choice, status.key)


def _exported(status: Status, choice: Chosen) -> None:
    found = exports.find(status.spec, status.form)
    if found is None:
        st.caption(say("queue.gone"))
        return
    st.markdown(say("queue.good" if found.exported.check.good else "queue.not_good"))
    _offer(found.spec, choice, status.key, status.form)


def _offer(spec: Spec, choice: Chosen, key: str, form: str = "") -> None:
    """To have the recipe of a job in the form again, where model and task are still the same."""
    if (spec.revision, spec.data) == (choice.dense.revision, choice.dense.data):
        st.button(
            say("queue.open"),
            key=f"open-{key}",
            icon=":material/edit_note:",
            type="tertiary",
            on_click=_open,
            args=[spec, form],
        )


def _open(spec: Spec, form: str) -> None:
    recipe.put(spec.steps)
    st.session_state["seed"] = spec.seed
    if form:
        st.session_state["format"] = form
    else:
        st.session_state["runtime"] = spec.runtime
