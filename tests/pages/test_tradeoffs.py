"""Trade-offs from the entry point, without a browser: the pick, the limits of the axes, and the chosen point."""

import dataclasses
import io
import json
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.engine import floor
from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import default_store
from core.environment import here
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
    for least, most, pick in ((85, None, light), (None, 22, small), (60, 29, small), (85, 25, ""), (95, None, "")):
        at.number_input(key="at_least").set_value(least)
        at.number_input(key="at_most_zip_mb").set_value(most)
        sound(at.run())
        assert texts(at.success) == ([words["tradeoffs.pick"].format(words=pick)] if pick else [])
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
    name, csv = files[-1]
    assert name == "bonsai-reviews.csv"
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(csv)), table, check_dtype=False)


def scatter_of(at: AppTest) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    return traces


def test_every_axis_keeps_its_own_limit_and_the_link_says_of_which_it_is() -> None:
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs", axis="ms")
    at.number_input(key="at_most_ms").set_value(10.0).run()
    at.segmented_control(key="axis").set_value("mb").run()
    assert sound(at).number_input(key="at_most_mb").value is None
    at.number_input(key="at_most_mb").set_value(50.0).run()
    at.segmented_control(key="axis").set_value("ms").run()
    assert sound(at).number_input(key="at_most_ms").value == 10.0
    at.segmented_control(key="axis").set_value("mb").run()
    assert sound(at).number_input(key="at_most_mb").value == 50.0
    again = page("tradeoffs", axis="ms", at_most_ms="4", at_most_mb="9")
    assert again.number_input(key="at_most_ms").value == 4.0


@pytest.mark.parametrize(("told", "value"), [("10", 10.0), ("x", None), ("nan", None), ("-3", None)])
def test_a_limit_of_an_older_link_is_that_of_the_axis_it_shows(told: str, value: float | None) -> None:
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs", axis="ms", at_most=told)
    assert at.number_input(key="at_most_ms").value == value and "at_most" not in at.query_params
    at.segmented_control(key="axis").set_value("mb").run()
    assert sound(at).number_input(key="at_most_mb").value is None


def test_a_chosen_point_stays_with_its_ring_until_it_is_closed() -> None:
    _, light, dull = stored({0: (0.9, 36), 0.3: (0.88, 30), 0.5: (0.6, 28)})
    words, key = catalogue("en"), curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.5).key
    at = page("tradeoffs", point=key)
    assert [trace["x"] for trace in scatter_of(at) if trace.get("marker", {}).get("size") == 22] == [[28.0]]
    assert any(text.startswith(f"**{dull}**") for text in texts(at.markdown)) and len(at.code) == 1
    at.number_input(key="at_least").set_value(85.0)
    sound(at.run())
    assert texts(at.success) == [words["tradeoffs.pick"].format(words=light)]
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
    assert any(f"{below} of these 3 results lie there" in text for text in texts(at.caption))
