"""Numbers in Spanish: a decimal comma, thin spaces between thousands, intervals told apart; no name changes."""

import plotly.graph_objects as go
import pytest
import streamlit as st

from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import default_store
from core.errors import ConfigError
from pages.components.widgets import charts, text
from pages.components.widgets.figures import THIN, shown, spanish
from tests.support import tiny
from tests.support.app import REVIEWS, page, texts


@pytest.mark.parametrize(
    ("english", "written"),
    [
        ("86.8 %", "86,8 %"),
        ("-1.7 · p = 0.08", "-1,7 · p = 0,08"),
        ("95 %: [83.9, 89.3], n = 600", "95 %: [83,9; 89,3], n = 600"),
        ("**2.58x [2.56, 2.61]**", "**2,58x [2,56; 2,61]**"),
        ("1,435", "1435"),
        ("-3,185,047", f"-3{THIN}185{THIN}047"),
        ("10,570", f"10{THIN}570"),
        ("p < 0.001", "p < 0,001"),
    ],
)
def test_numbers_are_written_as_in_spanish(english, written):
    assert spanish(english) == written and shown(english, "es") == written and shown(english, "en") == english
    assert spanish(written) == written  # twice is once


@pytest.mark.parametrize(
    "name",
    [
        "2.13.0",
        "torch 2.13.0+cpu",
        "bert-1.5",
        "model-1.5.json",
        "magnitude:amount=0.5",
        "v1.5",
        "a/1.5",
        "2026-11-30",
        "5",
    ],
)
def test_what_is_no_number_stays(name):
    assert spanish(name) == name


def test_a_format_writes_its_numbers_too():
    assert "{x:.2f} de {n:,}".format(x=shown(3.14159, "es"), n=shown(1234567, "es")) == f"3,14 de 1{THIN}234{THIN}567"
    assert shown(True, "es") is True and shown(None, "es") is None


def test_an_error_and_a_chart_speak_the_language(monkeypatch):
    monkeypatch.setattr(text, "current", lambda: "es")
    monkeypatch.setattr(charts, "current", lambda: "es")
    assert text.told(ConfigError("{a:.1f} and {b}", a=0.5, b="x-0.5")) == "0,5 and x-0.5"
    drawn = []
    monkeypatch.setattr(st, "plotly_chart", lambda figure, **settings: drawn.append(figure))
    charts.show(go.Figure())
    assert drawn[0].layout.separators == f",{THIN}"


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize(("language", "file"), [("en", "0.0 MB"), ("es", "0,0 MB")])
def test_the_tiles_of_a_page(language, file):
    dense = make_spec("demo", REVIEWS)
    speed = tiny.speed((2.0,) * 9, (4.5,) * 9)
    for spec in (dense, curve_spec(dense, "l1-layer", 0.3)):
        default_store().write(tiny.result(spec, speeds=(speed,)))
    at = page("slide", amount="30", lang=language)
    values = {metric.value for metric in at.metric}
    comma = "," if language == "es" else "."
    assert {file, f"75{comma}0 %", f"2{comma}0 ms"} <= values
    assert any(f"2{comma}25x" in metric.delta for metric in at.metric)
    assert any("75.0" in one for one in texts(at.caption)) is False or language == "en"
    assert any(f"p = 1{comma}00" in one for one in texts(at.caption))


def test_what_a_chart_says_of_a_point_and_its_table_speak_it_too(monkeypatch):
    drawn, tables = [], []
    monkeypatch.setattr(charts, "current", lambda: "es")
    monkeypatch.setattr(st, "plotly_chart", drawn.append)
    monkeypatch.setattr(st, "dataframe", lambda frame, **settings: tables.append((frame, settings["column_config"])))
    dots = go.Scatter(x=[1.5], y=[2], text=["86.8 % [83.9, 89.3]"], customdata=[["0.5 ms", "bert-1.5", 1.5]])
    figure = go.Figure([dots, go.Heatmap(z=[[1]], text=[["1.5"]])])
    figure.add_annotation(text="dense 94.5 %")
    charts.show(figure)
    first, second = drawn[0].data
    assert list(first.text) == ["86,8 % [83,9; 89,3]"] and list(first.customdata[0]) == ["0,5 ms", "bert-1.5", 1.5]
    assert second.text[0][0] == "1,5" and drawn[0].layout.annotations[0].text == "dense 94,5 %"
    charts.table([{"receta": "86.8 %", "ms": 1.5}], "alt")
    (frame, columns), (row,) = tables[0], tables[0][0].to_dict("records")
    assert row == {"receta": "86,8 %", "ms": 1.5} and list(columns) == ["ms"] and frame["ms"].dtype == float


def test_a_figure_that_is_shared_is_written_once(monkeypatch):
    monkeypatch.setattr(charts, "current", lambda: "es")
    figure = charts.written(go.Figure(go.Scatter(text=["86.8 %"])))
    figure.data[0].text = ["0.5 ms"]
    assert charts.written(figure) is figure and list(figure.data[0].text) == ["0.5 ms"]
