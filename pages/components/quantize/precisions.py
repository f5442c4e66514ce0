"""The precisions of a runtime side by side, from the store; those that miss are measured on demand."""

from functools import partial

import streamlit as st

from core.choice import one_machine
from core.control import Timing
from core.engine.recipes import quantized, trained
from core.environment import cpu, cpu_flags, here
from core.result import Result, Speed, compare
from core.runtimes import RUNTIMES
from core.spec import TORCH
from core.summary import scored, vs_torch
from pages.components.frame import measuring
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, empty, links, tiles
from pages.components.widgets.empty import Way
from pages.components.widgets.session import store, watcher
from pages.components.widgets.text import runtime_title, say, score, score_axis


def stored(choice: Chosen, runtime: str) -> dict[str, Result]:
    """The stored result of each mode of a runtime, and of int8-dynamic after training."""
    specs = {mode: quantized(choice.dense, runtime, mode) for mode in RUNTIMES[runtime].modes}
    if "int8-dynamic" in specs:
        specs |= {f"{name} + int8-dynamic": spec for name, spec in trained(choice.dense, runtime).items()}
    return {name: result for name, spec in specs.items() if (result := store().read(spec.key)) is not None}


def show(choice: Chosen, runtime: str, known: dict[str, Result]) -> None:
    """Accuracy, time and file of each mode as bars; where there is none, the way to them."""
    dense = store().read(choice.dense.key)
    if len(known) < 2:
        _elsewhere(choice, runtime)
    if dense is None or not known:
        _missing(choice, runtime, known, say("quantize.empty", runtime=runtime_title(runtime)))
    else:
        _chart(known)


def _elsewhere(choice: Chosen, runtime: str) -> None:
    """To the runtime of which most is stored, where there is something to compare."""
    counts = {name: len(stored(choice, name)) for name in RUNTIMES if name != runtime}
    most = max(counts, key=counts.__getitem__)
    if counts[most] > 1:
        words = say("quantize.elsewhere", runtime=runtime_title(most), count=counts[most])
        way = Way(say("quantize.show_there", runtime=runtime_title(most)), partial(links.put, "runtime", most))
        empty.show("runtime", words, way)


def table(choice: Chosen, runtime: str, known: dict[str, Result]) -> None:
    """The table twin, and the button for what else is not stored."""
    dense = store().read(choice.dense.key)
    if dense is None or not known:
        return
    speeds = one_machine(list(known.values()))
    rows = [_row(mode, one, speed, dense) for (mode, one), speed in zip(known.items(), speeds, strict=True)]
    tiles.table(rows, say("quantize.alt"))
    st.caption(say("quantize.protocol", where=tiles.badges([speed for speed in speeds if speed])))
    _missing(choice, runtime, known)


def _chart(known: dict[str, Result]) -> None:
    columns = {
        score_axis("quantize.accuracy"): [bars.accuracy(result) for result in known.values()],
        say("quantize.ms"): [bars.time(speed) for speed in one_machine(list(known.values()))],
        say("quantize.mb"): [bars.file(result) for result in known.values()],
    }
    bars.show(list(known), columns, "modes", say("quantize.alt"))


def _row(mode: str, result: Result, speed: Speed | None, dense: Result) -> dict[str, object]:
    versus, total = compare(result.quality, dense.quality), vs_torch(result, speed)
    return {
        say("quantize.mode"): mode,
        score("table.accuracy"): scored(result.quality),
        say("quantize.change"): tiles.shown_change(versus),
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.same"): tiles.factor(speed),
        say("quantize.torch"): tiles.factor(total) if result.spec.runtime != TORCH else "",
        "MB": round(result.size.bytes / 1e6, 1),
        say("table.zip"): round(result.size.zip_bytes / 1e6, 1),
    }


def _missing(choice: Chosen, runtime: str, known: dict[str, Result], sentence: str = "") -> None:
    """The button for the precisions that are not stored; sentence: where it is all that stands there."""
    absent = [mode for mode in RUNTIMES[runtime].modes if mode not in known or not known[mode].speeds]
    specs = [quantized(choice.dense, runtime, mode) for mode in absent]
    measuring.offer(
        "modes",
        choice,
        specs,
        lambda about: say("quantize.measure", count=len(specs), about=about),
        words="quantize.measuring",
        timing=Timing(),
        watcher=watcher(),
        sentence=sentence,
        runtime=runtime,
    )


def cpu_card() -> None:
    """What this CPU has, and what to expect of int8 on it."""
    found = cpu(cpu_flags())
    with st.container(border=True):
        st.markdown(f"**{say('cpu.title')}**")
        st.caption(here().machine)
        if found.known:
            st.markdown("  \n".join(f"{'✓' if has else '–'} {name}" for name, has in found.features.items()))
        st.caption(say(f"cpu.{found.expectation}"))
