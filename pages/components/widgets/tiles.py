"""What a result says, as tiles and words: each figure beside dense, with where it was measured."""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.environment import Environment
from core.installation import Measured, day, place
from core.jobs.status import Status
from core.metrics import MICRO_F1
from core.result import Comparison, Result, Speed, beside, compare
from core.summary import Spread, p_value, percent, ran_in, speedup
from pages.components.widgets import machines
from pages.components.widgets.text import Marked, kind_of, literal, local, metric_title, say, score, shown_score

FEW, TALL = 12, 420  # rows that are shown at once; pixels in which more are scrolled
LONG_S = 90.0  # from where minutes are said
WIDE = 4  # columns that do not fit beside each other on a phone


def tiles(result: Result, dense: Result, speed: Speed | None) -> None:
    """Accuracy, latency, file and weights of a stored result."""
    accuracy, latency, file, weights = st.columns(4)
    quality, versus = result.quality, compare(result.quality, dense.quality)
    interval = quality.interval
    with accuracy:
        accuracy_tile(score("tile.accuracy"), interval.value, versus)
        st.caption(
            say("tile.accuracy_note", low=f"{100 * interval.low:.1f}", high=f"{100 * interval.high:.1f}", n=interval.n)
            + " · "
            + local(p_value(versus.p))
            + " · "
            + say("tile.loss", loss=f"{quality.loss:.3f}", dense=f"{dense.quality.loss:.3f}")
        )
        _unread(result)
        for name, other in beside(quality).items():
            st.caption(f"{metric_title(name)}: {local(percent(other, name))}")
        if quality.metric == MICRO_F1 and quality.kinds:  # of entities: which type breaks first?
            kinds = (f"{literal(kind_of(one))} {100 * part.value:.1f}" for one, part in quality.kinds.items())
            st.caption(" · ".join(kinds))
    with latency:
        _latency(speed, result)
    with file:
        before, after = dense.size, result.size
        metric(
            say("tile.file"),
            f"{after.bytes / 1e6:.1f} MB",
            say("tile.zip_change", percent=f"{100 * (after.zip_bytes / before.zip_bytes - 1):+.0f}"),
            delta_color="inverse",
        )
        st.caption(say("tile.file_note", zip=f"{after.zip_bytes / 1e6:.1f}", dense=f"{before.zip_bytes / 1e6:.1f}"))
    with weights:
        size = result.size
        left = 100 * size.prunable_nonzero / max(size.prunable, dense.size.prunable)  # removed ones count as gone
        metric(
            say("tile.weights"),
            f"{left:.0f} %",
            f"{size.nonzero - dense.size.nonzero:+,}",
            delta_color="off",
            delta_arrow="off",
        )
        st.caption(
            say(
                "tile.weights_note",
                macs=f"{size.macs / 1e6:,.0f}",
                dense=f"{dense.size.macs / 1e6:,.0f}",
                seq=size.seq,
            )
        )


def metric(label: str, value: str, delta: str | None = None, **settings: Any) -> None:
    """A figure with its difference, as this session's language writes numbers."""
    st.metric(label, local(value), delta and local(delta), **settings)


def _unread(result: Result) -> None:
    """How many texts were not read to their end, and how many outputs are no numbers; nothing where there are none."""
    quality, n = result.quality, result.quality.interval.n
    if quality.cut and quality.cut_at:
        st.caption(say("tile.cut_question", cut=quality.cut, n=n, tokens=quality.cut_at))
    elif quality.cut:
        st.caption(say("tile.cut", cut=quality.cut, n=n, tokens=result.spec.max_tokens))
    if quality.invalid:
        st.warning(say("tile.invalid", count=quality.invalid, n=n))


def accuracy_tile(label: str, value: float, versus: Comparison | None) -> None:
    """The leading figure with its points against dense: grey, without an arrow, where they are no more than chance."""
    if versus is None:
        metric(label, shown_score(value))
        return
    colour, arrow = ("normal", "auto") if versus.differs else ("off", "off")
    points = say("tile.points" if versus.differs else "tile.same_points", points=f"{100 * versus.delta:+.1f}")
    metric(label, shown_score(value), points, delta_color=colour, delta_arrow=arrow)


def spread(what: str, found: Spread) -> str:
    """How far the seeds of a recipe are apart, in words."""
    low, high = f"{found.low:.1f}", f"{found.high:.1f}"
    mean = f"{found.mean:.1f}" if what == "gain" else shown_score(found.mean / 100)
    return say(f"seeds.{what}", count=found.count, mean=mean, low=low, high=high)


def table(rows: Sequence[Mapping[str, object]], alt: str, **settings: Any) -> None:
    """A few rows whose words wrap, so that a phone shows them whole; where there are many they are scrolled.

    Columns that say nothing are left out. What stands in a cell is text: no Markdown of a sentence is obeyed.
    """
    told = [name for name in rows[0] if any(row[name] not in ("", None) for row in rows)]
    plain = [{name: literal(local(row[name])) for name in told} for row in rows]
    key = f"rows-{zlib.crc32(' '.join((alt, *told)).encode()):08x}"
    with st.container(key=key):
        if len(told) >= WIDE:
            st.html(_stacked(key, told))
        st.table(plain, height="content" if len(rows) <= FEW else TALL, hide_index=True, alt=alt, **settings)


