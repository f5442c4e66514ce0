"""The choice of a pruning method and of the matrices it touches: the same on every page that slides."""

import streamlit as st

from core.engine.recipes import SLIDER, removes
from pages.components.widgets import links
from pages.components.widgets.text import say

LAYERS = ("encoder", "all")


def choose() -> tuple[str, str]:
    """Two controls in a row; returns the method and which matrices."""
    method_column, layers_column = st.columns([7, 2.6], vertical_alignment="bottom")
    method = links.choose(
        "method",
        SLIDER,
        say("slide.method"),
        lambda name: say(f"method.{name}"),
        place=method_column,
        help=say("slide.method_help"),
    )
    layers = links.choose(
        "layers",
        LAYERS,
        say("slide.layers"),
        lambda name: say(f"slide.layers_{name}"),
        place=layers_column,
        disabled=removes(method),  # heads and neurons are the encoder's
    )
    return method, layers
