"""A table of the user's own: found after a reload, its columns named, its labels joined to the model's classes."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import visitors
from core.engine.recipes import curve_spec
from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.jobs import worker
from core.metrics import Sample
from core.models import find
from core.result import figure
from core.tasks import load_task
from pages.components.widgets.text import catalogue
from tests.support import heads, tiny
from tests.support.app import REVIEWS, button, line, page, sound, texts, ways

WORDS = catalogue("en")


@pytest.fixture(autouse=True)
def _fresh(fresh_server: None) -> None:
    """A server of each test's own."""


def table(header: str = "text,label", labels: tuple[str, ...] = ("0", "1")) -> bytes:
    rows = [f"{text} {i},{labels[i % len(labels)]}" for i, (text, _) in enumerate(tiny.sentences(120))]
    return "\n".join([header, *rows]).encode()


def upload(content: bytes) -> Any:
    at = page("start", task="own")
    at.file_uploader[0].set_value(("mine.csv", content, "text/csv"))
    return sound(at.run())


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the demo be a tiny model whose classes are called so."""

    def build(*names: str) -> None:
        folder = tmp_path / "model"
        tiny.folder(folder, tiny.bert(labels=len(names)))
        known = {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
        tiny.edit_config(folder, **known)
        monkeypatch.setattr(find, "DEMO", folder)

    return build


def test_a_table_survives_a_reload() -> None:
    at = upload(table())
    known = at.query_params["table"]
    again = sound(page("start", task="own", table=known))
    assert texts(again.error) == [] and again.session_state["chosen"].origin == at.session_state["chosen"].origin
    for wrong in ("../../etc", "0" * 16, ""):
        assert WORDS["frame.no_table"] in texts(page("start", task="own", table=wrong).markdown)


def test_columns_are_chosen_on_the_page_and_kept_in_the_link() -> None:
    rows = table("words,mark").replace(b"\n", b",x\n").replace(b"words,mark,x", b"words,mark,rest") + b",x"
    at = upload(rows)
    assert any("name it with --text-column" in one for one in texts(at.markdown))
    at.selectbox(key="text_column").set_value("words").run()
    at.selectbox(key="label_column").set_value("mark").run()
    origin = sound(at).session_state["chosen"].origin
    assert (origin.text_column, origin.label_column) == ("words", "mark") and load_task(origin).labels == ("0", "1")
    assert (at.query_params["text_column"], at.query_params["label_column"]) == ("words", "mark")


def test_labels_of_foreign_names_are_joined_by_hand(named: Callable[..., None]) -> None:
    named("negative", "positive")
    at = upload(table(labels=("fresh", "rotten")))
    assert texts(at.main.warning) and texts(at.sidebar.warning) == []
    at.selectbox(key="class-0-fresh").set_value("positive").run()
    assert WORDS["table.join_all"] in texts(at.sidebar.caption)
    at.selectbox(key="class-1-rotten").set_value("negative").run()
    chosen = sound(at).session_state["chosen"]
    assert chosen.origin.labels == "fresh=positive,rotten=negative" and chosen.dense.classes == "1,0"
    assert texts(at.main.warning) == []


def test_a_table_of_other_classes_offers_a_new_head(named: Callable[..., None]) -> None:
    named("no", "yes")
    at = upload(table(labels=("a", "b", "c")))
    assert any("3 labels (a, b, c) and the model 2 classes (no, yes)" in one for one in texts(at.markdown))
    assert any(one.label == WORDS["offer.start"].format(task="mine") for one in at.button)


def test_what_was_understood_is_said(named: Callable[..., None]) -> None:
    named("no", "yes")
    at = upload(table(labels=("Yes", "NO")))
    understood = next(one for one in at.sidebar.expander if one.label == WORDS["understood.title"])
    said = re.sub(r"\\(.)", r"\1", understood.markdown[0].value)  # as it is read, without what keeps Markdown out
    assert (
        f"{WORDS['understood.classes']}: **no, yes**" in said and f"{WORDS['understood.labels']}: **NO, Yes**" in said
    )
    assert at.session_state["chosen"].dense.classes == ""


def test_texts_that_were_cut_and_outputs_that_are_no_numbers_are_said() -> None:
    dense = make_spec("demo", REVIEWS)
    spec, quality = curve_spec(dense, "l1-layer", 0.3), dataclasses.replace(tiny.quality(), cut=3, invalid=2)
    timed = (tiny.speed((9.0,) * 9, (9.0,) * 9),)
    for one in (dense, spec):
        default_store().write(tiny.result(one, quality=quality, speeds=timed))
    at = page("slide", amount="30")
    assert WORDS["tile.cut"].format(cut=3, n=4, tokens=128) in texts(at.caption)
    assert WORDS["tile.invalid"].format(count=2, n=4) in texts(at.warning)


def test_beside_figures_of_classes_that_were_only_counted_off_stands_a_new_head(named: Callable[..., None]) -> None:
    """Above the page, as a phone shows no sidebar; and there is a way back to the head that the model has."""
    named("negative", "positive")
    at = upload(table(labels=("ham", "spam")))
    doubt = WORDS["doubt.classes"].format(labels="ham, spam", names="negative, positive")
    assert doubt in texts(at.main.warning)
    at = sound(button(at, WORDS["doubt.fresh"]).click().run())
    assert doubt not in texts(at.main.warning)
    assert ways(at, "offer") == [WORDS["offer.start"].format(task="mine"), WORDS["doubt.keep"]]
    shown = line(at)
    assert shown.new_head and "epochs=20" in shown.step[0]  # of some ninety rows
    at = sound(button(at, WORDS["doubt.keep"]).click().run())
    assert doubt in texts(at.main.warning) and at.session_state["chosen"].dense.new_head is False


def test_a_model_that_has_learnt_nothing_is_called_so_above_its_figures(named: Callable[..., None]) -> None:
    named("no", "yes")
    at = upload(table(labels=("no", "yes")))
    chosen = at.session_state["chosen"]
    assert texts(at.main.warning) == []
    default_store().write(run(chosen.dense, chosen.origin, default_store()))
    task = load_task(chosen.origin)
    answers = (task.commonest(task.validation)[0],) * len(task.validation)
    quality = default_store().read(chosen.dense.key).quality
    scores = task.constant(task.validation).scores
    poor = dataclasses.replace(quality, answers=answers, scores=scores, interval=figure(Sample(scores)))
    default_store().write(tiny.result(chosen.dense, quality=poor))
    (said,) = texts(sound(at.run()).main.warning)
    assert "nothing shows that it knows the task" in said


def test_a_model_that_was_fine_tuned_here_is_among_those_to_choose(named: Callable[..., None]) -> None:
    named("no", "yes")
    at = upload(table(labels=("no", "yes")))
    folder = worker.shelf() / "demo-mine-0123abcd"
    tiny.folder(folder)
    tiny.folder(folder.with_name("half-written.half"))
    at = sound(at.run())
    offered = at.selectbox(key="model").options
    assert "demo-mine-0123abcd" in offered and not any("half" in one for one in offered)
    at.selectbox(key="model").set_value(str(folder)).run()
    assert sound(at).session_state["chosen"].dense.model == str(folder)


def test_the_table_of_a_link_is_named() -> None:
    known = upload(table()).query_params["table"]
    at = sound(page("start", task="own", table=known))
    assert WORDS["table.in_use"].format(name="mine.csv") in texts(at.sidebar.caption)


def test_columns_of_0_and_1_need_no_choice() -> None:
    rows = [f"{text} {i},{i % 2},{i % 3 // 2}" for i, (text, _) in enumerate(tiny.sentences(60))]
    at = upload("\n".join(["text,late,rude", *rows]).encode())
    (note,) = texts(at.sidebar.info)
    assert note.startswith("The columns late, rude are taken for labels") and note.endswith(".")


def test_words_with_tags_lead_to_the_model_that_knows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.folder(tmp_path / "tagger", heads.model("token"))
    monkeypatch.setattr(find, "DEMO_ENTITIES", Path(folder))
    words = heads.conll(tmp_path / "mine", heads.tagged())
    at = page("start", task="own")
    at.file_uploader[0].set_value(("mine.conll", Path(words.task).read_bytes(), "text/plain"))
    at = sound(at.run())
    use = button(at, WORDS["offer.ready"].format(model="demo-entities"))
    assert sound(use.click().run()).session_state["chosen"].dense.model == "demo-entities"


def test_a_visitor_uploads_so_many_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "PUBLIC", True)
    monkeypatch.setattr(visitors, "MOST_TABLES", 1)
    at = upload(table())
    again = sound(at.file_uploader[0].set_value(("other.csv", table(), "text/csv")).run())
    assert texts(again.error) == []  # the same content
    more = again.file_uploader[0].set_value(("more.csv", table(labels=("0", "1", "1")), "text/csv")).run()
    assert any("takes 1 tables of each visitor" in text for text in texts(more.markdown))
