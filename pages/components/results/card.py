"""The card of a stored result, drawn: its sections with figures and tables, how to load it, and files to keep."""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from core import model_card, summary
from core.choice import speed_of
from core.engine import card
from core.figures.card import figures, plots
from core.left import read
from core.model_card import Section, Table
from core.result import Result
from core.spec import recipe
from pages.components.frame.sidebar import Chosen
from pages.components.results.points import Point, chosen, select
from pages.components.widgets import charts, tiles
from pages.components.widgets.session import store
from pages.components.widgets.text import literal, say, told

LOAD = """from core.models.find import resolve
from core.models.load import load

loaded = load(resolve("FOLDER"))  # loaded.model, loaded.tokenizer"""


def pick(found: Sequence[Point]) -> Point:
    """A choice among the stored results, whose key a link carries; first the one that was clicked on another page, or
    one that tells of its matrices."""
    telling = next((point for point in found if read(point.result.facts)), found[0])
    first = chosen(found) or telling
    return select("card", say("card.result"), found, first.result.key)


def show(point: Point, dense: Result, choice: Chosen) -> None:
    """All of it: the figures that count, the sections, the lines that load it, and files to take away."""
    result = point.result
    sections = model_card.sections(result, dense, summary.stored_seeds(result.spec, store().read))
    drawn = figures(result, sections, told)
    tiles.tiles(result, dense, point.speed or speed_of(result))
    for section in sections:
        st.markdown(f"#### {literal(section.title)}")
        if section.lines:
            st.markdown("\n".join(f"- {literal(line)}" for line in section.lines))
        if section.figure:
            alt = say(f"card.alt_{section.figure}")
            charts.show(drawn[section.figure], key=section.figure, config={"displayModeBar": False}, alt=alt)
        if section.table and section.figure:
            with st.expander(say("card.as_table")):
                _table(section, section.table)
        elif section.table:
            _table(section, section.table)
    if not read(result.facts):
        st.caption(say("card.no_matrices"))
    _load(result, choice)
    _take(result, sections)


def _table(section: Section, table: Table) -> None:
    names = [told_or(name) for name in table.header]
    rows = [dict(zip(names, map(told_or, row), strict=True)) for row in table.rows]
    tiles.table(rows, told(section.title))


def told_or(what: model_card.Said) -> str:
    """Words in the reader's language; what is no sentence as it is."""
    return what if isinstance(what, str) else told(what)


def _load(result: Result, choice: Chosen) -> None:
    st.markdown(f"#### {say('card.load')}")
    spec = dataclasses.replace(result.spec, model=choice.dense.model)
    st.markdown(say("card.load_text"))
    st.code(card.export_command(spec, choice.origin, "hf"), language="bash", wrap_lines=True)
    st.code(LOAD, language="python")


def _take(result: Result, sections: Sequence[Section]) -> None:
    """The card as the files that an export has beside the model, which are in English."""
    words = f"# {recipe(result.spec)}\n\n{model_card.markdown(sections)}"
    with st.container(horizontal=True):
        st.download_button(say("card.markdown"), words, card.README, "text/markdown")
        st.download_button(say("card.plots"), lambda: plots(result, sections), card.PLOTS, "text/html")
