"""A recipe as a form: steps drawn from the registry, in the order in which they are done, kept in the link."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.engine import recipes
from core.engine.run import check_order
from core.errors import ConfigError
from core.runtimes import formats
from core.spec import Spec, Step, describe
from core.techniques import TECHNIQUES, parse_step, quantize
from pages.components.widgets import config_form, empty, links
from pages.components.widgets.empty import Way
from pages.components.widgets.text import literal, say, say_or

MOST = 12
MANY, OPEN = 9, 6  # fields of a step
ROWS, WRONG, COUNT = "recipe", "recipe_wrong", "recipe_count"  # in the session


@dataclass(frozen=True)
class Row:
    """A step of the form: a number of its own, and the step as the command line writes it."""

    number: int
    text: str


def form() -> tuple[Step, ...] | None:
    """Draw the recipe; its steps, or None where a field or the order is not allowed, which is said there."""
    rows = _rows()
    if st.session_state.get(WRONG):
        st.error(say("recipe.wrong_link", why=literal(st.session_state[WRONG])))
    if not rows:
        empty.show("recipe", say("recipe.empty"), Way(say("recipe.start"), _start))
    steps = [_card(place, row) for place, row in enumerate(rows)]
    _adding(len(rows))
    st.session_state[ROWS] = [
        row if step is None else Row(row.number, describe(step)) for row, step in zip(rows, steps, strict=True)
    ]
    whole = tuple(step for step in steps if step is not None)
    if len(whole) < len(steps):
        return None
    if not st.session_state.get(WRONG):
        _into_link([describe(step) for step in whole])
    try:
        check_order(whole)
    except ConfigError as error:
        st.error(literal(error))
        return None
    return whole


def put(steps: Sequence[Step]) -> None:
    """Make these steps the recipe."""
    first = st.session_state.get(COUNT, 0)
    st.session_state[COUNT] = first + len(steps)
    st.session_state[ROWS] = [Row(first + place, describe(step)) for place, step in enumerate(steps)]
    st.session_state[WRONG] = ""


def open_in_lab(spec: Spec) -> None:
    """Go to the Lab with the recipe of a result."""
    take(spec)
    links.go("pages/lab.py")


def take(spec: Spec) -> None:
    """Before its controls are drawn: make it the Lab's, in its runtime, and the format in which it is taken home."""
    put(spec.steps)
    forms = [form for form, runtime in formats().items() if runtime.name == spec.runtime]
    for key, chosen in (("runtime", spec.runtime), ("seed", spec.seed), *(("format", form) for form in forms[:1])):
        links.put(key, chosen)


def _start() -> None:
    """In a callback: two steps that many take, in the runtime that gains most by the second."""
    put((recipes.step("structured", 0.5), Step("quantize", quantize.Config())))
    st.session_state["runtime"] = "onnx"


def _rows() -> list[Row]:
    """The recipe of the session, or of the link that opened it."""
    if ROWS not in st.session_state:
        texts = links.asked("step")
        try:
            if len(texts) > MOST:
                raise ConfigError(say("recipe.too_many", most=MOST, count=len(texts)))
            put([parse_step(text) for text in texts])
        except ConfigError as error:
            put(())
            st.session_state[WRONG] = error.words
    rows: list[Row] = st.session_state[ROWS]
    return rows


def _into_link(texts: list[str]) -> None:
    if not texts:
        st.query_params.pop("step", None)
    elif st.query_params.get_all("step") != texts:
        st.query_params["step"] = texts


def _card(place: int, row: Row) -> Step | None:
    """A step with its fields and what can be done with it."""
    step = parse_step(row.text)
    with st.container(border=True):
        name, buttons = st.columns([7, 3], vertical_alignment="center")
        name.markdown(f"**{place + 1} · {step.technique}** · {_title(step.technique)}")
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            if place:
                _button("up", ":material/arrow_upward:", row)
            _button("remove", ":material/close:", row)
        text = _fields(step, f"step-{row.number}")
        try:
            # the link has six digits of a number, so the recipe has them too
            return parse_step(describe(parse_step(text)))
        except ConfigError as error:
            st.error(literal(error))
            return None


def _fields(step: Step, key: str) -> str:
    """The step that its widgets hold; of many fields the first ones stand open, the others are a click away."""
    names = config_form.names(step.technique)
    return (
        config_form.draw(step, key)
        if len(names) <= MANY
        else config_form.folded(step, key, names[:OPEN], say("recipe.more"))
    )


def _button(what: str, icon: str, row: Row) -> None:
    change = _up if what == "up" else _remove
    key = f"{what}-{row.number}"
    st.button(
        say(f"recipe.{what}"),
        key=key,
        icon=icon,
        type="tertiary",
        on_click=change,
        args=[row.number],
        width="content",
    )


def _adding(count: int) -> None:
    which, add = st.columns([3, 1], vertical_alignment="bottom")
    which.selectbox(
        say("recipe.technique"),
        list(TECHNIQUES),
        format_func=lambda name: f"{name}: {_title(name)}",
        key="technique",
        disabled=count >= MOST,
    )
    add.button(
        say("recipe.add"), key="add-step", icon=":material/add:", on_click=_add, disabled=count >= MOST, width="stretch"
    )


def _title(technique: str) -> str:
    return say_or(f"technique.{technique}", TECHNIQUES[technique].title)


def _add() -> None:
    rows = st.session_state[ROWS]
    number = st.session_state[COUNT]
    st.session_state[COUNT] = number + 1
    _change([*rows, Row(number, describe(parse_step(st.session_state["technique"])))])


def _remove(number: int) -> None:
    _change([row for row in st.session_state[ROWS] if row.number != number])


def _up(number: int) -> None:
    rows = list(st.session_state[ROWS])
    place = next(place for place, row in enumerate(rows) if row.number == number)
    rows[place - 1 : place + 1] = [rows[place], rows[place - 1]]
    _change(rows)


def _change(rows: list[Row]) -> None:
    st.session_state[ROWS], st.session_state[WRONG] = rows, ""
