"""The exact figures of a slider position: at once when they are stored, streamed from the worker when not."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.choice import speed_of
from core.control import Timing
from core.engine.recipes import curve_spec, maximum, trains
from core.environment import here
from core.result import Result, compare
from core.spec import Spec
from core.tasks import load_task
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import classroom, empty, method_picker, progress, slider, tiles
from pages.components.widgets.answers import cell, heading, shown
from pages.components.widgets.empty import Way
from pages.components.widgets.session import jobs, leave, store, watcher
from pages.components.widgets.text import kind_of, literal, say, say_or

POLL_S = 0.25
UNASKED_S = 60.0  # what takes longer is not begun by opening a page or letting go of a slider


def show(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """Tiles for what is known; for what is not, a job whose running figures are polled until it ends."""
    spec = curve_spec(choice.dense, method, amount / 100, layers)
    _drop_previous(spec)
    if _complete(spec, choice):
        _stored(spec, choice)
        _time_again(spec, choice)
    elif not choice.runnable or classroom.is_limited(choice.dense.task):
        _not_recorded(choice, method, layers, amount)
    elif trains(method) and store().read(spec.key) is None:
        _not_trained(choice, method, layers, amount)
    elif st.session_state.get("cancelled") == spec.key:
        _offer_again(say("measured.cancelled"))
    elif _is_long(spec, choice):
        _not_measured(choice, method, layers, amount)
    else:
        _start(choice, spec, method, amount)()
        st.session_state["slide_job"] = spec.key
        st.fragment(_poll, run_every=POLL_S)(spec, choice)


def _is_long(spec: Spec, choice: Chosen) -> bool:
    """Would it keep the worker from everybody else for minutes? Then it begins on a click only."""
    status = jobs().status(spec.key)
    known = store().read(spec.key) is not None or (status is not None and status.active)
    return not known and progress.seconds_of(choice.origin, [spec]) > UNASKED_S


def _not_measured(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """A position whose examples take minutes to answer, which begins on a click only; and positions that are stored."""
    spec = curve_spec(choice.dense, method, amount / 100, layers)
    progress.offer(
        "long",
        "measured.long",
        say("measured.start", about=progress.about(choice.origin, [spec])),
        _start(choice, spec, method, amount),
        say("measured.not_measured", amount=amount, count=len(load_task(choice.origin).validation)),
        _near(choice, method, layers, amount),
    )


def _not_trained(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """The training of this position, likewise."""
    spec = curve_spec(choice.dense, method, amount / 100, layers)
    progress.offer(
        "train",
        "measured.training",
        say("measured.train", about=progress.about(choice.origin, [spec])),
        _start(choice, spec, method, amount),
        say("measured.not_trained", amount=amount),
        _near(choice, method, layers, amount),
    )


def _start(choice: Chosen, spec: Spec, method: str, amount: int) -> Callable[[], list[str]]:
    """What queues the job of a position."""
    title = f"{say_or(f'method.{method}', method)} {amount} %"
    return lambda: [jobs().run(spec, choice.origin, Timing(), title, watcher())]


def snap(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """In a class: from a position that is not stored to the nearest one that is, for all but the teacher."""
    if (
        classroom.is_limited(choice.dense.task)
        and store().read(curve_spec(choice.dense, method, amount / 100, layers).key) is None
    ):
        for nearest in _stored_near(choice, method, layers, amount)[:1]:
            slider.move(nearest)
            st.rerun()


def _near(choice: Chosen, method: str, layers: str, amount: int) -> list[Way]:
    """To the positions that are stored on both sides of this one."""
    near = _stored_near(choice, method, layers, amount)
    return [Way(say("measured.go_to", amount=a), partial(slider.move, a)) for a in near]


def _stored_near(choice: Chosen, method: str, layers: str, amount: int) -> list[int]:
    """The stored position on each side of this one, the nearer one first."""
    every = range(maximum(method) + 1)
    known = [a for a in every if store().read(curve_spec(choice.dense, method, a / 100, layers).key) is not None]
    near = [*[a for a in known if a < amount][-1:], *[a for a in known if a > amount][:1]]
    return sorted((a for a in near if a), key=lambda a: abs(a - amount))  # 0 is dense under every method


def _not_recorded(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """What is recorded nearest, which can be gone to, and where this position can be measured."""
    usual = [Way(say("measured.usual"), _usual)] if layers != method_picker.LAYERS[0] else []
    ways = _near(choice, method, layers, amount) or usual
    empty.show(
        "position", say("measured.not_recorded", amount=amount), *ways, *empty.elsewhere(choice.dense, choice.runnable)
    )


def _usual() -> None:
    """In a callback: to the matrices of which positions are recorded."""
    st.session_state["layers"] = method_picker.LAYERS[0]


def _complete(spec: Spec, choice: Chosen) -> bool:
    """Is everything stored that can be had here? Without the examples, a recorded result is all there is."""
    result = store().read(spec.key)
    if result is None or store().read(choice.dense.key) is None:
        return False
    known = not choice.runnable or classroom.is_limited(choice.dense.task)
    return known or result.speed(here().machine) is not None


def _stored(spec: Spec, choice: Chosen) -> None:
    result, dense = store().read(spec.key), store().read(choice.dense.key)
    if result is None or dense is None:
        return
    tiles.tiles(result, dense, speed_of(result))
    st.caption(tiles.badge(result.quality))
    if classroom.is_limited(choice.dense.task):
        st.caption(say("class.snapped"))
    _flipped(result, dense, choice)


def _time_again(spec: Spec, choice: Chosen) -> None:
    """Where the machine was busy, the button that takes the time once more."""
    result = store().read(spec.key)
    speed = result.speed(here().machine) if result else None
    if choice.runnable and speed is not None and speed.busy:
        progress.offer(
            "retime",
            "measured.retiming",
            say("measured.retime"),
            lambda: [jobs().run(spec, choice.origin, Timing(again=True), say("measured.retime"), watcher())],
        )


def _drop_previous(spec: Spec) -> None:
    """Leave the job of a position that this session has left; the curve or another session may still wait for it."""
    previous = st.session_state.get("slide_job")
    if previous and previous != spec.key:
        jobs().leave(previous, watcher())
        st.session_state["slide_job"] = None


def _poll(spec: Spec, choice: Chosen) -> None:
    status = jobs().status(spec.key)
    if status is None or status.state == "done" or _complete(spec, choice):
        st.rerun()
    if status.state == "failed":
        st.error(literal(status.error))
        _offer_again("")
    elif status.state == "cancelled":
        st.rerun()
    else:
        if store().read(spec.key) is not None and store().read(choice.dense.key) is not None:
            _stored(spec, choice)
            tiles.progress(status)
        else:
            tiles.running(status)
        st.button(say("measured.cancel"), key="cancel", on_click=_cancel, args=(spec.key,))


def _cancel(key: str) -> None:
    """In a callback: of this position nothing is asked any more."""
    st.session_state["cancelled"] = key
    leave(key)


def _offer_again(why: str) -> None:
    if why:
        st.warning(why)
    if st.button(say("measured.again")):
        st.session_state["cancelled"] = None
        st.rerun()


def _flipped(result: Result, dense: Result, choice: Chosen) -> None:
    """The sentences whose answer changed, with their kind where the task has kinds."""
    numbers = compare(result.quality, dense.quality).flipped
    if not numbers or not choice.runnable:
        return
    label = say("measured.flipped", count=len(numbers), n=result.quality.interval.n)
    opened = st.expander(label, key="flipped", on_change="rerun")
    if not opened.open:  # a closed table would still cost the browser its drawing at every release
        return
    with opened:
        task = load_task(choice.origin)
        rows = [
            {
                heading(task): shown(task.validation[i]),
                say("measured.kind"): kind_of(task.validation[i].kind),
                say("measured.right"): cell(task, task.validation[i], task.right(task.validation[i])),
                say("measured.dense"): cell(task, task.validation[i], dense.quality.answers[i]),
                say("measured.now"): cell(task, task.validation[i], result.quality.answers[i]),
            }
            for i in numbers
        ]
        tiles.table(rows, say("measured.flipped_alt"))
