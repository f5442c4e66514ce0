"""The precisions of a runtime side by side, from the store; those that miss are measured on demand."""

import streamlit as st

from core import bitfigures, cpu
from core.bitfigures import Bar
from core.control import Timing
from core.methods import quantized
from core.result import Result, Speed, compare, cpu_flags, here
from core.runtimes import all_modes, installing
from core.spec import TORCH, Spec
from core.summary import percent, vs_torch
from pages.components import tiles, waiting
from pages.components.frame import Chosen
from pages.components.measured import speed_of
from pages.components.shared import jobs, session, store
from pages.components.words import say

ASKED = "mode_jobs"  # in the session: the jobs that the button asked for


def stored(choice: Chosen, runtime: str) -> dict[str, Result]:
    """The stored result of each mode of a runtime."""
    found = {mode: store().read(quantized(choice.dense, runtime, mode).key) for mode in all_modes(runtime)}
    return {mode: result for mode, result in found.items() if result is not None}


def show(choice: Chosen, known: dict[str, Result]) -> None:
    """Accuracy, time and file of each mode as bars."""
    dense = store().read(choice.dense.key)
    if dense is None or not known:
        st.info(say("quantize.empty"))
    else:
        _chart(known, dense)


def table(choice: Chosen, runtime: str, known: dict[str, Result]) -> None:
    """The table twin, and the button for what is not stored."""
    dense = store().read(choice.dense.key)
    if dense is not None and known:
        rows = [_row(mode, result, dense) for mode, result in known.items()]
        st.dataframe(rows, hide_index=True, placeholder="", alt=say("quantize.alt"))
        st.caption(say("quantize.protocol", where=tiles.badge(list(known.values())[-1].quality.environment.machine)))
    missing = [mode for mode in all_modes(runtime) if mode not in known or _untimed(known[mode])]
    _missing(choice, runtime, [quantized(choice.dense, runtime, mode) for mode in missing])


def _untimed(result: Result) -> bool:
    return result.speed(here().machine) is None and not result.speeds


def _chart(known: dict[str, Result], dense: Result) -> None:
    accuracies = [_accuracy(result) for result in known.values()]
    speeds = [speed_of(result) for result in known.values()]
    files = [result.size.bytes / 1e6 for result in known.values()]
    panels = {
        say("quantize.accuracy"): accuracies,
        say("quantize.ms"): [_time(speed) for speed in speeds],
        say("quantize.mb"): [Bar(size, None, None, f"{size:.1f} MB") for size in files],
    }
    lowest = min(100 * result.quality.interval.low for result in (*known.values(), dense))
    st.plotly_chart(
        bitfigures.mode_panels(list(known), panels, max(0.0, 5 * (lowest // 5) - 5)),
        key="modes",
        config={"displayModeBar": False},
        alt=say("quantize.alt"),
    )


def _accuracy(result: Result) -> Bar:
    interval = result.quality.interval
    return Bar(100 * interval.value, 100 * interval.low, 100 * interval.high, f"{100 * interval.value:.1f} %")


def _time(speed: Speed | None) -> Bar:
    return Bar(speed.median_ms, None, None, f"{speed.median_ms:.1f} ms") if speed else Bar(None, None, None, "")


def _row(mode: str, result: Result, dense: Result) -> dict[str, object]:
    speed, versus = speed_of(result), compare(result.quality, dense.quality)
    total = vs_torch(result, speed)
    return {
        say("quantize.mode"): mode,
        say("table.accuracy"): percent(result.quality.interval),
        say("quantize.change"): f"{100 * versus.delta:+.1f} ({tiles.p_value(versus.p)})",
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.same"): _factor(speed),
        say("quantize.torch"): _factor(total) if result.spec.runtime != TORCH else "",
        "MB": round(result.size.bytes / 1e6, 1),
        say("table.zip"): round(result.size.zip_bytes / 1e6, 1),
    }


def _factor(speed: Speed | None) -> str:
    if speed is None:
        return ""
    low, high = speed.interval
    return f"{speed.speedup:.2f}x [{low:.2f}, {high:.2f}] {tiles.verdict(speed.verdict)}"


def _missing(choice: Chosen, runtime: str, specs: list[Spec]) -> None:
    asked: list[str] = st.session_state.setdefault(ASKED, [])
    if waiting.active(asked):
        st.fragment(waiting.progress, run_every=0.5)(asked, "quantize.measuring", "modes")
    elif specs and choice.runnable and installing(runtime):
        st.warning(say("quantize.install", line=installing(runtime)))
    elif specs and choice.runnable and st.button(say("quantize.measure", count=len(specs))):
        st.session_state[ASKED] = [jobs().run(spec, choice.origin, Timing(), watcher=session()) for spec in specs]
        st.rerun()


def cpu_card() -> None:
    """What this CPU has, and what to expect of int8 on it."""
    found = cpu.read(cpu_flags())
    with st.container(border=True):
        st.markdown(f"**{say('cpu.title')}**")
        st.caption(here().machine)
        if found.known:
            st.markdown("  \n".join(f"{'✓' if has else '–'} {name}" for name, has in found.features.items()))
        st.caption(say(f"cpu.{found.expectation}"))
