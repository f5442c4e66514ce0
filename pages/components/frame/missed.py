"""What a link asks for and is not here: said above the page, which shows what is usual in its place."""

from streamlit.delta_generator import DeltaGenerator

from pages.components.widgets import links, tiles
from pages.components.widgets.text import say

LONG = 60  # characters of a value that are repeated


def show(place: DeltaGenerator) -> None:
    """What was missed since this was called last."""
    for name, text in links.missed().items():
        place.info(say("link.missed", name=tiles.literal(name), text=tiles.literal(text[:LONG])))
