"""A page with everything in it: words are words, figures answer offline, colours are those on white."""

import re

import plotly.graph_objects as go

from core.figures.document import ON_WHITE, document, figure, heading, paragraph, table
from core.figures.style import COLOURS


def test_a_page_holds_its_parts_and_asks_nobody():
    drawn = go.Figure(data=[{"type": "scatter", "x": [1], "y": [2], "marker": {"color": COLOURS[0]}}])
    page = document("a < b", [heading("<i>"), paragraph("one\n<two>"), figure(drawn, True), figure(drawn, False)], "es")
    assert page.startswith('<!doctype html><html lang="es">') and "<title>a &lt; b</title>" in page
    assert "<h2>&lt;i&gt;</h2>" in page and "<p>one<br>&lt;two&gt;</p>" in page
    assert not re.findall(r"<(?:script|link|img)[^>]*\b(?:src|href)=", page)
    plots = re.findall(r"Plotly\.newPlot\(", page)
    assert len(plots) >= 2 and page.count("plotly.js v") == 1
    assert ON_WHITE[COLOURS[0]] in page and f'"{COLOURS[0]}"' not in figure(drawn, False)


def test_a_table_has_its_names_once_and_no_markup_of_its_cells():
    text = table([{"a": "<b>", "c": None}, {"a": 2, "c": "&"}])
    assert text == (
        "<table><tr><th>a</th><th>c</th></tr><tr><td>&lt;b&gt;</td><td></td></tr><tr><td>2</td><td>&amp;</td></tr></table>"
    )
    assert table([]) == ""
