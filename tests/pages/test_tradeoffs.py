"""Trade-offs from the entry point, without a browser: the pick, the limits of the axes, and the chosen point."""

import dataclasses
import io
import json
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import published
from core.engine import floor
from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import default_store
from core.environment import here
from core.published import Published
from core.tasks import load_task
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, page, sound, stored, texts, ways

pytestmark = pytest.mark.usefixtures("fresh_server")

RUN = "python -m core run --model demo --task reviews"
REST = "criterion=l1,scope=layer,layers=encoder"  # of a step, as the command line has it


def test_tradeoffs_name_the_pick_and_the_table_is_the_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    monkeypatch.setattr(st, "download_button", lambda label, data, name, mime: files.append((name, data)))
    words = catalogue("en")
    _, light, dull, small = stored({0: (0.9, 36), 0.3: (0.88, 30), 0.5: (0.6, 28), 0.7: (0.7, 20)})
    amounts = {light: 0.3, small: 0.7}
    at = page("tradeoffs")
    assert texts(at.success) == ways(at, "pick") == []
    at.segmented_control(key="goal").set_value("smallest").run()
    for least, most, pick in ((85, None, light), (None, 26, small), (60, 33, small), (85, 29, ""), (95, None, "")):
        at.number_input(key="at_least").set_value(least)
        at.number_input(key="at_most_mb").set_value(most)
        sound(at.run())
        assert [text.partition(":")[0] for text in texts(at.success)] == ([f"Take {pick}"] if pick else [])
        lines = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"].get("shapes", [])
        assert [line["y0"] for line in lines] == ([least] if least else [])  # the axis is that of zipped MB
        assert ways(at, "pick") == ([] if pick else [words["tradeoffs.loosen"]])
        chart = [trace for trace in scatter_of(at) if trace["mode"] == "markers"]
        rings = [trace["x"] for trace in chart if trace["marker"].get("size") == 22]
        assert rings == ([[{light: 30.0, small: 20.0}[pick]]] if pick else [])
        commands = [f"{RUN} --step magnitude:amount={amounts[pick]},{REST}"] if pick else []
        assert [c.value for c in at.code] == commands
    symbols = [one for trace in chart if "customdata" in trace for one in trace["marker"]["symbol"]]
    assert sorted(symbols) == ["circle"] * 3 + ["circle-open"]  # only `dull` is beaten in both
    table = at.dataframe[0].value
    assert list(table[words["table.recipe"]]) == ["Dense", light, dull, small]
    assert list(table[words["table.zip"]]) == [36, 30, 28, 20]
    csv = dict(files)["bonsai-reviews.csv"]
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(csv), encoding="utf-8-sig"), table, check_dtype=False)


def scatter_of(at: AppTest) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    return traces


def test_three_limits_hold_at_once_on_every_axis_and_stand_in_the_link() -> None:
    _, light, _ = stored({0: (0.9, 36), 0.3: (0.88, 30), 0.5: (0.6, 28)})
    at = page("tradeoffs", axis="ms", at_least="85", at_most_ms="4", at_most_mb="34", goal="most accurate", sure="no")
    assert [at.number_input(key=name).value for name in ("at_least", "at_most_ms", "at_most_mb")] == [85.0, 4.0, 34.0]
    (taken,) = texts(at.success)
    assert taken.startswith(f"Take {light}: 88.0 % [")
    lines = json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["shapes"]
    assert [(line.get("x0"), line.get("y0")) for line in lines] == [(4.0, 0), (0, 85.0)]
    keeps = next(text for text in texts(at.caption) if "keeps a better one away" in text)
    assert "is the limit of at most 34.0 MB. With at most 40.0 MB: dense: 90.0 %" in keeps
    at.segmented_control(key="axis").set_value("zip_mb").run()
    assert texts(sound(at).success) == [taken] and at.query_params["at_most_mb"] in ("34", ["34"])
    at.segmented_control(key="sure").set_value("yes").run()  # 88 of 100 may be 80
    assert texts(sound(at).success) == [] and ways(at, "pick") == [catalogue("en")["tradeoffs.loosen"]]
    at.button(key="empty-pick-0").click().run()
    assert at.number_input(key="at_most_mb").value is None and "at_most_mb" not in sound(at).query_params


@pytest.mark.parametrize("told", ["x", "nan", "-3"])
def test_a_limit_of_a_link_that_is_none_asks_for_nothing(told: str) -> None:
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs", at_most_ms=told)
    assert at.number_input(key="at_most_ms").value is None and texts(at.success) == []


def test_from_a_point_to_its_recipe_in_the_lab() -> None:
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs", at_least="85", goal="smallest")
    at.button(key="to-lab").click().run()
    assert [row.text for row in at.session_state["recipe"]] == [f"magnitude:amount=0.3,{REST}"]
    assert (at.session_state["runtime"], at.session_state["seed"], at.session_state["format"]) == ("torch", 0, "hf")


