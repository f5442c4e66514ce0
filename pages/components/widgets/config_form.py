"""The fields of a technique as widgets, drawn from its Config: what a field is decides what it looks like."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.config import increment, kind
from core.spec import Step
from core.techniques import TECHNIQUES
from core.training.loop import FIELDS as TRAINING
from pages.components.widgets.text import say, say_or

ACROSS = 3
LONGEST = 200  # characters of a text


def names(technique: str) -> list[str]:
    """The fields of a technique."""
    return [field.name for field in dataclasses.fields(TECHNIQUES[technique].config)]


def label(technique: str, name: str) -> str:
    """What a field is called."""
    return say_or(f"field.{_words(technique, name)}", name)


def _words(technique: str, name: str) -> str:
    """Under which its words are: what every training has is called the same in all of them."""
    return name if name in TRAINING else f"{technique}_{name}"


def draw(step: Step, key: str, only: Sequence[str] | None = None, across: int = ACROSS) -> str:
    """A widget for each field, which starts as the step says; the step that they hold, as the command line writes it.

    key: what the widgets' keys begin with, "KEY-FIELD". only: these fields, where it is not all. across: how many
    stand beside each other.
    """
    values = {}
    every = [one for one in dataclasses.fields(TECHNIQUES[step.technique].config) if only is None or one.name in only]
    for start in range(0, len(every), across):
        row = every[start : start + across]
        for column, field in zip(st.columns(across, vertical_alignment="bottom"), row, strict=False):
            with column:
                values[field.name] = _widget(field, step, f"{key}-{field.name}")
    text = ",".join(f"{name}={_written(value)}" for name, value in values.items() if value is not None)
    return f"{step.technique}:{text}"


def folded(step: Step, key: str, first: Sequence[str], more: str, across: int = ACROSS) -> str:
    """As `draw`, these fields open and the others in an expander that is called `more`."""
    shown = draw(step, key, first, across)
    with st.expander(more):
        rest = draw(step, key, [name for name in names(step.technique) if name not in first])
    return f"{shown},{rest.partition(':')[2]}"


def _widget(field: dataclasses.Field[Any], step: Step, key: str) -> Any:
    meta = field.metadata
    what = say_or(f"help.{_words(step.technique, field.name)}", meta["help"])
    about: dict[str, Any] = {"key": key, "help": f"`{field.name}`: {what}{_range(field)}"}
    called = label(step.technique, field.name)
    if key not in st.session_state:
        st.session_state[key] = getattr(step.config, field.name)
    if kind(field) is bool:
        return st.toggle(called, **about)
    if meta["choices"]:
        return st.selectbox(called, meta["choices"], **about)
    if kind(field) is str:
        return st.text_input(called, max_chars=LONGEST, **about)
    number = kind(field)
    if field.default is None:
        about |= {"value": None, "placeholder": say("recipe.none")}
    return st.number_input(
        called,
        number(meta["minimum"]),
        None if meta["maximum"] is None else number(meta["maximum"]),
        step=number(increment(field)),
        format="%d" if number is int else "%g",
        **about,
    )


def _range(field: dataclasses.Field[Any]) -> str:
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    if low is None:
        return ""
    return f" (≥ {low:g})" if high is None else f" ({low:g} – {high:g})"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
