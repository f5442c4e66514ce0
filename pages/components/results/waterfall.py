"""Where the speed comes from, step by step: a better runtime, fewer heads and neurons, integers, fewer words."""

import streamlit as st

from core.engine.recipes import waterfall
from core.result import Result, Speed, compare, speed_of
from core.runtimes import from_files
from core.spec import TORCH
from core.summary import percent
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, links, tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import runtime_title, say


def show(choice: Chosen) -> None:
    """The stored steps as bars, with their table twin; steps that are not stored are left out and said."""
    st.subheader(say("waterfall.title"))
    runtime = links.choose("steps_in", from_files(), say("quantize.runtime"), runtime_title)
    stages = waterfall(choice.dense, runtime)
    found = {name: result for name, spec in stages.items() if (result := store().read(spec.key)) is not None}
    dense = found.get("torch")
    if dense is None or len(found) < 2:
        st.info(say("waterfall.empty"))
        st.page_link("pages/quantize.py", label=say("start.quantize_go"), icon=":material/arrow_forward:")
        return
    names = [say(f"waterfall.{name}") for name in found]
    runtimes = [result.spec.runtime for result in found.values()]
    speeds = [speed_of(one, "" if name == TORCH else TORCH) for name, one in zip(runtimes, found.values(), strict=True)]
    columns = {
        say("quantize.ms"): [bars.time(speed) for speed in speeds],
        say("quantize.mb"): [bars.file(result) for result in found.values()],
        say("quantize.accuracy"): [bars.accuracy(result) for result in found.values()],
    }
    bars.show(names, columns, 0.0, "waterfall", say("waterfall.alt"))
    rows = [_row(name, one, speed, dense) for name, one, speed in zip(names, found.values(), speeds, strict=True)]
    st.dataframe(rows, hide_index=True, placeholder="", alt=say("waterfall.alt"))
    st.caption(say("waterfall.note"))
    if len(found) < len(stages):
        st.caption(say("waterfall.missing", names=", ".join(say(f"waterfall.{n}") for n in stages if n not in found)))


def _row(name: str, result: Result, speed: Speed | None, dense: Result) -> dict[str, object]:
    versus = compare(result.quality, dense.quality)
    return {
        say("waterfall.step"): name,
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.torch"): tiles.factor(speed) if speed and speed.against else "",
        "MB": round(result.size.bytes / 1e6, 1),
        say("table.accuracy"): percent(result.quality.interval),
        say("quantize.change"): tiles.change(versus),
    }
