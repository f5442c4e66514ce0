"""The precisions of a runtime side by side, from the store; those that miss are measured on demand."""

import streamlit as st

from core.control import Timing
from core.engine.recipes import quantized, trained
from core.environment import cpu, cpu_flags, here
from core.result import Result, compare, speed_of
from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec
from core.summary import percent, vs_torch
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, progress, tiles
from pages.components.widgets.session import jobs, session, store
from pages.components.widgets.text import say


def stored(choice: Chosen, runtime: str) -> dict[str, Result]:
    """The stored result of each mode of a runtime, and of int8-dynamic after training."""
    specs = {mode: quantized(choice.dense, runtime, mode) for mode in RUNTIMES[runtime].modes}
    if "int8-dynamic" in specs:
        specs |= {f"{name} + int8-dynamic": spec for name, spec in trained(choice.dense, runtime).items()}
    return {name: result for name, spec in specs.items() if (result := store().read(spec.key)) is not None}


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
    missing = [mode for mode in RUNTIMES[runtime].modes if mode not in known or not known[mode].speeds]
    _missing(choice, runtime, [quantized(choice.dense, runtime, mode) for mode in missing])


def _chart(known: dict[str, Result], dense: Result) -> None:
    columns = {
        say("quantize.accuracy"): [bars.accuracy(result) for result in known.values()],
        say("quantize.ms"): [bars.time(speed_of(result)) for result in known.values()],
        say("quantize.mb"): [bars.file(result) for result in known.values()],
    }
    lowest = min(100 * result.quality.interval.low for result in (*known.values(), dense))
    bars.show(list(known), columns, max(0.0, 5 * (lowest // 5) - 5), "modes", say("quantize.alt"))


def _row(mode: str, result: Result, dense: Result) -> dict[str, object]:
    speed, versus = speed_of(result), compare(result.quality, dense.quality)
    total = vs_torch(result, speed)
    return {
        say("quantize.mode"): mode,
        say("table.accuracy"): percent(result.quality.interval),
        say("quantize.change"): tiles.change(versus),
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.same"): tiles.factor(speed),
        say("quantize.torch"): tiles.factor(total) if result.spec.runtime != TORCH else "",
        "MB": round(result.size.bytes / 1e6, 1),
        say("table.zip"): round(result.size.zip_bytes / 1e6, 1),
    }


def _missing(choice: Chosen, runtime: str, specs: list[Spec]) -> None:
    def start() -> list[str]:
        return [jobs().run(spec, choice.origin, Timing(), watcher=session()) for spec in specs]

    wanted = bool(specs) and choice.runnable
    if wanted and not RUNTIMES[runtime].installed:
        st.warning(say("quantize.install", line=RUNTIMES[runtime].install))
        wanted = False
    label = say("quantize.measure", count=len(specs))
    progress.offer("modes", "quantize.measuring", label, start if wanted else None)


def cpu_card() -> None:
    """What this CPU has, and what to expect of int8 on it."""
    found = cpu(cpu_flags())
    with st.container(border=True):
        st.markdown(f"**{say('cpu.title')}**")
        st.caption(here().machine)
        if found.known:
            st.markdown("  \n".join(f"{'✓' if has else '–'} {name}" for name, has in found.features.items()))
        st.caption(say(f"cpu.{found.expectation}"))
