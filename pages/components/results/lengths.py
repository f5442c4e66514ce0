"""The cost of length: measured time of dense and B over tokens beside the formula, and what part attention has."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from statistics import median

import streamlit as st

from core.engine import lengths
from core.engine.lengths import BATCHES, MOST_S, PAIRS, TOKENS
from core.engine.recipes import curve_spec
from core.environment import here
from core.figures import lengths as figures_lengths
from core.figures.lengths import Curve, shares
from core.intervals import median_interval
from core.jobs.recorded import recorded_lengths
from core.jobs.status import lengths_key
from core.models import macs
from core.models.macs import Outline
from core.result import Result, Shape, Speed
from core.runtimes import RUNTIMES
from core.spec import TORCH
from core.summary import vs_torch
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import charts, empty, links, progress, tiles
from pages.components.widgets.empty import Way
from pages.components.widgets.session import jobs, store, watcher
from pages.components.widgets.text import literal, say

SCALED_AT = 128  # tokens at which the formula's curve meets the measured one
FAR = (*TOKENS, 1024, 2048, 4096)  # tokens for which shares are computed


def show(choice: Chosen, result: Result) -> None:
    """Times and shares of B beside dense, their tables, and the lengths at which attention overtakes the FFN."""
    st.subheader(say("lengths.title"))
    st.markdown(say("lengths.lead"))
    batch = int(links.choose("batch", [str(size) for size in BATCHES], say("lengths.batch"), str))
    before, shape = macs.outline(choice.dense), result.size.shape
    speeds = lengths.curve(result, batch, here().machine)
    if speeds:
        ends = {"short": tiles.factor(speeds[0]), "long": tiles.factor(speeds[-1])}
        st.markdown(say("lengths.summary", batch=batch, first=speeds[0].seq, last=speeds[-1].seq, **ends))
    left, right = st.columns([6, 5], gap="medium")
    with left:
        if speeds:
            _times(speeds, before.shape, shape)
            _measure(choice, result, before)
        else:
            _nothing(choice, result, before, batch)
    with right:
        _shares(before, shape)
    if speeds:
        _table(speeds, result)
    _crossings(before.shape, shape)


def _nothing(choice: Chosen, result: Result, before: Outline, batch: int) -> None:
    """Why there are no times, and the ways to some: another B that has them, or measuring those of this one."""
    dense, others = choice.dense, [spec for spec in recorded_lengths(choice.dense) if spec.key != result.key]
    timed = [spec for spec in others if (one := store().read(spec.key)) and lengths.curve(one, batch, here().machine)]
    ways = [Way(say("lengths.of_half"), partial(_choose_b, spec.key)) for spec in timed[:1]]
    sentence = say("lengths.none", batch=batch)
    if result.spec == result.spec.dense:
        half = curve_spec(dense, "structured", 0.5)
        if not ways and store().read(half.key) is not None:
            ways = [Way(say("lengths.of_half"), partial(_choose_b, half.key))]
        empty.show("lengths", say("lengths.dense"), *(ways or [empty.slide()]))
    elif choice.runnable:
        _measure(choice, result, before, sentence, [*ways, *empty.elsewhere(dense, True)])
    else:
        empty.show("lengths", sentence, *ways, *empty.elsewhere(dense, False))


def _choose_b(key: str) -> None:
    st.session_state["b"] = key


def _times(speeds: Sequence[Speed], whole: Shape, shape: Shape | None) -> None:
    curves = [
        _curve(say("group.dense"), speeds, [speed.dense_times_ms for speed in speeds], whole),
        _curve("B", speeds, [speed.times_ms for speed in speeds], shape),
    ]
    figure = figures_lengths.times(curves, say("lengths.formula"), (say("lengths.tokens"), say("lengths.ms")))
    charts.show(figure, key="lengths", config={"displayModeBar": False}, alt=say("lengths.alt"))
    if any(curve.formula for curve in curves):
        st.caption(say("lengths.dashed", tokens=SCALED_AT))


def _table(speeds: Sequence[Speed], result: Result) -> None:
    rows = [_row(result, speed) for speed in speeds]
    charts.table(rows, say("lengths.alt"), "lengths")
    busy = f" · {say('tile.busy')}" if any(speed.busy for speed in speeds) else ""
    where = tiles.badges(speeds) + busy
    st.caption(say("lengths.protocol", pairs=PAIRS, seconds=f"{MOST_S:.0f}", where=where))


def _curve(name: str, speeds: Sequence[Speed], times: Sequence[Sequence[float]], shape: Shape | None) -> Curve:
    tokens = [speed.seq or 0 for speed in speeds]
    medians = [median(row) for row in times]
    ends = [median_interval(row) for row in times]
    known = shape is not None and SCALED_AT in tokens
    dashed = lengths.formula(shape, tokens, SCALED_AT, medians[tokens.index(SCALED_AT)]) if shape and known else []
    return Curve(name, tokens, medians, [low for low, _ in ends], [high for _, high in ends], dashed)


def _row(result: Result, speed: Speed) -> dict[str, object]:
    total = vs_torch(result, speed)
    row = {
        say("lengths.tokens"): speed.seq,
        say("lengths.dense_ms"): round(speed.dense_median_ms, 1),
        say("lengths.b_ms"): round(speed.median_ms, 1),
        say("table.speedup"): tiles.factor(speed),
        say("lengths.dense_rate"): round(1000 * speed.batch / speed.dense_median_ms, 1),
        say("lengths.b_rate"): round(1000 * speed.batch / speed.median_ms, 1),
    }
    return row | ({say("quantize.torch"): tiles.factor(total)} if result.spec.runtime != TORCH else {})


def _shares(before: Outline, shape: Shape | None) -> None:
    rows = [macs.work(shape or before.shape, tokens).shares for tokens in FAR]
    names = (say("lengths.projections"), say("lengths.products"), say("lengths.ffn"))
    parts = dict(zip(names, zip(*rows, strict=True), strict=True))
    figure = shares(FAR, parts, before.longest, (say("lengths.tokens"), say("lengths.shares")))
    charts.show(figure, key="shares", config={"displayModeBar": False}, alt=say("lengths.shares_alt"))
    of = say("lengths.of_b") if shape else say("lengths.of_dense")
    st.caption(f"{of} {say('lengths.limit', limit=before.longest)}")
    opened = st.expander(say("table.twin"), key="shares-table", on_change="rerun")
    if opened.open:
        table = [_part(name, values) for name, values in parts.items()]
        opened.dataframe(table, hide_index=True, alt=say("lengths.shares_alt"))


def _part(name: str, values: Sequence[float]) -> dict[str, object]:
    return {say("lengths.shares"): name} | {str(n): round(value) for n, value in zip(FAR, values, strict=True)}


def _crossings(whole: Shape, shape: Shape | None) -> None:
    base, large, dense = (macs.crossings(one) for one in (macs.BASE, macs.LARGE, whole))
    text = say(
        "lengths.crossings",
        base=_tokens(base.attention_ffn),
        large=_tokens(large.attention_ffn),
        dense=_tokens(dense.attention_ffn),
        products=_tokens(dense.products_projections),
        ffn=_tokens(dense.products_ffn),
    )
    if shape is not None and shape != whole:
        where = macs.crossings(shape).attention_ffn
        text += " " + (say("lengths.crossing_b", b=_tokens(where)) if where else say("lengths.always_b"))
    st.markdown(text)


def _tokens(count: float) -> str:
    return "∞" if count == float("inf") else f"{count:,.0f}"


def _measure(choice: Chosen, result: Result, before: Outline, sentence: str = "", others: Sequence[Way] = ()) -> None:
    """The button for what this machine has not timed, or the running job with Cancel; sentence: where there is none."""
    machine = here().machine
    spec = dataclasses.replace(result.spec, model=choice.dense.model)  # it may have been stored under another name
    cells = lengths.missing(result, before, machine)
    status = jobs().status(lengths_key(spec))
    if spec == spec.dense or not cells:
        return
    if not choice.runnable:
        st.caption(say("lengths.not_here"))
    elif not RUNTIMES[spec.runtime].installed:
        line = say("quantize.install", line=RUNTIMES[spec.runtime].install)
        empty.show("lengths", f"{sentence} {line}".strip(), *others)
    elif status is not None and status.active:
        st.fragment(progress.watch, run_every=0.5)(status.key, "lengths")
    else:
        if status is not None and status.error:
            st.error(literal(status.error))
        minutes = max(1, round(lengths.seconds(cells, result, before, machine) / 60))
        label = say("lengths.measure", count=len(cells), minutes=minutes)
        if sentence:
            empty.show(
                "lengths", sentence, Way(label, lambda: jobs().time_lengths(spec, choice.origin, watcher())), *others
            )
        elif st.button(label, key="lengths-measure", wrap=True):
            jobs().time_lengths(spec, choice.origin, watcher())
            st.rerun()
