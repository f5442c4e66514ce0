"""One head up close: what it is worth, what the model answers without it, and its stripes of Q, K, V and O."""

from functools import partial

import numpy as np
import streamlit as st

from core.engine.recipes import ablation, step
from core.pictures import heads, mosaic
from core.pictures.heads import Map
from core.pictures.picture import OneHead
from core.result import compare
from core.summary import p_value
from pages.components.canvas import payloads
from pages.components.frame.sidebar import Chosen
from pages.components.heads import head_map
from pages.components.widgets import progress, tiles
from pages.components.widgets.session import jobs, store, watcher
from pages.components.widgets.text import say


def show(choice: Chosen, method: str, layers: str, level: int, found: Map) -> None:
    """The chosen head at this position of the slider."""
    layer, head = head_map.chosen_head(found)
    st.markdown(f"**{say('canvas.matrix', layer=layer + 1, role='')}· {say('heads.head')} {head + 1}**")
    rank_column, kept, accuracy = st.columns(3)
    values = found.importance["fisher"]
    rank = int((values > values[layer, head]).sum()) + 1
    count = int((~np.isnan(values)).sum())
    rank_column.metric(say("heads.rank"), f"{rank} / {count}")
    share = head_map.digits(head_map.importance(found)[layer, head])
    rank_column.caption(say("heads.of_largest", percent=share))
    kept.metric(say("heads.kept"), f"{100 * found.kept[level, layer, head]:.0f} %")
    with accuracy:
        _without(choice, layer, head)
    path = payloads.drawn(choice, step(method, 0, layers, choice.dense.task), OneHead(layer, head))
    if path is None:
        return
    st.caption(say("heads.stripes", layer=layer + 1, head=head + 1))
    for role, stripe in heads.stripes(path.read_bytes(), level).items():
        name, drawing = st.columns([1, 12], vertical_alignment="center")
        name.markdown(f"**{role}**")
        drawing.image(
            mosaic.coloured(stripe), width="stretch", output_format="PNG", alt=say("heads.stripe_alt", role=role)
        )


def _without(choice: Chosen, layer: int, head: int) -> None:
    result, dense = head_map.without(choice, layer, head), store().read(choice.dense.key)
    if result is None or dense is None:
        st.metric(say("heads.without"), "…")
        if not choice.runnable:
            st.caption(say("heads.not_recorded"))
        else:
            spec = ablation(choice.dense, layer, head)
            start = partial(jobs().run, spec, choice.origin, None, watcher=watcher())
            st.button(say("heads.measure"), on_click=lambda: progress.ask("heads", [start()]))
        return
    versus, interval = compare(result.quality, dense.quality), result.quality.interval
    tiles.accuracy_tile(say("heads.without"), interval.value, versus)
    st.caption(
        say(
            "heads.without_note",
            low=f"{100 * interval.low:.1f}",
            high=f"{100 * interval.high:.1f}",
            p=p_value(versus.p),
            flipped=len(versus.flipped),
        )
    )