def _stacked(key: str, names: Sequence[str]) -> str:
    """Rules for a phone: the cells of a row under one another, each after the name of its column."""
    rows = f".st-key-{key} table"
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]  # CSS knows no \u of JSON
    before = "".join(
        f"{rows} td:nth-of-type({place})::before{{content:{name}}}" for place, name in enumerate(quoted, 1)
    )
    return (
        f"<style>@media(max-width:640px){{{rows} thead{{display:none}}"
        f"{rows} :is(tbody,tr,td){{display:block;width:auto}}"
        f"{rows} tr{{padding:.4rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 25%,transparent)}}"
        f"{rows} td{{border:0!important;padding:.1rem .4rem!important}}"
        f"{rows} td::before{{display:block;font-size:.75rem;opacity:.75}}{before}}}</style>"
    )


def running(status: Status) -> None:
    """The tiles while a job runs: the running accuracy with its narrowing interval, or the stage's progress."""
    event = status.event
    accuracy, rest = st.columns([1, 3])
    with accuracy:
        if event.value is not None and event.low is not None and event.high is not None:
            metric(score("tile.accuracy_so_far"), shown_score(event.value))
            st.caption(
                say("tile.accuracy_note", low=f"{100 * event.low:.1f}", high=f"{100 * event.high:.1f}", n=event.done)
            )
        else:
            metric(score("tile.accuracy"), "…")
    with rest:
        progress(status)
        if status.restarts:
            st.caption(say("stage.restarted"))


def eta(seconds: float) -> str:
    """How long it will still take, in words."""
    if seconds > LONG_S:
        return say("stage.eta_minutes", minutes=math.ceil(seconds / 60))
    return say("stage.eta", seconds=f"{seconds:.0f}")


def progress(status: Status) -> None:
    """The bar of a job: its stage, how far that is, and the seconds left where they are known; where it waits, how many
    are before it, and about how long until it is done."""
    event, left = status.event, status.event.eta_s
    words = [say(f"stage.{event.stage}")]
    if status.state == "waiting":
        words += [say("queue.place", count=status.ahead)] if status.ahead else []
        left = status.wait_s
    if left is not None:
        words.append(eta(left))
    st.progress(event.done / event.total if event.total else 0.0, " · ".join(words))


def verdict(found: str) -> str:
    """A verdict of core.result in this session's language."""
    return say(f"verdict.{found.replace(' ', '_')}")


def _latency(speed: Speed | None, result: Result) -> None:
    if speed is None:
        metric(say("tile.latency"), "…")
        st.caption(say("tile.latency_missing"))
        return
    low, high = speed.interval
    metric(
        say("tile.latency"),
        f"{speed.median_ms:.1f} ms",
        f"{speed.speedup:.2f}x · {verdict(speed.verdict)}",
        delta_color="off",
        delta_arrow="off",
    )
    dense, runtime = f"{speed.dense_median_ms:.1f}", ran_in(result)
    note = say("tile.latency_note", dense=dense, low=f"{low:.2f}", high=f"{high:.2f}", runtime=runtime)
    notes = [note, badge(speed)]
    if speed.untrained:
        notes.append(say("tile.untrained"))
    if speed.busy:
        notes.append(say("tile.busy"))
    st.caption(" · ".join(notes))


def factor(speed: Speed | None) -> str:
    """ "2.58x [2.56, 2.61] faster"; "" where nothing was timed."""
    return "" if speed is None else f"{speedup(speed)} {verdict(speed.verdict)}"


def badge(figure: Measured) -> str:
    """ "measured here, 2026-11-28", or that it was recorded, on a machine of the same kind or on another one."""
    return ", ".join(filter(None, (_where(figure.environment), day(figure))))


def badges(figures: Sequence[Measured]) -> str:
    """The badge of several figures together, with the day where it is the same one."""
    places = dict.fromkeys(_where(figure.environment) for figure in figures)
    days = {day(figure) for figure in figures}
    return ", ".join(filter(None, (*places, days.pop() if len(days) == 1 else "")))


def _where(environment: Environment) -> str:
    return machines.called(environment.machine) if environment.is_browser else say(f"badge.{place(environment)}")


def paired(versus: Comparison) -> dict[str, str]:
    """A paired comparison as the words {change}, {low} and {high} of a text."""
    return {"change": change(versus), "low": f"{100 * versus.low:+.1f}", "high": f"{100 * versus.high:+.1f}"}


def change(versus: Comparison) -> str:
    """ "↓ -2.5 (p = 0.003)" in points; what may be chance has no arrow: "no difference shown (-0.5, p = 0.34)"."""
    points, p = f"{100 * versus.delta:+.1f}", p_value(versus.p)
    if not versus.differs:
        return say("tile.same", points=points, p=p)
    return str(local(f"{'↑' if versus.delta > 0 else '↓'} {points} ({p})"))


def shown_change(versus: Comparison) -> Marked:
    """The same in colour; grey where it may be chance."""
    colour = "gray" if not versus.differs else "green" if versus.delta > 0 else "red"
    return Marked(f":{colour}[{literal(change(versus))}]")
