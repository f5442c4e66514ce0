"""The card of a stored result: figures, sections, both plots and the lines that load it, in both languages."""

import dataclasses

import pytest

from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.tasks.task import Origin
from core.techniques import parse_step
from pages.components.widgets import tiles
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import cells, numbers, page, sound, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
STEP = "structured:keep_macs=0.4"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A tiny model, and a function that measures it on Reviews after some steps."""
    folder = tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert()))

    def measure(*steps):
        origin, store = Origin("reviews"), default_store()
        result = run(make_spec(folder, origin, [*map(parse_step, steps)]), origin, store)
        store.write(dataclasses.replace(result, speeds=(tiny.speed((5.0,) * 9, (10.0,) * 9),)))
        return store.read(result.key)

    return folder, measure


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_card_has_its_sections_and_both_plots(own, lang):
    folder, measure = own
    result, words = measure(STEP), catalogue(lang)
    at = sound(page("card", task="reviews", model=folder, lang=lang))
    said = texts(at.markdown)
    titles = {"en": ("In short", "Heads of each layer"), "es": ("En breve", "Cabezas de cada capa")}[lang]
    assert all(f"#### {title}" in said for title in (*titles, words["card.load"]))
    assert len(at.get("plotly_chart")) == 2 and len(at.metric) >= 4
    assert any(numbers("2.00x", lang) in text for text in said) and any(STEP in one.value for one in at.code)
    assert at.selectbox(key="card").value == result.key
    assert len(at.get("download_button")) == 2
    tables = [cells(table) for table in at.table]
    header = {"en": "heads left", "es": "cabezas que quedan"}[lang]
    (heads,) = [table for table in tables if header in table]
    assert [int(count) for count in heads[header]] == result.facts["heads"]


def test_a_link_names_the_result_and_one_from_before_says_what_is_missing(own):
    folder, measure = own
    first, second = measure(STEP), measure("magnitude:amount=0.5")
    older = dataclasses.replace(second, facts={})
    default_store().write(older)
    at = sound(page("card", task="reviews", model=folder, card=second.key))
    assert at.selectbox(key="card").value == second.key != first.key
    assert catalogue("en")["card.no_matrices"] in texts(at.caption) and not at.get("plotly_chart")


def test_without_a_result_it_says_how_to_get_one(own):
    folder, _ = own
    at = sound(page("card", task="reviews", model=folder))
    assert catalogue("en")["card.empty"] in texts(at.markdown)


def test_names_of_columns_stand_on_a_phone_as_they_are_written():
    assert '::before{content:"métrica"}' in tiles._stacked("k", ["métrica"])
