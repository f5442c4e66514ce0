"""All heads at once: the heatmap, the bars of what each layer keeps, and the measuring of those that miss."""

import dataclasses
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.engine.recipes import ablation, removes
from core.figures import heads
from core.figures.heads import Cell, Scale
from core.intervals import LEVEL, holm
from core.metrics import ACCURACY
from core.pictures.heads import Map
from core.result import Comparison, Result, compare
from pages.components.frame import measuring
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import charts, empty, links, tiles
from pages.components.widgets.session import store, watcher
from pages.components.widgets.text import leading, local, metric_title, say

COLOURS = ("importance", "kept", "accuracy")
LEAST_SHARE = 0.01  # percent: smaller ones have one colour and no figure of their own
LEAST_SPAN = 2.0  # points from dense to the ends of the colours, so that noise of some tenths stays pale
Place = tuple[int, int]  # layer and head, from 0


def colour_by() -> str:
    """What the heatmap is coloured by."""
    return links.choose("colour", COLOURS, say("heads.colour"), _colour_name)


def _colour_name(name: str) -> str:
    of_metric = name == "accuracy" and leading() != ACCURACY
    return say("heads.without_it", metric=metric_title(leading())) if of_metric else say(f"heads.by_{name}")


def show(choice: Chosen, found: Map, by: str, level: int, method: str) -> None:
    """The heatmap; a click keeps its head in the session."""
    colouring = {"importance": _importance, "kept": _kept, "accuracy": _without_it}[by](choice, found, level)
    if all(math.isnan(cell.value) for row in colouring.cells for cell in row):
        _offer(choice, found, say("heads.empty"))
        return
    gone, looked_at = (found.kept[level] == 0) & removes(method), chosen_head(found)
    cells = [
        [
            dataclasses.replace(cell, gone=bool(gone[layer, head]), chosen=(layer, head) == looked_at)
            for head, cell in enumerate(row)
        ]
        for layer, row in enumerate(colouring.cells)
    ]
    axes = (say("heads.head"), say("heads.layer"))
    option = heads.head_map(cells, axes=axes, scale=colouring.scale, ends=colouring.ends, words=colouring.words)
    key, across = f"heads-{len(cells)}", len(cells[0])  # one for all colourings, which share what is selected
    st.echarts_chart(
        option,
        key=key,
        on_select=lambda: _clicked(key, across),
        height=320,
        alt=say("heads.map_alt", metric=metric_title(leading())),
    )
    st.caption(f"{colouring.note} {say('heads.click')}")


def _clicked(key: str, across: int) -> None:
    """Keep the head that was clicked; a second click on it, which selects nothing, leaves it."""
    for part in st.session_state[key].selection.selected:
        st.session_state["head"] = divmod(part["data_indices"][0], across)


@dataclass(frozen=True)
class Colouring:
    """What the map shows: a cell a head, how it is coloured, the ends of the colours, also in words, and what it is."""

    cells: list[list[Cell]]
    scale: Scale
    ends: tuple[float, float]
    words: tuple[str, str]
    note: str


def _cells(values: np.ndarray, words: Callable[[int, int], str], outlined: Collection[Place] = ()) -> list[list[Cell]]:
    return [
        [
            Cell(float(value), f"{_name(layer, head)}: {words(layer, head)}", outlined=(layer, head) in outlined)
            for head, value in enumerate(row)
        ]
        for layer, row in enumerate(values)
    ]


def _name(layer: int, head: int) -> str:
    return say("heads.name", layer=layer + 1, head=head + 1)


def _importance(choice: Chosen, found: Map, level: int) -> Colouring:
    """Fisher scores in percent of the most important head."""
    shares = importance(found)
    cells = _cells(shares, lambda layer, head: say("heads.of_largest", percent=digits(shares[layer, head])))
    low, high = _ends(shares)
    return Colouring(
        cells,
        "log",
        (max(low, LEAST_SHARE), high),
        (local(f"{digits(low)} %"), local(f"{digits(high)} %")),
        say("heads.importance_is"),
    )


def _kept(choice: Chosen, found: Map, level: int) -> Colouring:
    shares = 100 * found.kept[level]
    cells = _cells(shares, lambda layer, head: say("heads.percent_kept", percent=f"{shares[layer, head]:.0f}"))
    low, high = _ends(shares)
    return Colouring(cells, "share", (low, high), (f"{low:.0f} %", f"{high:.0f} %"), say("heads.kept_is"))


