"""Speed truth: the same heads and neurons dense, set to zero, and removed, all timed in one runtime."""

import streamlit as st

from core.choice import one_machine
from core.control import Timing
from core.engine.recipes import curve_spec, masked
from core.jobs.status import job_key
from core.result import Result, Speed
from core.spec import Spec
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import empty, progress, slider, tiles
from pages.components.widgets.empty import Way
from pages.components.widgets.session import jobs, leave, store, watcher
from pages.components.widgets.text import literal, say, score, shown_score

TIMING = Timing(memory=True)


def show(choice: Chosen, method: str, amount: int) -> None:
    """The card of one position of the slider; what is missing is measured on demand."""
    removed = curve_spec(choice.dense, method, amount / 100)
    if amount and (choice.runnable or store().read(removed.key) is not None):
        card(choice, removed)


def applies(spec: Spec) -> bool:
    """Is there something to compare: does a step remove heads or neurons, or only zero them?"""
    return masked(spec) != spec


def card(choice: Chosen, removed: Spec) -> None:
    """The three models side by side, with the verdict of each against dense; removed: a Spec that `applies`."""
    specs = (masked(removed), removed)
    with st.container(border=True):
        st.markdown(f"**{say('truth.title')}**")
        dense = store().read(choice.dense.key)
        found = [result for spec in specs if (result := store().read(spec.key)) is not None]
        speeds = [speed for speed in one_machine(found) if speed is not None and speed.peak_bytes is not None]
        if dense is not None and len(speeds) == len(specs):
            _table(dense, found, speeds)
            return
        if choice.runnable:
            _measure(choice, specs)
        else:
            half = curve_spec(choice.dense, "structured", 0.5)
            ways = [Way(say("truth.half"), lambda: _compare(half))] if half.key != removed.key else []
            empty.show("truth", say("truth.missing"), *ways, *empty.elsewhere(choice.dense, choice.runnable))


def _table(dense: Result, found: list[Result], speeds: list[Speed]) -> None:
    peak = speeds[-1].dense_peak_bytes
    rows = [{**_row("dense", dense, None), "ms": round(speeds[-1].dense_median_ms, 1), say("truth.peak"): _mb(peak)}]
    rows += [_row(name, one, speed) for name, one, speed in zip(("zeroed", "removed"), found, speeds, strict=True)]
    tiles.table(rows, say("truth.alt"))
    busy = f" · {say('tile.busy')}" if any(speed.busy for speed in speeds) else ""
    st.caption(f"{say('truth.note')} · {tiles.badges(speeds)}{busy}")


def _row(name: str, result: Result, speed: Speed | None) -> dict[str, object]:
    """A model's figures; beside its time that of dense in the same pairs, since a machine's speed drifts."""
    size = result.size
    return {
        say("truth.model"): say(f"truth.{name}"),
        "ms": round(speed.median_ms, 1) if speed else None,
        say("truth.beside"): f"{speed.dense_median_ms:.1f}" if speed else "",
        say("table.speedup"): tiles.factor(speed),
        "M MACs": round(size.macs / 1e6),
        "MB": round(size.bytes / 1e6, 1),
        say("table.zip"): round(size.zip_bytes / 1e6, 1),
        say("truth.peak"): _mb(speed.peak_bytes if speed else None),
        score("tile.accuracy"): shown_score(result.quality.interval.value),
    }


def _mb(count: int | None) -> int | None:
    return round(count / 1e6) if count else None


def _measure(choice: Chosen, specs: tuple[Spec, Spec]) -> None:
    keys = [job_key(spec, TIMING) for spec in specs]
    asked = st.session_state.get("truth") == keys[-1]
    if asked and progress.active(keys):
        st.fragment(_poll, run_every=0.5)(keys)
        return
    for why in progress.errors(keys) if asked else ():
        st.error(literal(why))

    def start() -> None:
        st.session_state["truth"] = keys[-1]
        for spec in specs:
            jobs().run(spec, choice.origin, TIMING, say("truth.title"), watcher())

    label = say("truth.measure", about=progress.about(choice.origin, specs))
    empty.show("truth", say("truth.lead"), Way(label, start))


def _compare(spec: Spec) -> None:
    """In a callback: to the position of the slider of which all three are recorded, and on Compare to its recipe."""
    st.session_state["b"] = spec.key
    slider.move(50)


def _poll(keys: list[str]) -> None:
    active = progress.active(keys)
    if not active:
        st.rerun()
    tiles.progress(active[0])
    st.button(say("measured.cancel"), key="cancel-truth", on_click=leave, args=tuple(status.key for status in active))
