"""Ranges on several figures: which points they leave, where a figure is missing, and what the component is given."""

import json

import pytest

from pages.components.canvas.axes import Axis
from pages.components.widgets.text import catalogue
from tests.support.app import page, stored

pytestmark = pytest.mark.usefixtures("fresh_server")


def test_a_range_leaves_what_lies_in_it_and_what_has_no_figure_lies_in_none():
    axis = Axis("MB", [10.0, 15.0, 20.0, None])
    assert not axis.log and [axis.share(value) for value in (10, 15, 20)] == [0, 0.5, 1]
    assert axis.inside((0.0, 0.5)) == [True, True, False, False] and axis.inside((0.0, 1.0)) == [True] * 3 + [False]


def test_an_axis_is_logarithmic_where_it_is_wide():
    axis = Axis("ms", [1.0, 10.0, 100.0])
    assert axis.log and axis.share(10.0) == pytest.approx(0.5)
    assert Axis("s", [0.0, 10.0, 100.0]).log is False and Axis("x", [3.0, 3.0]).share(3.0) == 0.5


@pytest.mark.parametrize("lang", ["en", "es"])
def test_tradeoffs_draw_a_line_for_each_result(lang):
    stored({0: (0.9, 36), 0.3: (0.88, 30), 0.7: (0.6, 20)})
    at, words = page("tradeoffs", lang=lang), catalogue(lang)
    (data,) = [json.loads(one.proto.json) for one in at.main.get("bidi_component") if "axes" in one.proto.json]
    assert [axis["name"] for axis in data["axes"]] == [words["curve.y"], "MB"]  # the others are all alike
    assert data["axes"][0]["values"] == [90.0, 88.0, 60.0] and data["axes"][1]["shown"] == ["24", "40"]
    assert data["text"]["hint"] == words["axes.hint"] and len(at.dataframe[0].value) == 3
