"""A lesson on the wall: no sidebar, large letters, one thing at a time; the arrow keys go on and back."""

import streamlit as st


def dress() -> None:
    """The rules of the presenter's view, on Streamlit's stable test ids only."""
    text = "[data-testid=stMain] :is(p,li,label p)"
    rules = (
        "[data-testid=stSidebar],[data-testid=stHeader],[data-testid=stExpandSidebarButton]{display:none}",
        "[data-testid=stMainBlockContainer]{padding-top:2.5rem;max-width:80rem}",
        f"{text}{{font-size:1.9rem;line-height:1.5}}",
        "[data-testid=stMain] h3{font-size:3.2rem}",
        "[data-testid=stMain] [data-testid=stCaptionContainer] p{font-size:1.3rem}",
        "[data-testid=stMain] button p{font-size:1.6rem}",
    )
    st.html(f"<style>{''.join(rules)}</style>")
