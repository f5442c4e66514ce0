"""All heads at once: the heatmap, the bars of what each layer keeps, and the measuring of those that miss."""

import math

import numpy as np
import streamlit as st

from core.engine.recipes import removes
from core.figures import heads
from core.pictures.heads import Map, ablation
from core.result import Result
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import empty, links, progress
from pages.components.widgets.empty import Way
from pages.components.widgets.session import jobs, session, store
from pages.components.widgets.text import say

COLOURS = ("importance", "kept", "accuracy")


def colour_by() -> str:
    """What the heatmap is coloured by."""
    return links.choose("colour", COLOURS, say("heads.colour"), lambda name: say(f"heads.by_{name}"))


def show(choice: Chosen, found: Map, by: str, level: int, method: str) -> None:
    """The heatmap; a click keeps its head in the session."""
    values = {"importance": found.importance["fisher"], "kept": 100 * found.kept[level]}.get(by)
    if values is None:
        values = _accuracies(choice, found)
        if np.isnan(values).all():
            _offer(choice, found, say("heads.empty"))
            return
    gone = (found.kept[level] == 0) & removes(method)
    option = heads.head_map(
        values.tolist(), gone.tolist(), axes=(say("heads.head"), say("heads.layer")), percent=by != "importance"
    )
    state = st.echarts_chart(option, key=f"heads-{by}", on_select="rerun", height=330, alt=say("heads.map_alt"))
    chosen = [index for part in state.selection.selected for index in part["data_indices"]]
    if chosen:
        st.session_state["head"] = divmod(chosen[0], values.shape[1])
    st.caption(say("heads.click"))


def chosen_head(found: Map) -> tuple[int, int]:
    """Layer and head that were clicked; the most important one before that."""
    layer, head = st.session_state.get("head", (-1, -1))
    worth = found.importance["fisher"]
    if not (0 <= layer < worth.shape[0] and 0 <= head < worth.shape[1]) or math.isnan(worth[layer, head]):
        layer, head = np.unravel_index(int(np.nanargmax(worth)), worth.shape)
    return int(layer), int(head)


def per_layer(found: Map, level: int, method: str) -> None:
    """Stacked bars: heads kept and removed in each layer at this position."""
    st.subheader(say("heads.per_layer"))
    if not removes(method):
        whole = Way(say("method.structured"), lambda: st.session_state.update(method="structured"))
        empty.show("per-layer", say("heads.only_structured"), whole)
        return
    there = ~np.isnan(found.kept[0])
    kept = ((found.kept[level] > 0) & there).sum(1)
    st.plotly_chart(
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
    if links.value("colour") != "accuracy" or not np.isnan(_accuracies(choice, found)).all():
        _offer(choice, found)


def _offer(choice: Chosen, found: Map, sentence: str = "") -> None:
    places = [tuple(map(int, place)) for place in np.argwhere(~np.isnan(found.importance["fisher"]))]
    left = [(layer, head) for layer, head in places if without(choice, layer, head) is None]
    wanted = bool(left) and choice.runnable
    specs = [ablation(choice.dense, layer, head) for layer, head in left]
    about = progress.about(choice.origin, specs, timed=False) if wanted else ""
    label = say("heads.measure_all", count=len(left), about=about)
    others = empty.elsewhere(choice.dense, choice.runnable) if sentence else []
    start = (lambda: queue(choice, left)) if wanted else None
    progress.offer("heads", "heads.measuring", label, start, sentence, others)


def queue(choice: Chosen, places: list[tuple[int, int]]) -> list[str]:
    """Queue the model without each of these heads; returns the jobs' keys."""
    return [
        jobs().run(ablation(choice.dense, layer, head), choice.origin, None, watcher=session())
        for layer, head in places
    ]


def table(choice: Chosen, found: Map, level: int) -> None:
    """The table twin: a row a head."""
    opened = st.expander(say("heads.table"), key="heads-table", on_change="rerun")
    if not opened.open:
        return
    with opened:
        accuracies = _accuracies(choice, found)
        rows = [
            {
                say("heads.layer"): layer + 1,
                say("heads.head"): head + 1,
                say("heads.importance"): f"{found.importance['fisher'][layer, head]:.2e}",
                say("heads.kept"): f"{100 * found.kept[level, layer, head]:.0f} %",
                say("heads.without"): f"{accuracies[layer, head]:.1f} %" if accuracies[layer, head] > 0 else "",
            }
            for layer, head in np.argwhere(~np.isnan(found.importance["fisher"])).tolist()
        ]
        st.dataframe(rows, hide_index=True, alt=say("heads.map_alt"))


def _accuracies(choice: Chosen, found: Map) -> np.ndarray:
    values = np.full(found.importance["fisher"].shape, np.nan)
    for layer, head in np.argwhere(~np.isnan(found.importance["fisher"])).tolist():
        result = without(choice, layer, head)
        if result is not None:
            values[layer, head] = 100 * result.quality.interval.value
    return values
