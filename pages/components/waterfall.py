"""Where the speed comes from, step by step: a better runtime, fewer heads and neurons, integers, fewer words."""

import streamlit as st

from core import bitfigures
from core.bitfigures import Bar
from core.methods import waterfall
from core.result import Result, Speed, compare, here
from core.spec import TORCH
from core.summary import percent
from pages.components import links, tiles
from pages.components.frame import Chosen
from pages.components.shared import store
from pages.components.words import say

RUNTIMES = ("onnx", "executorch", "openvino")


def show(choice: Chosen) -> None:
    """The stored steps as bars, with their table twin; steps that are not stored are left out and said."""
    st.subheader(say("waterfall.title"))
    runtime = links.choose("steps_in", RUNTIMES, say("quantize.runtime"), lambda name: say(f"runtime.{name}"))
    stages = waterfall(choice.dense, runtime)
    found = {name: result for name, spec in stages.items() if (result := store().read(spec.key)) is not None}
    dense = found.get("torch")
    if dense is None or len(found) < 2:
        st.info(say("waterfall.empty"))
        st.page_link("pages/quantize.py", label=say("start.quantize_go"), icon=":material/arrow_forward:")
        return
    names = [say(f"waterfall.{name}") for name in found]
    speeds = [_total(result) for result in found.values()]
    bars = {
        say("quantize.ms"): [_time(speed, result) for speed, result in zip(speeds, found.values(), strict=True)],
        say("quantize.mb"): [_bar(result.size.bytes / 1e6, "MB") for result in found.values()],
        say("quantize.accuracy"): [_accuracy(result) for result in found.values()],
    }
    figure = bitfigures.mode_panels(names, bars, 0.0)
    st.plotly_chart(figure, key="waterfall", config={"displayModeBar": False}, alt=say("waterfall.alt"))
    rows = [_row(name, one, speed, dense) for name, one, speed in zip(names, found.values(), speeds, strict=True)]
    st.dataframe(rows, hide_index=True, placeholder="", alt=say("waterfall.alt"))
    st.caption(say("waterfall.note"))
    if len(found) < len(stages):
        st.caption(say("waterfall.missing", names=", ".join(say(f"waterfall.{n}") for n in stages if n not in found)))


def _total(result: Result) -> Speed | None:
    """The times beside PyTorch; this machine's, else those recorded elsewhere."""
    against = "" if result.spec.runtime == TORCH else TORCH
    others = [speed for speed in result.speeds if speed.seq == 128 and speed.against == against]
    return result.speed(here().machine, against=against) or (others[-1] if others else None)


def _time(speed: Speed | None, result: Result) -> Bar:
    return Bar(None, None, None, "") if speed is None else _bar(speed.median_ms, "ms")


def _bar(value: float, unit: str) -> Bar:
    return Bar(value, None, None, f"{value:.1f} {unit}")


def _accuracy(result: Result) -> Bar:
    interval = result.quality.interval
    return Bar(100 * interval.value, 100 * interval.low, 100 * interval.high, f"{100 * interval.value:.1f} %")


def _row(name: str, result: Result, speed: Speed | None, dense: Result) -> dict[str, object]:
    versus, factor = compare(result.quality, dense.quality), ""
    if speed is not None and speed.against:
        low, high = speed.interval
        factor = f"{speed.speedup:.2f}x [{low:.2f}, {high:.2f}] {tiles.verdict(speed.verdict)}"
    return {
        say("waterfall.step"): name,
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.torch"): factor,
        "MB": round(result.size.bytes / 1e6, 1),
        say("table.accuracy"): percent(result.quality.interval),
        say("quantize.change"): f"{100 * versus.delta:+.1f} ({tiles.p_value(versus.p)})",
    }
