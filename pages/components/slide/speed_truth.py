"""Speed truth: the same heads and neurons dense, set to zero, and removed, all timed in one runtime."""

import streamlit as st

from core.control import Timing
from core.engine.recipes import curve_spec, masked
from core.jobs.status import job_key
from core.result import Result, Speed, speed_of
from core.spec import Spec
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import progress, tiles
from pages.components.widgets.session import jobs, session, store
from pages.components.widgets.text import say

TIMING = Timing(memory=True)


def show(choice: Chosen, method: str, amount: int) -> None:
    """The card of one position of the slider; what is missing is measured on demand."""
    if amount:
        card(choice, curve_spec(choice.dense, method, amount / 100))


def applies(spec: Spec) -> bool:
    """Is there something to compare: does a step remove heads or neurons, or only zero them?"""
    return masked(spec) != spec


def card(choice: Chosen, removed: Spec) -> None:
    """The three models side by side, with the verdict of each against dense; removed: a Spec that `applies`."""
    specs = (masked(removed), removed)
    with st.container(border=True):
        st.markdown(f"**{say('truth.title')}**")
        dense = store().read(choice.dense.key)
        results = [store().read(spec.key) for spec in specs]
        if dense is not None and all(r is not None and _measured(r) for r in results):
            found = [r for r in results if r is not None]
            _table(dense, found)
            return
        st.caption(say("truth.lead"))
        if choice.runnable:
            _measure(choice, specs)
        else:
            st.caption(say("truth.missing"))


def _measured(result: Result) -> bool:
    speed = speed_of(result)
    return speed is not None and speed.peak_bytes is not None


def _table(dense: Result, found: list[Result]) -> None:
    speeds = [speed for one in found if (speed := speed_of(one)) is not None]
    peak = speeds[-1].dense_peak_bytes
    rows = [{**_row("dense", dense, None), "ms": round(speeds[-1].dense_median_ms, 1), say("truth.peak"): _mb(peak)}]
    rows += [_row(name, one, speed) for name, one, speed in zip(("zeroed", "removed"), found, speeds, strict=True)]
    st.dataframe(rows, hide_index=True, alt=say("truth.alt"))
    machine = tiles.badge(speeds[-1].environment.machine)
    busy = f" · {say('tile.busy')}" if any(speed.busy for speed in speeds) else ""
    st.caption(f"{say('truth.note')} · {machine}{busy}")


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
        say("tile.accuracy"): f"{100 * result.quality.interval.value:.1f} %",
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
        st.error(why)
    if st.button(say("truth.measure"), key="truth-measure"):
        st.session_state["truth"] = keys[-1]
        for spec in specs:
            jobs().run(spec, choice.origin, TIMING, say("truth.title"), session())
        st.rerun()


def _poll(keys: list[str]) -> None:
    active = progress.active(keys)
    if not active:
        st.rerun()
    tiles.progress(active[0].event)
    if st.button(say("measured.cancel"), key="cancel-truth"):
        for status in active:
            jobs().cancel(status.key)
