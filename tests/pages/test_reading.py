"""Questions about passages on the pages: what was asked, the passage about the answer, and F1 on every axis."""

import dataclasses
from pathlib import Path

import pytest

from core.engine.recipes import curve_spec
from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.tasks import load_task
from core.tasks.questions import Question
from core.tasks.task import Origin
from pages.components.widgets.answers import cell, shown
from pages.components.widgets.text import catalogue
from tests.support import tiny, tiny_qa, tiny_squad
from tests.support.app import cells, page, sound, texts

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny model that reads, and questions where the pages find them."""
    monkeypatch.setenv("BONSAI_DATA", tiny_squad.folder(tmp_path / "squad", train=12, dev=10))
    return tiny.folder(tmp_path / "reader", tiny_qa.model())


def test_a_long_passage_is_shown_about_its_answer() -> None:
    passage = " ".join(f"word{n}" for n in range(100))
    place = passage.index("word50")
    text = shown(Question("Which?", ((place, "word50"),), "which", passage, "q"))
    assert text.startswith("Which? / … word") and text.endswith(" …") and "word50" in text and len(text) < 220
    assert shown(Question("Why?", (), "why", "Short.", "q")) == "Why? / Short."


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("task", ["squad", "squad-1000"])
def test_start_and_slide_show_questions_and_f1(reader: str, lang: str, task: str) -> None:
    words, origin, store = catalogue(lang), Origin(task), default_store()
    dense = make_spec(reader, origin)
    before = run(dense, origin, store)
    spec = curve_spec(dense, "l1-layer", 0.8)
    timed = (tiny.speed((9.0,) * 9, (9.0,) * 9),)
    store.write(dataclasses.replace(run(spec, origin, store), speeds=timed))
    store.write(dataclasses.replace(before, speeds=timed))
    at = page("start", task=task, model=reader, lang=lang)
    table = cells(at.table[-1])
    example = load_task(origin).validation[0]
    assert table[words["measured.question"]][0] == shown(example)
    assert table[words["measured.right"]][0] == cell(load_task(origin), example, example.truths[0])
    at = sound(page("slide", task=task, model=reader, amount="80", lang=lang))
    assert at.metric[0].label == words["metric.mean F1"]
    assert any(one.startswith(f"{words['metric.exact answer']}: ") for one in texts(at.caption))


def test_a_classifier_is_offered_a_head_for_reading(reader: str) -> None:
    at = page("start", task="squad", model="demo")
    words = catalogue("en")
    assert words["offer.no_head"].format(model="demo") in texts(at.markdown)
    assert any(one.label == words["offer.start"].format(task="squad") for one in at.button)
