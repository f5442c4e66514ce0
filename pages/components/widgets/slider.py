"""The slider's position: one for all pages, in the link, and as it stood when the page was opened."""

import streamlit as st

from pages.components.widgets import links

DEFAULT = 30
POSITIONS = tuple(map(str, range(101)))  # as links have them


def start(page: str) -> int:
    """At the top of a page: the position so far, or the link's."""
    asked = "".join(links.asked("amount")[-1:])
    if asked and asked not in POSITIONS and "amount" not in st.session_state:
        links.miss("amount", asked)
    amount = int(st.session_state.setdefault("amount", from_link(asked)))
    st.query_params["amount"] = str(amount)
    if st.session_state.get("last_page") != page or "first_amount" not in st.session_state:
        # what a drawing starts from stays in its bytes, so that no release sends them anew
        st.session_state["first_amount"] = amount
    return amount


def released(component: str) -> None:
    """When a drawing's slider is let go: keep the position, and put it into the link."""
    st.session_state["amount"] = int(st.session_state[component]["amount"])
    st.query_params["amount"] = str(st.session_state["amount"])


def component(name: str) -> str:
    """The key of a drawing with a slider of its own: another one after each `move`, which it is mounted anew for."""
    return f"{name}-{st.session_state.get('moves', 0)}"


def move(amount: int) -> None:
    """In a callback: go to a position that no slider was moved to."""
    for name, new in (("amount", amount), ("first_amount", amount), ("moves", st.session_state.get("moves", 0) + 1)):
        st.session_state[name] = new
    st.query_params["amount"] = str(amount)


def slider(label: str, most: int) -> int:
    """The position as an ordinary slider, for pages whose drawing is not redrawn in the browser."""
    key = f"level-{most}"  # with another end it is another slider to Streamlit, which would begin at 0
    level = min(int(st.session_state["amount"]), most)
    if st.session_state.get(key) != level:  # else each rerun would put the handle back where it was a key ago
        st.session_state[key] = level
    st.slider(label, 0, most, key=key, on_change=_moved, args=(key,))
    return int(st.session_state[key])


def _moved(key: str) -> None:
    st.session_state["amount"] = st.session_state[key]
    st.query_params["amount"] = str(st.session_state["amount"])
    begin_here()


def begin_here() -> None:
    """Where no drawing holds the position: the next one starts from it, not from where the page was opened."""
    if "amount" in st.session_state:
        st.session_state["first_amount"] = st.session_state["amount"]


def first() -> int:
    """The position when the page was opened, or its drawing begun."""
    return int(st.session_state["first_amount"])


def from_link(text: str) -> int:
    """The percent in a link, 30 where it has none or one that is not 0 to 100."""
    return int(text) if text in POSITIONS else DEFAULT
