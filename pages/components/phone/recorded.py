"""What was recorded of browsers beforehand: the same models in Chromium and natively, one after the other."""

import functools
import json
from typing import Any

import streamlit as st

from core import paths
from pages.components.widgets import charts
from pages.components.widgets.text import say

RECORD = paths.ASSETS / "browser.json"  # written by `python -m core bench web`


def show() -> None:
    """A table behind a heading that opens it."""
    found = _read()
    with st.expander(say("phone.recorded")):
        about = {name: found[name] for name in ("task", "chromium", "machine")}
        st.caption(say("phone.recorded_where", **about, when=found["measured_at"][:10]))
        charts.table(rows(found), say("phone.recorded"), "browser")
        st.caption(say("phone.recorded_why"))


@functools.cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf8"))
    return found


def rows(found: dict[str, Any]) -> list[dict[str, object]]:
    """A row for each length and model; a gain is against fp32 in the same runtime."""
    return [
        {
            say("phone.tokens"): int(tokens),
            say("table.recipe"): say(f"phone.recorded_{name}"),
            say("phone.browser_ms"): round(one["web_ms"], 1),
            say("phone.native_ms"): round(one["native_ms"], 1),
            say("phone.browser_gain"): "{:.2f}x [{:.2f}, {:.2f}]".format(*one["faster_than_fp32"]),
            say("phone.native_gain"): f"{one['native_faster_than_fp32']:.2f}x",
        }
        for tokens, models in found["times"].items()
        for name, one in models.items()
    ]
