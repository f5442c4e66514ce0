"""A figure of Plotly's on a page: its numbers as this session's language writes them."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.components.widgets.figures import THIN
from pages.components.widgets.text import current

SEPARATORS = {"es": f",{THIN}"}


def show(figure: go.Figure, *, place: Any = st, **settings: Any) -> Any:
    """Draw it; settings are those of st.plotly_chart, whose answer is returned."""
    separators = SEPARATORS.get(current())
    if separators:
        figure.update_layout(separators=separators)
    return place.plotly_chart(figure, **settings)
