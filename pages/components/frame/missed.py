"""What a link asks for and is not here: said above the page, which shows what is usual in its place."""

from streamlit.delta_generator import DeltaGenerator

from pages.components.widgets import links
from pages.components.widgets.text import literal, say

LONG = 60  # characters of a value that are repeated


def show(place: DeltaGenerator) -> None:
    """What was missed since this was called last."""
    for name, text in links.missed().items():
        place.info(say("link.missed", name=literal(name), text=literal(text[:LONG])))
