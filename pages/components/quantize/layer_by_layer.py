"""Which layer hurts most when it alone is quantized: from the store; those that miss are measured on demand."""

import streamlit as st

from core.engine.recipes import one_layer
from core.figures.quantization import Bar
from core.result import Result, compare
from core.summary import scored
from pages.components.frame import measuring
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import bars, charts, tiles
from pages.components.widgets.session import store, watcher
from pages.components.widgets.text import say, score


def show(choice: Chosen, layers: int) -> None:
    """Bars of the loss that each layer adds, with their table twin."""
    st.subheader(say("layer.title"))
    specs = {layer: one_layer(choice.dense, layer) for layer in range(1, layers + 1)}
    found = {layer: result for layer, spec in specs.items() if (result := store().read(spec.key)) is not None}
    dense = store().read(choice.dense.key)
    sentence = say("layer.empty")
    if dense is not None and found:
        _chart(found, dense)
        sentence = ""
    left = [spec for layer, spec in specs.items() if layer not in found]
    measuring.offer(
        "layers",
        choice,
        left,
        lambda about: say("layer.measure", count=len(left), about=about),
        words="layer.measuring",
        timing=None,
        watcher=watcher(),
        sentence=sentence,
    )


def _chart(found: dict[int, Result], dense: Result) -> None:
    added = {layer: result.quality.loss - dense.quality.loss for layer, result in found.items()}
    changed = {layer: len(compare(result.quality, dense.quality).flipped) for layer, result in found.items()}
    columns = {
        say("layer.loss"): [Bar(1000 * value, None, None, f"{1000 * value:+.1f}") for value in added.values()],
        say("layer.changed"): [Bar(count, None, None, str(count)) for count in changed.values()],
    }
    names = [say("layer.name", layer=layer) for layer in found]
    bars.show(names, columns, "layers", say("layer.alt"))
    rows = [
        {
            say("layer.layer"): layer,
            say("layer.loss"): round(1000 * added[layer], 1),
            say("layer.changed"): changed[layer],
            score("table.accuracy"): scored(result.quality),
            say("quantize.change"): tiles.change(versus),
        }
        for layer, result in found.items()
        for versus in (compare(result.quality, dense.quality),)
    ]
    charts.table(rows, say("layer.alt"), "layers")
    worst, n = max(added, key=added.__getitem__), dense.quality.interval.n
    loss = f"{1000 * added[worst]:+.1f}"
    costs = say("layer.worst", layer=worst, loss=loss) if float(loss) > 0 else say("layer.free")
    st.caption(say("layer.note", n=n, costs=costs))