def test_a_chosen_point_stays_with_its_ring_until_it_is_closed() -> None:
    _, light, dull = stored({0: (0.9, 36), 0.3: (0.88, 30), 0.5: (0.6, 28)})
    words, key = catalogue("en"), curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.5).key
    at = page("tradeoffs", point=key)
    assert [trace["x"] for trace in scatter_of(at) if trace.get("marker", {}).get("size") == 22] == [[28.0]]
    assert any(text.startswith(f"**{dull}**") for text in texts(at.markdown)) and len(at.code) == 1
    at.number_input(key="at_least").set_value(85.0)
    at.segmented_control(key="goal").set_value("smallest")
    sound(at.run())
    assert texts(at.success)[0].startswith(f"Take {light}:")
    at.segmented_control(key="axis").set_value("mb").run()
    assert any(text.startswith(f"**{dull}**") for text in texts(sound(at).markdown))
    assert at.query_params["point"] in (key, [key])
    at.segmented_control(key="axis").set_value("zip_mb").run()
    at.button(key="close").click().run()
    assert "point" not in sound(at).query_params
    assert any(text.startswith(f"**{light}**") for text in texts(at.markdown))  # what was asked for is still named
    at.number_input(key="at_least").set_value(None)
    sound(at.run())
    assert len(at.code) == 0 and words["tradeoffs.click"].format(metric="accuracy") in texts(at.caption)


def test_a_link_to_a_point_that_is_not_stored_chooses_none() -> None:
    stored({0: (0.9, 36)})
    at = page("tradeoffs", point="nothing")
    assert (
        catalogue("en")["tradeoffs.click"].format(metric="accuracy") in texts(at.caption)
        and "point" not in at.query_params
    )


def test_times_of_several_machines_are_shown_one_machine_at_a_time() -> None:
    words = catalogue("en")
    dense = make_spec("demo", REVIEWS)
    far = dataclasses.replace(here(), machine="a far machine")
    for amount, speeds in (
        (0, (tiny.speed((4.0,) * 9, (4.0,) * 9, environment=far),)),
        (0.3, (tiny.speed((3.0,) * 9, (4.0,) * 9, environment=far), tiny.speed((9.0,) * 9, (9.0,) * 9))),
    ):
        default_store().write(tiny.result(curve_spec(dense, "l1-layer", amount), speeds=speeds))
    at = page("tradeoffs", axis="ms")
    box = at.selectbox(key="machine")
    assert box.options == ["2 on a far machine", f"1 on {words['tradeoffs.own']}"]
    assert list(at.dataframe[0].value["ms"]) == [4.0, 3.0]
    box.select_index(1).run()
    assert list(sound(at).dataframe[0].value["ms"]) == [9.0]
    assert words["tradeoffs.elsewhere"].format(count=1) in texts(at.caption)
    at.segmented_control(key="axis").set_value("mb").run()
    assert len(sound(at).dataframe[0].value) == 2 and "machine" not in [one.key for one in at.selectbox]


def test_the_floor_is_a_line_and_a_sentence_that_counts_what_lies_below() -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30), 0.9: (0.5, 20)})
    words = catalogue("en")
    chart = json.loads(page("tradeoffs").get("plotly_chart")[0].proto.spec)
    assert "shapes" not in chart["layout"]  # nothing was measured yet
    task = load_task(REVIEWS)
    found = floor.keep(task, default_store())
    assert found is not None
    at = page("tradeoffs")
    chart = json.loads(at.get("plotly_chart")[0].proto.spec)
    (line,) = chart["layout"]["shapes"]
    assert line["y0"] == line["y1"] == pytest.approx(100 * found.quality.interval.value)
    assert words["floor.name"] in [one["text"] for one in chart["layout"]["annotations"]]
    below = sum(value < found.quality.interval.value for value in (0.9, 0.8, 0.5))
    assert any(f"{below} of all 3 results lie there" in text for text in texts(at.caption))


def test_published_figures_stand_on_the_axis_of_time_with_their_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "of", lambda task: (Published(task, "Other", 0.95, 2.0, "Somebody 2020", 0.96),))
    words = catalogue("en")
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs", axis="ms")
    (trace,) = [one for one in scatter_of(at) if one.get("name") == words["published.name"]]
    assert trace["x"] == [1.0] and trace["y"] == [95.0]  # dense takes 2 ms
    assert "Somebody 2020" in "".join(str(one.value) for one in at.table)
    assert words["published.name"] not in [one.get("name") for one in scatter_of(page("tradeoffs", axis="zip_mb"))]
