"""The task of entities on the pages: its model follows the task, answers are spans in colour and by name."""

import dataclasses
from pathlib import Path

import pytest

from core.engine.recipes import curve_spec
from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.models import find
from core.tasks import load_task
from core.tasks.task import Origin
from pages.components.widgets.answers import cell
from pages.components.widgets.text import Marked, catalogue, literal
from tests.support import heads, tiny
from tests.support.app import button, page, sound, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
ENTITIES = Origin("entities")


@pytest.fixture(autouse=True)
def tagger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped model of entities is a tiny one."""
    folder = Path(tiny.folder(tmp_path / "tagger", heads.model("token", load_task(ENTITIES).labels)))
    monkeypatch.setattr(find, "DEMO_ENTITIES", folder)


def test_the_model_follows_the_task_and_back() -> None:
    at = page("start", task="reviews")
    assert at.session_state["model"] == "demo"
    at.selectbox(key="task").set_value("entities")
    at = sound(at.run())
    assert at.session_state["model"] == "demo-entities" and at.session_state["chosen"].dense.metric == "micro-F1"
    at.selectbox(key="task").set_value("reviews")
    assert sound(at.run()).session_state["model"] == "demo"


def test_a_link_with_a_model_that_does_not_know_the_task_leads_to_the_one_that_does() -> None:
    words = catalogue("en")
    at = sound(page("slide", task="entities", model="demo"))
    assert words["offer.no_head"].format(model="demo") in texts(at.markdown)
    use = button(at, words["offer.ready"].format(model="demo-entities"))
    assert sound(use.click().run()).session_state["model"] == "demo-entities"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_changed_answers_are_spans_in_colour_and_named(lang: str) -> None:
    words, dense = catalogue(lang), make_spec("demo-entities", ENTITIES)
    store = default_store()
    before = run(dense, ENTITIES, store)
    spec = curve_spec(dense, "l1-layer", 0.3)
    timed = (tiny.speed((9.0,) * 9, (9.0,) * 9),)
    store.write(dataclasses.replace(run(spec, ENTITIES, store), speeds=timed))
    store.write(dataclasses.replace(before, speeds=timed))
    at = sound(page("slide", task="entities", model="demo-entities", amount="30", lang=lang))
    assert at.metric[0].label == words["metric.micro-F1"]
    title = words["metric.micro-F1"]
    assert words["curve.title"].format(metric=title[:1].upper() + title[1:]) in texts(at.subheader)
    at = sound(page("start", task="entities", model="demo-entities", lang=lang))
    assert words["kind.PER"] in str(at.table[0].value)
    at = sound(page("tradeoffs", task="entities", model="demo-entities", lang=lang))
    wanted = words["tradeoffs.at_least_of"].format(metric=f"{words['metric.micro-F1']} (%)")
    assert wanted in [one.label for one in at.number_input]


def test_a_cell_names_each_span() -> None:
    task = load_task(ENTITIES)
    example = next(e for e in task.validation if task.right(e).count(";") == 2)
    shown = cell(task, example, task.right(example))
    assert isinstance(shown, Marked) and literal(shown) == shown
    assert shown.count("-background[") == 3 and cell(task, example, "") == "–"
    for words, kind in task.named(example, task.right(example)):
        assert literal(words) in shown and f"**{catalogue('en')[f'kind.{kind}']}**" in shown
