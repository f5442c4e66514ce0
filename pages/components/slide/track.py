"""What is answered at the slider as it is dragged, from a track; and the way to a track where it is missing."""

import zlib

import streamlit as st

from core.engine import track as tracks
from core.engine.recipes import curve_spec, maximum, step, trains
from core.engine.track import Track
from core.jobs.status import track_key
from core.models.head import SEQUENCE
from core.result import Result
from core.tasks import TASKS, load_task
from core.tasks.task import Task
from pages.components.canvas import track as view
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import classroom, empty, progress, slider, tiles
from pages.components.widgets.session import jobs, leave, store, watcher
from pages.components.widgets.text import called, current, kind_of, literal, say, shown_score

POLL_S = 2.0
SEEDS = (1, 2)  # besides the track's own, 0


def show(choice: Chosen, method: str, layers: str, amount: int) -> None:
    """The track of the method as far as it is measured, and the button that measures the rest; amount: the position of
    the figures beside it."""
    if trains(method):
        return
    known = tracks.read(choice.dense, step(method, 0, layers), store())
    if known is not None:
        others = _other_seeds(choice, method, layers, known)
        named = _named(choice, method, layers, known, len(others))
        view.track_view(_payload(named, slider.first(), known, others, choice), key="track")
        _apart(known, store().read(curve_spec(choice.dense, method, amount / 100, layers).key), amount)
    if choice.runnable and not classroom.is_limited(choice.dense.task) and not (known and known.whole(maximum(method))):
        _offer(choice, method, layers, known)


def _apart(known: Track, stored: Result | None, amount: int) -> None:
    """That a track and the stored result of the same position differ, where they were computed apart."""
    if stored is None or amount not in known.levels:
        return
    right = float((known.answers[known.levels.index(amount)] == known.right).mean())
    if round(right - stored.quality.interval.value, 6):
        ours, theirs = shown_score(right), shown_score(stored.quality.interval.value)
        precision = known.about.get("precision", "–")
        st.caption(say("track.apart", ours=ours, track=precision, theirs=theirs, stored=stored.quality.precision))


def _other_seeds(choice: Chosen, method: str, layers: str, known: Track) -> list[Track]:
    """What was measured of the same where chance went otherwise, at the same positions."""
    found = (tracks.read(choice.dense, step(method, 0, layers), store(), seed) for seed in SEEDS)
    return [one for one in found if one is not None and one.levels == known.levels]


def _named(choice: Chosen, method: str, layers: str, known: Track, others: int) -> tuple[object, ...]:
    """What the bytes of a track depend on."""
    measured = known.levels, known.labels, zlib.crc32(known.answers.tobytes())
    return choice.dense.key, method, layers, measured, others, current(), choice.runnable


@st.cache_data(max_entries=16, show_spinner=False)
def _payload(name: tuple[object, ...], amount: int, _known: Track, _others: list[Track], _choice: Chosen) -> bytes:
    texts = {name: say(f"track.{name}") for name in view.TEXTS}
    task = _task(_choice)
    fits = _choice.runnable and len(task.validation) == len(_known.right)
    sentences = [" · ".join(one.texts) for one in task.validation] if fits else []
    labels = [called(task, label) for label in _known.labels]
    kinds = {kind: kind_of(kind) for kind in _known.kinds}
    return view.payload(_known, sentences, labels, kinds, texts, amount, _others)


def _task(choice: Chosen) -> Task:
    if choice.runnable or choice.dense.task not in TASKS:
        return load_task(choice.origin)
    return TASKS[choice.dense.task].bare()


def _offer(choice: Chosen, method: str, layers: str, known: Track | None) -> None:
    """The button, or how far the job is; the part that is there is shown above it."""
    if load_task(choice.origin).head is not SEQUENCE:
        return
    key = track_key(choice.dense, method, layers)
    status = jobs().status(key)
    if status is None or not status.active:
        if status is not None and status.error:
            st.error(literal(status.error))
        there = len(known.levels) if known else 0
        words = say("track.part", count=there) if there else say("track.offer")
        left = [level for level in range(maximum(method) + 1) if known is None or level not in known.levels]
        specs = [curve_spec(choice.dense, method, level / 100, layers) for level in left]
        label = say("track.measure", about=progress.about(choice.origin, specs, timed=False))
        way = empty.Way(label, lambda: jobs().track(choice.dense, choice.origin, method, layers, watcher()))
        empty.show("track", words, way)
        return

    @st.fragment(run_every=POLL_S)
    def poll() -> None:
        found = jobs().status(key)
        if found is None or not found.active:
            st.rerun()
        tiles.progress(found)
        st.button(say("measured.cancel"), key="cancel-track", on_click=leave, args=(key,))

    poll()
