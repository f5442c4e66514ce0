""" "So good at least, so many milliseconds and megabytes at most": each limit in its own unit, and the answer."""

import math
from collections.abc import Sequence

import streamlit as st

from core.budget import GOALS, MS, Answer, Budget, answer, options
from core.engine import choose
from core.metrics import ACCURACY
from core.result import Result
from pages.components.results.points import Point
from pages.components.widgets import empty, links
from pages.components.widgets.text import leading, literal, say, score_axis, sentence

NUMBERS = ("at_least", "at_most_ms", "at_most_mb")
SURE = ("no", "yes")


def ask(dense: Result | None) -> Budget:
    """What is asked for, kept over pages and in the link; dense: what is asked for would be a little less than it."""
    places = st.columns(3, vertical_alignment="bottom")
    usual, example = leading() == ACCURACY, None
    if dense is not None:
        example = say("tradeoffs.example", value=math.floor(100 * dense.quality.interval.value) - 1)
    label = say("tradeoffs.at_least") if usual else say("tradeoffs.at_least_of", metric=score_axis("curve.y"))
    least = links.number("at_least", label, 0.0, 100.0, place=places[0], step=0.5, placeholder=example)
    ms = links.number("at_most_ms", say("tradeoffs.at_most_ms"), 0.0, None, place=places[1])
    mb = links.number("at_most_mb", say("tradeoffs.at_most_mb"), 0.0, None, place=places[2])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        goal = links.choose("goal", GOALS, say("tradeoffs.goal"), lambda name: say(f"goal.{name}"))
        sure = links.choose("sure", SURE, say("tradeoffs.sure"), lambda name: say(f"sure.{name}"))
    return Budget(None if least is None else least / 100, ms, mb, goal, sure == "yes")


def lines(budget: Budget, axis: str) -> tuple[float | None, float | None]:
    """Where the limits lie on the chart: the one of this axis, and that of quality in percent."""
    most = {MS: budget.ms, "mb": budget.mb}.get(axis)
    return most, None if budget.quality is None else 100 * budget.quality


def answered(points: Sequence[Point], budget: Budget, machine: str) -> Answer | None:
    """What fits of the points; None where nothing is asked. machine: whose times count, "" the usual one."""
    return answer(options([point.result for point in points], machine), budget) if budget.limits else None


def show(found: Answer | None, budget: Budget, points: Sequence[Point], machine: str) -> None:
    """The answer in sentences, the pick first; where nothing fits, a way out. machine: whose times count."""
    if found is None:
        return
    times = choose.about_times([point.result for point in points], found, budget, machine)
    words = [*choose.sentences(found, budget, leading()), *times]
    first, *others = (literal(sentence(one)) for one in words)
    if found.pick is None:
        empty.show("pick", " ".join((first, *others)), empty.Way(say("tradeoffs.loosen"), loosen))
        return
    st.success(first)
    st.caption("  \n".join(others))


def loosen() -> None:
    """In a callback: ask for nothing."""
    for name in NUMBERS:
        st.session_state[name] = None
