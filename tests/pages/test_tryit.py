"""Try it from the entry point: one's own text, both answers, where they turn, and examples to click."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import paths
from core.engine.ask import Reply, ask, model_of
from core.engine.recipes import SLIDER, curve_spec
from core.engine.run import make_spec, recorded_spec
from core.engine.store import Store, default_store
from core.tasks import load_task
from pages.components.tryit import replies as panel
from pages.components.widgets.text import catalogue
from tests.pages.test_track import made
from tests.support import tiny
from tests.support.app import REVIEWS, button, cells, page, sound, stored, texts, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
TEXT = "Nothing about this kettle is good."


@pytest.mark.parametrize("language", ["en", "es"])
def test_both_answers_stand_side_by_side_with_their_shares(language: str) -> None:
    words, dense = catalogue(language), make_spec("demo", REVIEWS)
    at = sound(page("tryit", lang=language, text=TEXT, amount="90", method="l1-layer"))
    replies = [ask(one, REVIEWS, default_store(), [TEXT]) for one in (dense, curve_spec(dense, "l1-layer", 0.9))]
    task = load_task(REVIEWS)
    named = [words.get(f"label.{task.called(reply.answer)}", reply.answer) for reply in replies]
    assert [one.value for one in at.metric] == named
    said = [one.proto.text for one in at.get("progress")]
    shares = [(words.get(f"label.{task.called(one)}", one), share) for reply in replies for one, share in reply.shares]
    points = [f"{100 * share:.1f}".replace(".", "," if language == "es" else ".") for _, share in shares]
    assert said == [f"{label} · {one} %" for (label, _), one in zip(shares, points, strict=True)]
    unread = words["tryit.unknown"].partition("{")[0]
    assert any(not text.startswith(unread) for text in texts(at.warning)) == (named[0] != named[1])
    assert words["tryit.language"] in texts(at.caption)


def test_where_they_differ_that_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    words, task = catalogue("en"), load_task(REVIEWS)

    def answer(spec, origin, store, asked):
        return Reply(task.labels[len(spec.steps)], 0.7, (), 1.0, 5, True)

    monkeypatch.setattr("core.engine.ask.ask", answer)
    at = sound(page("tryit", text=TEXT))
    (warning,) = texts(at.warning)
    answers = {"first": at.metric[0].value, "second": at.metric[1].value}
    compressed = words["tryit.compressed"].format(method=words["method.l1-layer"], amount=30)
    assert warning == words["tryit.differs"].format(a="Dense", b=compressed, **answers)
    assert words["tryit.cut"].format(tokens=5) in texts(at.caption)


def test_a_click_scans_every_slider() -> None:
    words = catalogue("en")
    at = page("tryit", text=TEXT)
    button(at, words["tryit.scan"]).click().run()
    table = cells(sound(at).table[0])
    assert list(table.iloc[:, 0]) == [words[f"method.{name}"] for name in SLIDER]
    assert all(
        text == words["tryit.never"] or text.startswith(("between ", "not at the ")) for text in table.iloc[:, 1]
    )
    assert at.button(key="try-0-0") is not None


def test_a_text_that_takes_long_is_asked_at_fewer_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    words = catalogue("en")
    monkeypatch.setattr(panel, "SCAN_S", -1.0)
    at = page("tryit", text=TEXT)
    table = cells(sound(button(at, words["tryit.scan"]).click().run()).table[0])
    assert all(text.startswith(("between ", "not at the ")) for text in table.iloc[:, 1])


def test_a_track_knows_which_examples_turn_first() -> None:
    words, task = catalogue("en"), load_task(REVIEWS)
    made()  # of three positions it says nothing of those that never turn
    assert words["tryit.steady"] not in texts(page("tryit", text=TEXT).caption)
    made(tuple(range(101)))  # the first turn at 1 %
    at = page("tryit", text=TEXT)
    assert {words["tryit.first"], words["tryit.steady"]} <= set(texts(at.caption))
    at.button(key="try-0-0").click().run()
    assert sound(at).session_state["tried"] == [task.validation[0].text]


def test_a_text_of_nothing_and_html_and_a_method_that_trains() -> None:
    words = catalogue("en")
    assert sound(page("tryit", text="<b>good</b>")).metric
    assert words["tryit.unknown"].format(count=1, tokens=4) in texts(sound(page("tryit", text="good 漢")).warning)
    assert not any(words["tryit.unknown"][:20] in text for text in texts(page("tryit", text="good").warning))
    at = sound(page("tryit", text="good", method="movement", amount="60"))
    assert not at.metric and any("not on this machine" in text for text in texts(at.info))
    dense = recorded_spec("demo", "sst2")
    assert dense is not None
    Store(paths.CACHE / "recorded").write(tiny.result(dense))
    at = page("tryit", task="sst2")  # whose examples are not here
    assert ways(at, "tryit") and words["tryit.empty"] in texts(at.markdown)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_head_is_shown_before_and_after_and_as_gone(language: str) -> None:
    words, dense = catalogue(language), make_spec("demo", REVIEWS)
    kept = model_of(curve_spec(dense, "structured", 0.5), REVIEWS, default_store()).kept
    layer, heads = next((n, set(range(12)) - set(kept.heads[n])) for n in range(6) if len(kept.heads[n]) < 12)
    link = {"lang": language, "text": TEXT, "amount": "50", "method": "structured"}
    at = page("tryit", **link, layer=str(layer + 1), head=str(min(heads) + 1))
    at.toggle(key="looks").set_value(True).run()
    before, after = looks(sound(at))["models"]
    assert after["shares"] is None and len(before["shares"]) == len(before["tokens"]) > 5
    assert words["attention.warning"] in texts(at.caption)
    assert looks(at)["text"] == {name: words[f"attention.{name}"] for name in ("label", "hint", "gone", "looks")}
    at.number_input(key="head").set_value(min(kept.heads[layer]) + 1).run()
    before, after = looks(sound(at))["models"]
    assert before["tokens"] == after["tokens"] and len(after["shares"]) == len(before["shares"])


def looks(at: AppTest) -> dict[str, Any]:
    """What the component of the attention was given."""
    found = [json.loads(one.proto.json) for one in at.get("bidi_component") if one.proto.json]
    (data,) = [one for one in found if "models" in one]
    return data


def test_slide_and_compare_answer_a_text_where_they_stand() -> None:
    dense = make_spec("demo", REVIEWS)
    half = curve_spec(dense, "l1-layer", 0.5)
    stored({0: (0.9, 36), 0.5: (0.8, 30)})
    wanted = [asked.answer for asked in (ask(one, REVIEWS, default_store(), [TEXT]) for one in (dense, half))]
    named = [catalogue("en").get(f"label.{load_task(REVIEWS).called(answer)}", answer) for answer in wanted]
    for at in (page("slide", amount="50", text=TEXT), page("compare", a=dense.key, b=half.key, text=TEXT)):
        before = len(at.metric)
        at.toggle(key="try-here").set_value(True).run()
        assert [one.value for one in sound(at).metric[before:]] == named
