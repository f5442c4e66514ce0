"""Figures of Plotly's and tables on a page: their numbers as this session's language writes them."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.components.widgets import spreadsheet
from pages.components.widgets.figures import THIN, spanish
from pages.components.widgets.text import current, say

SEPARATORS = {"es": f",{THIN}"}
WORDS = ("text", "customdata", "hovertext", "hovertemplate")  # of a trace


def show(figure: go.Figure, *, place: Any = st, **settings: Any) -> Any:
    """Draw it; settings are those of st.plotly_chart, whose answer is returned."""
    return place.plotly_chart(written(figure), **settings)


def written(figure: go.Figure) -> go.Figure:
    """The same with its numbers in this session's language; one that has them is left alone, so that sessions of one
    language may share it."""
    separators = SEPARATORS.get(current())
    if separators and figure.layout.separators != separators:
        figure.update_layout(separators=separators)
        for trace in figure.data:
            trace.update({name: _spanish(trace[name]) for name in WORDS if name in trace and trace[name] is not None})
        figure.for_each_annotation(lambda one: one.update(text=_spanish(one.text)))
    return figure


def table(rows: pd.DataFrame | Sequence[dict[str, Any]], alt: str, file: str = "") -> None:
    """A figure's twin in words and numbers, which can be sorted; file: what it is called as CSV, "" where the page has
    a button for it. Streamlit's own is not shown: its cells may be formulas."""
    frame, columns = pd.DataFrame(rows), {}
    take = functools.partial(spreadsheet.csv, frame)
    if current() in SEPARATORS:
        columns = {name: st.column_config.NumberColumn(format="localized") for name in frame.select_dtypes("number")}
        frame = frame.map(_spanish)
    st.dataframe(frame, hide_index=True, placeholder="", alt=alt, column_config=columns)
    if file:
        st.download_button(say("table.csv"), take, f"bonsai-{file}.csv", "text/csv", key=f"csv-{file}", type="tertiary")


def _spanish(value: Any) -> Any:
    """The words among values however deep."""
    if isinstance(value, str):
        return spanish(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return [_spanish(one) for one in value] if isinstance(value, list | tuple) else value
