"""The grid of students, layers by width: accuracy with the teacher, alone, or what the teacher adds."""

import dataclasses

import streamlit as st

from core.choice import speed_of
from core.figures import students as student_figures
from core.jobs import recorded
from core.result import Result, Speed, compare
from core.spec import Spec, Step
from core.summary import scored
from core.techniques import distil
from core.training import students
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, charts, empty, links, tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import say, score

BY = ("taught", "alone", "gain")
Grid = dict[tuple[int, str], tuple[Result | None, Result | None]]


def spec_of(dense: Spec, layers: int, width: str, taught: bool) -> Spec:
    """The student of that size as the grid shows it; alone it is the same without its teacher."""
    config = distil.Config(layers=layers, width=width)
    return dataclasses.replace(dense, steps=(Step("distil", config if taught else recorded.alone(config)),))


def stored(choice: Chosen) -> Grid:
    """What the store holds of each size: with the teacher, and alone."""
    sizes = [(layers, width) for layers in range(1, students.layers_of(choice.dense) + 1) for width in distil.WIDTHS]

    def read(layers: int, width: str, taught: bool) -> Result | None:
        return store().read(spec_of(choice.dense, layers, width, taught).key)

    return {size: (read(*size, True), read(*size, False)) for size in sizes}


def timed(dense: Spec, layers: int, width: str) -> Speed | None:
    """The time of a stored student of that size; which training it had makes no difference to it."""
    stored = (store().read(spec_of(dense, layers, width, taught).key) for taught in (True, False))
    return next((speed for one in stored if one and (speed := speed_of(one))), None)


def show(choice: Chosen, found: Grid) -> None:
    """The heatmap; sizes that nobody trained are empty."""
    by = links.choose("by", BY, say("distil.by"), lambda name: say(f"distil.by_{name}"))
    rows = sorted({layers for layers, _ in found})
    values = [[_value(*found[layers, width], by) for width in distil.WIDTHS] for layers in rows]
    if not any(value is not None for row in values for value in row):
        empty.show("sizes", say("distil.empty"), *empty.elsewhere(choice.dense, choice.runnable))
        return
    figure = student_figures.grid(
        values,
        [str(layers) for layers in rows],
        [f"{100 * float(width):.0f} %" for width in distil.WIDTHS],
        (say("distil.width"), say("distil.layers")),
        "±" if by == "gain" else "%",
        [
            (i, j)
            for i, layers in enumerate(rows)
            for j, width in enumerate(distil.WIDTHS)
            if by == "gain" and _by_chance(*found[layers, width])
        ],
    )
    config = {"displayModeBar": False}
    charts.show(figure, key="sizes", on_select=_choose, selection_mode="points", config=config, alt=say("distil.alt"))
    st.caption(say("distil.note", metric=score("tile.accuracy")) + (" " + say("distil.chance") if by == "gain" else ""))


def _choose() -> None:
    """In a callback: a click on a cell chooses its size in the form."""
    points = st.session_state["sizes"].selection.points
    if points:
        st.session_state["distil-layers"] = int(points[0]["y"])
        st.session_state["distil-width"] = f"{float(points[0]['x'].split()[0]) / 100:g}"


def table(found: Grid) -> None:
    """The table twin: a row a student that was trained, with its teacher and alone."""
    rows = [_row(*size, *pair) for size, pair in found.items() if any(pair)]
    if rows:
        charts.table(rows, say("distil.alt"), "students")


def _row(layers: int, width: str, taught: Result | None, alone: Result | None) -> dict[str, object]:
    known = taught or alone
    gain = ""
    if taught and alone:
        versus = compare(taught.quality, alone.quality)
        gain = f"{tiles.change(versus)} [{100 * versus.low:+.1f}, {100 * versus.high:+.1f}]"
    return {
        say("distil.layers"): layers,
        say("distil.width"): f"{100 * float(width):.0f} %",
        say("distil.by_taught"): scored(taught.quality) if taught else "–",
        say("distil.by_alone"): scored(alone.quality) if alone else "–",
        say("distil.by_gain"): gain or "–",
        "M MACs": round(known.size.macs / 1e6) if known else None,
        "MB": round(known.size.bytes / 1e6, 1) if known else None,
    }


def _by_chance(taught: Result | None, alone: Result | None) -> bool:
    return bool(taught and alone and not compare(taught.quality, alone.quality).differs)


def _value(taught: Result | None, alone: Result | None, by: str) -> float | None:
    if by == "gain":
        return 100 * compare(taught.quality, alone.quality).delta if taught and alone else None
    found = taught if by == "taught" else alone
    return None if found is None else bars.accuracy(found).value
