"""Figures, tables and words as one HTML file with everything in it, on white."""

import html
import json
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.figures.style import COLOURS, INK, PAPER, QUIET

# what a browser of the dashboard puts in the place of the stand-ins, on white: those of .streamlit/config.toml
ON_WHITE = dict(
    zip(
        (*COLOURS, INK, QUIET, PAPER),
        ("#1B4F9C", "#B03A0C", "#00805F", "#D0709F", "#3A97CC", "#BD8600", "#111714", "#59615D", "#FFFFFF"),
        strict=True,
    )
)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#111714;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.85rem;display:block;overflow:auto;max-height:80vh}"
    "th,td{border-bottom:1px solid #d9ddda;padding:.25rem .6rem;text-align:left;vertical-align:top}"
    "svg{max-width:100%;height:auto}"
)


def document(title: str, parts: Sequence[str], language: str = "en") -> str:
    """A whole page of these pieces of HTML under a title."""
    head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{html.escape(title)}</title>'
    view = '<meta name="viewport" content="width=device-width">'
    return f"{head}{view}<style>{STYLE}</style><body><h1>{html.escape(title)}</h1>{''.join(parts)}</body></html>\n"


def heading(text: str) -> str:
    """The title of a part."""
    return f"<h2>{html.escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Words; lines stay lines."""
    return f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """A table of rows with equal keys; "" without any."""
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = (
        "".join(f"<td>{html.escape('' if cell is None else str(cell))}</td>" for cell in row.values()) for row in rows
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{cells}</tr>' for cells in body)}</table>"


def figure(drawn: go.Figure, first: bool) -> str:
    """A figure that answers to the pointer; the first one of a page brings the library."""
    words = drawn.to_json()
    for stand_in, colour in ON_WHITE.items():
        words = words.replace(f'"{stand_in}"', f'"{colour}"')
    fixed = go.Figure(json.loads(words))
    return str(fixed.to_html(full_html=False, include_plotlyjs=first, config={"displaylogo": False}))