def _without_it(choice: Chosen, found: Map, level: int) -> Colouring:
    """Points lost or won without each head; outlined where that is more than chance, over all heads (Holm 1979)."""
    versus = _changes(choice, found)
    tests = holm([one.p for one in versus.values()])
    sure = {place for place, counts in zip(versus, tests, strict=True) if counts}
    points = np.full(found.importance["fisher"].shape, np.nan)
    for place, one in versus.items():
        points[place] = 100 * one.delta

    def words(layer: int, head: int) -> str:
        one = versus.get((layer, head))
        return "…" if one is None else say("heads.points_without", **tiles.paired(one))

    span = max([LEAST_SPAN, *(abs(100 * one.delta) for one in versus.values())])
    ends = (say("tile.points", points=f"{-span:+.1f}"), say("tile.points", points=f"{span:+.1f}"))
    chance = f"{LEVEL * len(versus):.0f}"
    metric = metric_title(leading())
    told = say("heads.sure", metric=metric, count=len(sure), total=len(versus), chance=chance)
    note = told if versus else say("heads.none_yet")
    return Colouring(_cells(points, words, sure), "difference", (-span, span), ends, note)


def _changes(choice: Chosen, found: Map) -> dict[Place, Comparison]:
    """The model without each head against dense, where that is stored."""
    dense = store().read(choice.dense.key)
    results = {place: without(choice, *place) for place in places(found)}
    return {place: compare(one.quality, dense.quality) for place, one in results.items() if one and dense}


def importance(found: Map) -> np.ndarray:
    """(layers, heads): Fisher importance in percent of the highest."""
    values = found.importance["fisher"]
    return 100 * values / (np.nanmax(values) or 1)


def digits(percent: float) -> str:
    """As many digits as tell small shares apart: 45, 4.5, 0.45, <0.01."""
    if 0 < percent < LEAST_SHARE:
        return f"<{LEAST_SHARE}"
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.1f}" if percent >= 1 else f"{percent:.2f}"


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(np.nanmin(values)), float(np.nanmax(values))


def places(found: Map) -> list[Place]:
    """Layer and head of all that there are, from 0."""
    return [(int(layer), int(head)) for layer, head in np.argwhere(~np.isnan(found.importance["fisher"]))]


def chosen_head(found: Map) -> tuple[int, int]:
    """Layer and head that were clicked; the most important one before that."""
    layer, head = st.session_state.get("head", (-1, -1))
    fisher = found.importance["fisher"]
    if not (0 <= layer < fisher.shape[0] and 0 <= head < fisher.shape[1]) or math.isnan(fisher[layer, head]):
        layer, head = np.unravel_index(int(np.nanargmax(fisher)), fisher.shape)
    return int(layer), int(head)


def per_layer(found: Map, level: int, method: str) -> None:
    """Stacked bars: heads kept and removed in each layer at this position."""
    st.subheader(say("heads.per_layer"))
    if not removes(method):
        whole = empty.Way(say("method.structured"), lambda: st.session_state.update(method="structured"))
        empty.show("per-layer", say("heads.only_structured"), whole)
        return
    there = ~np.isnan(found.kept[0])
    kept = ((found.kept[level] > 0) & there).sum(1)
    charts.show(
        heads.stacked_bars(
            [str(layer + 1) for layer in range(len(kept))],
            {say("heads.kept_name"): kept.tolist(), say("heads.removed_name"): (there.sum(1) - kept).tolist()},
            axes=(say("heads.layer"), say("nav.heads")),
        ),
        key="per-layer",
        config={"displayModeBar": False},
        alt=say("heads.per_layer_alt"),
    )


def without(choice: Chosen, layer: int, head: int) -> Result | None:
    """The stored result of the model without one head."""
    return store().read(ablation(choice.dense, layer, head).key)


def missing(choice: Chosen, found: Map) -> None:
    """Offer to measure the heads whose removal is not stored, where the map does not do so."""
    if links.value("colour") != "accuracy" or _changes(choice, found):
        _offer(choice, found)


def _offer(choice: Chosen, found: Map, sentence: str = "") -> None:
    left = [ablation(choice.dense, *place) for place in places(found) if without(choice, *place) is None]
    measuring.offer(
        "heads",
        choice,
        left,
        lambda about: say("heads.measure_all", count=len(left), about=about),
        words="heads.measuring",
        timing=None,
        watcher=watcher(),
        sentence=sentence,
    )


def table(choice: Chosen, found: Map, level: int) -> None:
    """The table twin: a row a head."""
    opened = st.expander(say("heads.table"), key="heads-table", on_change="rerun")
    if not opened.open:
        return
    with opened:
        changes, shares = _changes(choice, found), importance(found)
        rows = [
            {
                say("heads.layer"): layer + 1,
                say("heads.head"): head + 1,
                say("heads.importance"): f"{digits(shares[layer, head])} %",
                say("heads.kept"): f"{100 * found.kept[level, layer, head]:.0f} %",
                say("heads.change"): tiles.change(changes[layer, head]) if (layer, head) in changes else "",
            }
            for layer, head in places(found)
        ]
        charts.table(rows, say("heads.map_alt", metric=metric_title(leading())), "heads")
