"""A text box that says what was typed at each pause, without Enter."""

from __future__ import annotations

from pages.components.canvas.component import component

MOST = 20_000  # characters


def typed(label: str, text: str, *, key: str, fresh: int) -> str:
    """Mount it and return its text; fresh: another number puts `text` in place of what was typed."""
    data = {"label": label, "text": text, "most": MOST, "fresh": fresh}
    found = component("typing", ("typing",))(key=key, data=data, default={"text": text}, on_text_change=lambda: None)
    return str(found.text or "")
