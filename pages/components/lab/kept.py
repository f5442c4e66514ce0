"""What the cache holds that can be computed again, with its limit, and the button that empties it."""

import streamlit as st

from core import visitors
from core.engine import room
from pages.components.widgets import classroom, tiles
from pages.components.widgets.text import say


def show() -> None:
    """The sizes by kind; only the teacher empties what many share."""
    if visitors.PUBLIC and not classroom.has_teacher():
        return
    opened = st.expander(say("kept.title"), key="kept", on_change="rerun")
    if not opened.open:
        return
    with opened:
        found = room.things()
        total, limit = sum(thing.bytes for thing in found) / 1e9, room.limit_bytes() / 1e9
        st.markdown(say("kept.text", total=f"{total:.2f}", limit=f"{limit:g}"))
        if found:
            sizes = room.used(found)
            rows = [
                {say("kept.what"): say(f"kept.{kind}"), "MB": f"{sizes[kind] / 1e6:,.1f}"}
                for kind in room.KINDS
                if kind in sizes
            ]
            tiles.table(rows, say("kept.title"))
            st.button(say("kept.empty"), icon=":material/delete:", on_click=_empty)


def _empty() -> None:
    freed = room.make_room(0)
    st.toast(say("kept.freed", mb=f"{freed / 1e6:,.0f}"))
