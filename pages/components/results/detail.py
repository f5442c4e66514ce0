"""One point of the trade-offs beside the scatter: its figures against dense, its recipe, and where it can go."""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from core import summary
from core.choice import speed_of
from core.engine import card
from core.result import Result, compare
from core.summary import scored
from pages.components.frame.sidebar import Chosen
from pages.components.lab import export, recipe
from pages.components.results import points
from pages.components.results.points import Point
from pages.components.widgets import machines, tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import leading, literal, metric_title, say, score, shown_score


def show(chosen: Point | None, picked: Point | None, choice: Chosen, dense_ms: float | None) -> None:
    """The chosen point, which can be closed; else the picked one; else how to choose one. dense_ms: see points."""
    point, dense = chosen or picked, store().read(choice.dense.key)
    if point is None or dense is None:
        st.caption(say("tradeoffs.click", metric=metric_title(leading())))
        return
    with st.container(border=True, key="detail"):
        head = st.container(horizontal=True, vertical_alignment="top")
        head.markdown(f"**{literal(point.title)}**  \n{points.done(point.result.spec)}", width="stretch")
        if chosen is not None:
            head.button(say("tradeoffs.close"), key="close", type="tertiary", on_click=points.close)
        _table(point, dense, dense_ms)
        _notes(point)
        spec = dataclasses.replace(point.result.spec, model=choice.dense.model)
        export.one_click(choice, spec)
        _pins(point)
        st.code(card.command(spec, choice.origin), language="bash", wrap_lines=True)


def _table(point: Point, dense: Result, dense_ms: float | None) -> None:
    """Its figures beside those of dense: times as all on the page, or where it has none, those of its own rounds."""
    result, speed = point.result, point.speed or speed_of(point.result)
    quality, size, base = result.quality, result.size, dense.size
    own = (speed.median_ms, speed.dense_median_ms) if speed else (None, None)
    times = own if point.ms is None else (point.ms, dense_ms)
    rows = [
        (score("tile.accuracy"), scored(quality), shown_score(dense.quality.interval.value)),
        (say("quantize.change"), tiles.shown_change(compare(quality, dense.quality)), ""),
        ("ms", *("–" if ms is None else f"{ms:.1f}" for ms in times)),
        (say("table.speedup"), tiles.factor(speed) or "–", ""),
        ("MB", f"{size.bytes / 1e6:.1f}", f"{base.bytes / 1e6:.1f}"),
        (say("table.zip"), f"{size.zip_bytes / 1e6:.1f}", f"{base.zip_bytes / 1e6:.1f}"),
        ("M MACs", f"{size.macs / 1e6:,.0f}", f"{base.macs / 1e6:,.0f}"),
        (say("table.nonzero"), f"{size.nonzero / 1e6:.2f}", f"{base.nonzero / 1e6:.2f}"),
    ]
    names = (say("compare.figure"), say("tradeoffs.this"), say("group.dense"))
    table = [dict(zip(names, row, strict=True)) for row in rows]
    tiles.table(table, say("tradeoffs.detail_alt"), border="horizontal")


def _notes(point: Point) -> None:
    """Where it was measured, what its steps reported, how far its seeds are apart."""
    result, speed = point.result, speed_of(point.result)
    elsewhere = [say("tradeoffs.timed_on", where=literal(tiles.badge(speed)))] if point.ms is None and speed else []
    device = machines.device_of(point.speed)
    by = [say("tradeoffs.timed_by", device=literal(device))] if device else []
    spread = summary.accuracy_spread(summary.stored_seeds(result.spec, store().read))
    spreads = [tiles.spread("accuracy", spread)] if spread else []
    st.caption("  \n".join([tiles.badge(result.quality), *elsewhere, *by, *_told(result), *spreads]))


def _pins(point: Point) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for name in ("a", "b"):
            if st.button(say("compare.pin", name=name.upper()), key=f"pin-{name}"):
                st.session_state[name] = point.result.key
                st.toast(say("compare.pinned", name=name.upper(), recipe=literal(point.title)))
        st.page_link("pages/compare.py", label=say("nav.compare"), icon=":material/arrow_forward:")
        if st.button(say("tradeoffs.lab"), key="to-lab", icon=":material/science:"):
            recipe.open_in_lab(point.result.spec)


def _told(result: Result) -> list[str]:
    """What the steps had to report, in sentences."""
    facts, told = result.facts, []
    if "heads" in facts:
        told.append(say("facts.heads", heads=_listed(facts["heads"]), widths=_listed(facts["widths"])))
    if "hidden" in facts:
        told.append(say("facts.hidden", hidden=facts["hidden"]))
    if "layers" in facts:
        told.append(say("facts.layers", layers=_listed([layer + 1 for layer in facts["layers"]])))
    if "pieces" in facts:
        told.append(
            say(
                "facts.pieces",
                pieces=f"{facts['pieces']:,}",
                before=f"{facts['pieces_before']:,}",
                changed=f"{facts['validation_tokens_changed']:,}",
                tokens=f"{facts['validation_tokens']:,}",
            )
        )
    return told


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
