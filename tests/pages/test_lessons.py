"""The lessons on their page: predicted, done, revealed, counted in the room; and the words of the field."""

import dataclasses

import pytest
import streamlit as st

from core import lessons
from core.engine import lesson_figures
from core.engine.lesson_figures import Found
from core.engine.run import recorded_spec
from core.engine.store import default_store
from pages.components.lessons import glossary, progress, votes
from pages.components.widgets import classroom
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import BROWSER, page, sound, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
VALUES = dict.fromkeys(
    ("speedup", "low", "high", "ms", "dense_ms", "accuracy", "dense", "points", "share", "embeddings_mb", "total_mb"),
    1.0,
)
VALUES |= dict.fromkeys(("attention_mb", "ffn_mb", "layers", "heads", "mb", "dense_mb", "a", "b", "worst"), 2.0)
VALUES |= {"p": "p = 0.50"}


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Every figure is 1, which in the lesson of zeros is the first choice."""
    st.cache_resource.clear()
    monkeypatch.setattr(lesson_figures, "reveal", lambda figure, task, store: Found(1.0, VALUES))


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reader_predicts_does_and_compares(language):
    words, lesson = catalogue(language), lessons.lessons()[1]
    at = page("lessons", lesson="zeros", lang=language)
    said = lesson.words[language]
    assert said["title"] in texts(at.subheader) and f"**{said['question']}**" in texts(at.markdown)
    assert at.button(key="predict").disabled and said["do"] not in texts(at.markdown)
    at.session_state["pick-zeros"] = 2
    if language == "es":  # AppTest cannot run a page in another language a second time
        return
    at.run()
    sound(at.button(key="predict").click().run())
    assert words["lessons.yours"].format(choice=lesson.choices[2].words[language]) in texts(at.caption)
    assert said["do"] in texts(at.markdown) and not [one for one in texts(at.markdown) if one.startswith("**1.00x")]
    assert at.query_params["guess"] in ("2", ["2"])
    sound(at.button(key="reveal").click().run())
    right = lesson.choices[0].words[language]
    assert words["lessons.wrong"].format(right=right) in texts(at.markdown)
    assert said["why"].format(**VALUES) in texts(at.markdown)
    assert at.query_params["done"] in ("zeros", ["zeros"])
    sound(at.button(key="next").click().run())
    assert lessons.lessons()[2].words[language]["title"] in texts(at.subheader)
    assert at.query_params["lesson"] in ("noise", ["noise"])


def test_a_link_reopens_a_lesson_where_it_was():
    at = page("lessons", lesson="zeros", guess="1", done="parts")
    assert any(one.key == "reveal" for one in at.button)
    at = page("lessons", lesson="zeros", guess="0", done="parts,zeros")
    right = lessons.lessons()[1].choices[0].words["en"]
    assert catalogue("en")["lessons.right"].format(right=right) in texts(at.markdown)
    sound(at.button(key="again").click().run())
    assert any(one.key == "predict" for one in at.button) and at.query_params["done"] in ("parts", ["parts"])


@pytest.mark.parametrize("odd", ["9", "-1", "x", "\u00b2", ""])
def test_an_odd_guess_is_none(odd):
    assert any(one.key == "predict" for one in page("lessons", lesson="zeros", guess=odd).button)
    assert any(one.key == "predict" for one in page("lessons", lesson="nothing", done=f"{odd},zeros").button)


def test_the_class_is_counted_and_shown_after_the_reveal():
    for number, place in enumerate((0, 0, 3, 1)):
        votes.votes().cast("zeros", f"{number}" * 32, place)
    words = catalogue("en")
    at = page("lessons", lesson="zeros", present="1")
    assert words["lessons.votes"].format(count=4) in texts(at.caption) and not at.get("progress")
    sound(at.button(key="skip").click().run())
    sound(at.button(key="reveal").click().run())
    bars = [(bar.proto.value, bar.proto.text) for bar in at.get("progress")]
    assert [value for value, _ in bars] == [50, 25, 0, 25]
    assert [words["lessons.measured_one"] in text for _, text in bars] == [True, False, False, False]
    assert BROWSER not in str(bars)
    at.button(key="clear").click().run()
    assert votes.votes().counts("zeros").total() == 0


def test_a_vote_counts_once_and_the_room_has_an_end(monkeypatch):
    found = votes.Votes()
    monkeypatch.setattr(votes, "MOST", 2)
    for browser, place in (("a", 0), ("a", 1), ("b", 1), ("c", 0), ("b", 0)):
        found.cast("x", browser, place)
    assert found.counts("x") == {1: 1, 0: 1}


def test_a_vote_after_the_reveal_is_none():
    found = votes.Votes()
    found.cast("x", "a", 0)
    found.reveal("x", "a")
    found.cast("x", "a", 1)  # who has seen it begins once more
    found.cast("x", "b", 1)
    assert found.counts("x") == {0: 1, 1: 1}
    found.reveal("x", votes.ALL)  # on the wall
    found.cast("x", "c", 1)
    found.cast("y", "c", 1)
    assert found.counts("x") == {0: 1, 1: 1} and found.counts("y") == {1: 1}
    found.clear("x")
    found.cast("x", "c", 1)
    assert found.counts("x") == {1: 1}


@pytest.mark.parametrize("teaches", [True, False])
def test_in_a_class_only_the_teacher_reveals_for_all_and_clears(monkeypatch, teaches):
    """Anybody may open the view for the wall."""
    monkeypatch.setattr(classroom, "ON", True)
    monkeypatch.setattr(classroom, "has_teacher", lambda: teaches)
    votes.votes().cast("zeros", "1" * 32, 0)
    at = page("lessons", lesson="zeros", present="1")
    sound(at.button(key="skip").click().run())
    sound(at.button(key="reveal").click().run())
    assert any(one.key == "clear" for one in at.button) is teaches
    votes.votes().cast("zeros", "2" * 32, 1)
    assert votes.votes().counts("zeros").total() == (1 if teaches else 2)


def test_a_broken_file_is_named_and_the_others_stay(monkeypatch):
    monkeypatch.setattr("core.lessons.broken", lambda: ("13-mine.json is no lesson: it needs a text",))
    at = page("lessons")
    assert any("13" in text and "no lesson" in text for text in texts(at.warning)) and len(at.selectbox) >= 1


def test_a_lesson_whose_figure_is_not_stored_says_so(monkeypatch):
    monkeypatch.setattr(lesson_figures, "reveal", lambda figure, task, store: None)
    assert catalogue("en")["lessons.missing"] in texts(page("lessons").markdown)


def test_a_lesson_in_one_language_only_is_shown_in_that(monkeypatch):
    whole = lessons.lessons()[1]
    one = dataclasses.replace(whole, words={"es": whole.words["es"]}, next="")
    monkeypatch.setattr(progress, "lessons", lambda: (one,))
    assert one.words["es"]["title"] in texts(page("lessons", lesson="zeros").subheader)


@pytest.mark.parametrize("language", ["en", "es"])
def test_words_are_found_and_stand_under_the_pages(language):
    entries = glossary.entries(language)
    assert {one.id for one in entries} >= {"mac", "fisher", "wanda", "taylor", "qkvo", "p", "interval"}
    at = page("glossary", lang=language, word="wanda")
    assert [text for text in texts(at.markdown) if "Wanda" in text] and len(at.markdown) < 4
    at.text_input(key="search").set_value("zzz").run()
    assert catalogue(language)["glossary.none"].format(searched="zzz") in texts(at.caption)
    at.text_input(key="search").set_value("").run()
    assert len([text for text in texts(at.markdown) if text.startswith("**") and "\n" in text]) == len(entries)
    links = [one.proto for one in page("slide", lang=language).get("page_link")]
    told = {one.label: one.help for one in links if one.help}
    assert told == {one.term: one.text for one in entries if "slide" in one.pages}


def test_a_lessons_page_opens_as_its_link_says_and_leads_back() -> None:
    """Whatever was chosen before: the figures are those of the lesson's own task, method and position."""
    default_store().write(tiny.result(recorded_spec("demo", "sst2")))
    chosen = {"task": "reviews", "method": "wanda", "amount": "40", "layers": "all"}
    at = page("lessons", lesson="zeros", guess="0", done="parts", **chosen)
    assert at.button(key="do").label.endswith("Slide")
    at.button(key="do").click().run()
    sound(at)
    held_by = [at.session_state[key] for key in ("task", "method", "amount", "layers")]
    assert held_by == ["sst2", "l1-layer", 90, "encoder"]
    words = catalogue("en")
    title = next(one for one in lessons.lessons() if one.id == "zeros").words["en"]["title"]
    back = words["lessons.back"].format(title=title)
    assert back in [link.proto.label for link in at.get("page_link")]
    at.switch_page("pages/lessons.py").run()
    assert at.session_state["kept-lesson"] == "zeros" and at.session_state["kept-done"] == ["parts"]
