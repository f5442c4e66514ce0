"""Figures of a position that the slider has left: greyed by the canvas' script until those of the new one are here."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

FIGURES, MORE = "figures", "more-figures"  # keys of the containers, which Streamlit turns into st-key-... classes
STYLE = """<style>
[data-bonsai-stale] :is(.st-key-figures, .st-key-more-figures) { opacity: .35; filter: grayscale(1); }
[data-bonsai-stale] .st-key-figures::before { content: var(--bonsai-stale); font-weight: 600; }
</style>"""


def figures(amount: int) -> DeltaGenerator:
    """The container for the figures of a position; it says to the canvas' script which one that is."""
    place = st.container(key=FIGURES)
    place.html(f"{STYLE}<i data-bonsai-figures='{amount}' hidden></i>")
    return place


def more_figures() -> DeltaGenerator:
    """Another container that is greyed with them."""
    return st.container(key=MORE)
