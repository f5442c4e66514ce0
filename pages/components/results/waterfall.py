"""Where the speed comes from, step by step: a better runtime, fewer heads and neurons, integers, fewer words."""

import streamlit as st

from core.choice import one_machine
from core.control import Timing
from core.engine.recipes import waterfall
from core.result import Result, Speed, compare
from core.runtimes import from_files
from core.spec import TORCH, Spec
from core.summary import scored
from pages.components.frame import measuring
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, charts, links, tiles
from pages.components.widgets.session import store, watcher
from pages.components.widgets.text import runtime_title, say, score, score_axis


def show(choice: Chosen) -> None:
    """The stored steps as bars, with their table twin; steps that are not stored are left out and said."""
    st.subheader(say("waterfall.title"))
    runtime = links.choose("steps_in", from_files(), say("quantize.runtime"), runtime_title)
    stages = waterfall(choice.dense, runtime)
    found = {name: result for name, spec in stages.items() if (result := store().read(spec.key)) is not None}
    dense = found.get("torch")
    if dense is None or len(found) < 2:
        _missing(choice, runtime, list(stages.values()), say("waterfall.empty", runtime=runtime_title(runtime)))
        return
    names = [say(f"waterfall.{name}") for name in found]
    against = ["" if one.spec.runtime == TORCH else TORCH for one in found.values()]
    speeds = one_machine(list(found.values()), against)
    columns = {
        say("quantize.ms"): [bars.time(speed) for speed in speeds],
        say("quantize.mb"): [bars.file(result) for result in found.values()],
        score_axis("quantize.accuracy"): [bars.accuracy(result) for result in found.values()],
    }
    bars.show(names, columns, "waterfall", say("waterfall.alt"))
    rows = [_row(name, one, speed, dense) for name, one, speed in zip(names, found.values(), speeds, strict=True)]
    charts.table(rows, say("waterfall.alt"), "stages")
    st.caption(say("waterfall.note"))
    if len(found) < len(stages):
        names = ", ".join(say(f"waterfall.{name}") for name in stages if name not in found)
        specs = [spec for name, spec in stages.items() if name not in found]
        _missing(choice, runtime, specs, say("waterfall.missing", names=names))


def _missing(choice: Chosen, runtime: str, specs: list[Spec], sentence: str) -> None:
    """What is missing, and the button that measures it; without the examples, the way to where it can be seen."""
    measuring.offer(
        "waterfall",
        choice,
        specs,
        lambda about: say("waterfall.measure", about=about),
        words="waterfall.measuring",
        timing=Timing(),
        watcher=watcher(),
        sentence=sentence,
        runtime=runtime,
    )


def _row(name: str, result: Result, speed: Speed | None, dense: Result) -> dict[str, object]:
    versus = compare(result.quality, dense.quality)
    return {
        say("waterfall.step"): name,
        "ms": round(speed.median_ms, 1) if speed else None,
        say("quantize.torch"): tiles.factor(speed) if speed and speed.against else "",
        "MB": round(result.size.bytes / 1e6, 1),
        score("table.accuracy"): scored(result.quality),
        say("quantize.change"): tiles.change(versus),
    }
