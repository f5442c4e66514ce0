"""The words of the field: a page of them, and under each page those that stand on it, explained at the pointer."""

import json
from dataclasses import dataclass
from functools import cache

import streamlit as st

from core import paths
from pages.components.widgets.text import current, literal, say

WORD = "word"  # in the link


@dataclass(frozen=True)
class Entry:
    """A word in one language, and the pages on which it stands."""

    id: str
    term: str
    text: str
    pages: tuple[str, ...]


@cache
def entries(language: str) -> tuple[Entry, ...]:
    """Every word of assets/glossary.json, in the order of that language's letters."""
    values = json.loads((paths.ASSETS / "glossary.json").read_text(encoding="utf8"))
    found = (Entry(one["id"], one[language]["term"], one[language]["text"], tuple(one["pages"])) for one in values)
    return tuple(sorted(found, key=lambda entry: entry.term.casefold()))


def under(page: str) -> None:
    """The words of a page, each explained where the pointer or the keyboard stands on it."""
    words = [entry for entry in entries(current()) if (page or "start") in entry.pages]
    if not words:
        return
    with st.container(horizontal=True, key="words", vertical_alignment="center"):
        st.caption(say("glossary.words"))
        for entry in words:
            st.page_link("pages/glossary.py", label=entry.term, help=entry.text, query_params={WORD: entry.id})


def show(searched: str) -> None:
    """All words, or those that hold what is searched."""
    wanted = searched.casefold()
    found = [one for one in entries(current()) if wanted in f"{one.id} {one.term} {one.text}".casefold()]
    if not found:
        st.caption(say("glossary.none", searched=literal(searched)))
    for entry in found:
        st.markdown(f"**{literal(entry.term)}**  \n{literal(entry.text)}")
