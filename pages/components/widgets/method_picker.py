"""The choice of a pruning method and of the matrices it touches: the same on every page that slides."""

import streamlit as st

from core.engine.recipes import chooses_matrices, sliding
from pages.components.widgets import links
from pages.components.widgets.text import say, say_or

LAYERS = ("encoder", "all")


def choose() -> tuple[str, str]:
    """Two controls in a row; returns the method and which matrices."""
    method_column, layers_column = st.columns([7, 2.6], vertical_alignment="bottom")
    method = links.choose(
        "method",
        sliding(),
        say("slide.method"),
        lambda name: say_or(f"method.{name}", name),
        place=method_column,
        help=say("slide.method_help"),
    )
    layers = links.choose(
        "layers",
        LAYERS,
        say("slide.layers"),
        lambda name: say(f"slide.layers_{name}"),
        place=layers_column,
        disabled=not chooses_matrices(method),
    )
    return method, layers
