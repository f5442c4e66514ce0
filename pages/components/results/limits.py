""" "At least so much accuracy, at most this cost": a limit for each axis, kept over pages and in the link."""

import math

import streamlit as st

from core.metrics import ACCURACY
from core.result import Result
from pages.components.widgets import links
from pages.components.widgets.text import leading, say, score_axis


def ask(axis: str, dense: Result | None) -> tuple[float | None, float | None]:
    """Percent at least and cost at most; None where nothing is asked. What was asked of another axis stays there.

    dense: what is asked for would be a little less than its figure.
    """
    key = f"at_most_{axis}"
    _from_older_link(key)
    left, right = st.columns(2, vertical_alignment="bottom")
    usual, example = leading() == ACCURACY, None
    if dense is not None:
        example = say("tradeoffs.example", value=math.floor(100 * dense.quality.interval.value) - 1)
    label = say("tradeoffs.at_least") if usual else say("tradeoffs.at_least_of", metric=score_axis("curve.y"))
    at_least = links.number("at_least", label, 0.0, 100.0, place=left, step=0.5, placeholder=example)
    at_most = links.number(key, say("tradeoffs.at_most", axis=say(f"axis.{axis}")), 0.0, None, place=right)
    return at_least, at_most


def loosen(axis: str) -> None:
    """In a callback: ask for nothing of this axis."""
    st.session_state["at_least"] = st.session_state[f"at_most_{axis}"] = None


def _from_older_link(key: str) -> None:
    """An "at_most" that does not say of which axis it is means the one that the link shows."""
    told = st.query_params.get("at_most")
    if told is None:
        return
    del st.query_params["at_most"]
    try:
        value = float(told)
    except ValueError:
        return
    if math.isfinite(value) and value >= 0 and st.session_state.get(key) is None:
        st.session_state[key] = value
