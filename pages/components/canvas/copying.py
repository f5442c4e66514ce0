"""A button that copies the page's address, in which its state stands."""

from __future__ import annotations

from collections.abc import Mapping

from pages.components.canvas.component import component

TEXTS = ("copy", "copied")


def copy_button(text: Mapping[str, str], *, key: str) -> None:
    """Mount it; text: the words of TEXTS."""
    component("copying", ("copying",))(key=key, data={"text": dict(text)})
