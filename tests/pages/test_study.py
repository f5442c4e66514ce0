"""What one takes away from Trade-offs and Compare: pages that need nothing else, tables for people and programs."""

import json
from typing import Any

import pytest
import streamlit as st

from core.engine.store import default_store
from core.environment import here
from pages.components.results import study
from pages.components.widgets.text import catalogue
from tests.support.app import page, stored

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The files of a page by their names, as a click would get them."""
    files: dict[str, Any] = {}

    def offer(label: str, data: Any, name: str, mime: str) -> None:
        files[name] = data

    monkeypatch.setattr(st, "download_button", offer)
    return files


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_study_has_every_result_with_its_recipe_and_machine(lang: str, taken: dict[str, Any]) -> None:
    titles, words = stored({0: (0.9, 36), 0.3: (0.88, 30), 0.7: (0.6, 33)}), catalogue(lang)
    page("tradeoffs", lang=lang)
    whole = taken["bonsai-reviews.html"]()
    keys = [result.key for result in default_store().all()]
    assert len(keys) == 3 and all(key in whole for key in keys)
    assert f'lang="{lang}"' in whole and "magnitude:amount=0.3" in whole and here().machine in whole
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="bonsai"' in whole and "Plotly.newPlot" in whole
    assert all(f"<h2>{words[f'study.{name}']}</h2>" in whole for name in ("tree", "scatter", "results", "machine"))
    front = taken["bonsai-reviews.md"]
    assert words["study.front"] in front and front.count("\n|") == 4  # header, rule, and the two that no other beats
    assert (titles[1] in front) == (lang == "en")
    programs = json.loads(taken["bonsai-reviews.json"]())
    assert {one["key"] for one in programs} == set(keys)
    assert {round(one["quality"]["value"], 2) for one in programs} == {0.9, 0.88, 0.6}


def test_a_comparison_has_its_verdict_recipes_and_figures(taken: dict[str, Any]) -> None:
    stored({0: (0.9, 36), 0.7: (0.5, 20)})
    keys = {result.quality.interval.value: result.key for result in default_store().all()}
    page("compare", a=keys[0.9], b=keys[0.5])
    whole = taken["bonsai-reviews-comparison.html"]()
    assert "↓ -40.0 (p &lt; 0.001)" in whole and ":red[" not in whole
    assert "python -m core run --model demo --task reviews --step magnitude:amount=0.7" in whole
    assert catalogue("en")["compare.recipe"] in whole and here().machine in whole


def test_files_are_put_together_when_they_are_asked_for(taken: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stored({0: (0.9, 36), 0.7: (0.5, 20)})
    made: list[str] = []
    monkeypatch.setattr(study.document, "document", lambda title, *rest: made.append(title) or title)
    page("tradeoffs")
    assert made == [] and taken["bonsai-reviews.html"]() == made[0]


def test_the_study_and_the_front_have_the_times(taken: dict[str, Any]) -> None:
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    page("tradeoffs")
    assert "<td>2.0</td>" in taken["bonsai-reviews.html"]()  # every one takes 2 ms
    assert taken["bonsai-reviews.md"].count("| 2.0 |") == 2
