"""The tree of all results, whose leaves answer to the pointer in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pages.components.canvas.component import component

if TYPE_CHECKING:
    from streamlit.components.v2.bidi_component import ComponentResult

TEXTS = ("label", "hint", "take")  # take: {form}


def tree_view(
    svg: str, name: str, text: Mapping[str, str], small: bool, *, key: str, on_leaf: Callable[[], None]
) -> ComponentResult:
    """Mount the picture of core.figures.tree; name: of the files it is saved as, without an ending. small: without its
    legend and buttons.

    `on_leaf` runs before the script does when a leaf was chosen, whose key is then the state's `leaf`.
    """
    data = {"svg": svg, "name": name, "text": dict(text), "small": small}
    return component("tree", ("tree",))(key=key, data=data, on_leaf_change=on_leaf)
