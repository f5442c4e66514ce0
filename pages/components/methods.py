"""The choice of a pruning method and of the matrices it touches: the same on every page that slides."""

import streamlit as st

from core.methods import SLIDER, removes
from pages.components import links
from pages.components.words import say

LAYERS = ("encoder", "all")


def choose() -> tuple[str, str]:
    """Two controls in a row; returns the method and which matrices."""
    method_column, layers_column = st.columns([7, 2.6], vertical_alignment="bottom")
    links.before("method", SLIDER)
    method_column.segmented_control(
        say("slide.method"),
        SLIDER,
        format_func=lambda name: say(f"method.{name}"),
        required=True,
        key="method",
        persist_state="session",
        help=say("slide.method_help"),
    )
    method = links.after("method", SLIDER)
    links.before("layers", LAYERS)
    layers_column.segmented_control(
        say("slide.layers"),
        LAYERS,
        format_func=lambda name: say(f"slide.layers_{name}"),
        required=True,
        key="layers",
        persist_state="session",
        disabled=removes(method),  # heads and neurons are the encoder's
    )
    return method, links.after("layers", LAYERS)
