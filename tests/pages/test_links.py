"""What a link may hold, and what is kept of it and of the controls when another page is opened."""

from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.engine.store import default_store
from pages.components.widgets.text import catalogue
from tests.support.app import page, sound, stored, texts

PAGES = ("start", "slide", "heads", "matrices", "quantize", "distil", "tradeoffs", "compare", "tryit", "lab", "report")
CHOICES = ("method", "layers", "lang", "runtime", "axis", "batch", "colour", "by", "grid", "steps_in", "format")
OTHERS = ("amount", "matrix", "a", "b", "seed", "at_least", "at_most")
pytestmark = pytest.mark.usefixtures("fresh_server")


def opened(at: AppTest, name: str) -> AppTest:
    """Another page of the same session, whose address holds nothing."""
    at.query_params.clear()
    return sound(at.switch_page(f"pages/{name}.py").run())


def held(at: AppTest, name: str) -> Any:
    """What the address says of a choice."""
    found = at.query_params.get(name)
    return found[-1] if isinstance(found, list) else found


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("odd", ["None", "banana", "-1", "nan"])
def test_an_odd_link_opens_as_if_it_held_nothing(name: str, odd: str) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    at = page(name, **dict.fromkeys((*CHOICES, *OTHERS), odd))
    assert texts(at.error) == [] and at.session_state["lang"] == "en"
    kept = [f"kept-{choice}" for choice in (*CHOICES, *OTHERS) if f"kept-{choice}" in at.session_state]
    assert kept and odd not in [at.session_state[key] for key in kept]


def test_what_a_link_asks_for_and_is_not_here_is_said_in_words() -> None:
    words = catalogue("en")
    stored({0: (0.9, 36), 0.3: (0.8, 30), 0.5: (0.7, 28)})
    odd = "[in](http://evil.example)"
    at = page("tradeoffs", axis=odd, point="0" * 24, task="reviews")
    told = [words["link.missed"].format(name=name, text=text) for name, text in (("axis", odd), ("point", "0" * 24))]
    assert sorted(texts(at.info)) == sorted(told)
    assert not any("](" in info.value for info in at.info)  # no link, and no picture from elsewhere
    assert texts(sound(at.run()).info) == []  # the address holds what is shown now
    assert texts(page("tradeoffs", axis="ms").info) == []
    assert texts(page("compare", a="../../secret").info) == [words["link.missed"].format(name="a", text="../../secret")]
    at = page("compare")
    (default_store().folder / f"{at.session_state['b']}.json").unlink()
    assert len(texts(sound(at.run()).info)) == 1  # it was chosen, and was deleted since


def test_a_position_that_is_none_is_said() -> None:
    words = catalogue("en")
    told = words["link.missed"].format(name="amount", text="999")
    assert told in texts(page("slide", amount="999").info)
    assert told not in texts(page("slide", amount="99").info)


def test_a_point_that_was_clicked_opens_its_card() -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30), 0.5: (0.7, 28)})
    for one in default_store().all():
        if one.spec.steps:
            at = page("card", point=one.key)
            assert at.session_state["card"] == one.key


def test_an_unknown_task_is_said_above_the_usual_one() -> None:
    told = catalogue("en")["link.missed"].format(name="task", text="banana")
    assert told in texts(page("slide", task="banana").info)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("odd", [{"model": "None"}, {"task": "None"}, {"task": "own"}])
def test_a_link_without_anything_to_show_is_one_sentence(name: str, odd: dict[str, str]) -> None:
    at = page(name, **odd)
    assert texts(at.error) == [] and [b.label for b in at.button if b.key == "empty-frame-0"] != [] or name == "report"


def test_a_slider_page_follows_another_though_no_method_was_clicked() -> None:
    at = page("slide")
    for name in ("heads", "matrices", "slide", "quantize", "matrices"):
        at = opened(at, name)
    assert at.session_state["method"] == "l1-layer"


@pytest.mark.parametrize("first", ["start", "slide", "report"])
def test_what_the_link_chose_goes_along_to_other_pages(first: str) -> None:
    link = {"method": "random", "layers": "all", "amount": "40", "runtime": "onnx", "seed": "3"}
    at = page(first, **link)
    at = opened(opened(at, "quantize"), "slide")
    assert [at.session_state[key] for key in ("method", "layers", "amount")] == ["random", "all", 40]
    assert held(at, "method") == "random" and held(at, "amount") == "40"
    at = opened(opened(at, "lab"), "heads")
    at = opened(at, "lab")
    assert (at.session_state["runtime"], at.session_state["seed"]) == ("onnx", 3)


def test_the_language_of_the_link_goes_along() -> None:
    at = opened(opened(page("start", lang="es"), "report"), "slide")
    assert at.session_state["lang"] == "es" == held(at, "lang")


def test_what_was_clicked_goes_along_too() -> None:
    at = page("slide", method="random")
    at.segmented_control(key="method").set_value("l1-global").run()
    at = opened(opened(at, "start"), "matrices")
    assert at.session_state["method"] == "l1-global" == held(at, "method")
    at = opened(at, "tradeoffs")
    at.number_input(key="at_least").set_value(85.0).run()
    at.segmented_control(key="axis").set_value("macs").run()
    at = opened(opened(at, "start"), "tradeoffs")
    assert (at.number_input(key="at_least").value, at.session_state["axis"]) == (85.0, "macs")
    at = opened(at, "compare")
    at.selectbox(key="a").select_index(1).run()
    chosen = at.session_state["a"]
    at = opened(opened(at, "lab"), "compare")
    assert at.session_state["a"] == chosen


def test_a_control_that_hands_back_nothing_changes_nothing() -> None:
    at = page("slide", method="random")
    at.session_state["method"] = None
    sound(at.run())
    assert at.session_state["method"] == "random"
    words = catalogue("en")
    assert words["curve.title"].format(metric=words["tile.accuracy"]) in texts(at.subheader)


@pytest.mark.parametrize(
    ("task", "model"), [("passages", "demo-squad"), ("entities", "demo-entities"), ("reviews", "demo")]
)
def test_a_link_that_names_a_task_means_the_model_that_knows_it(task: str, model: str) -> None:
    assert page("start", task=task).session_state["model"] == model
    assert page("start", task=task, model="demo").session_state["model"] == "demo"


@pytest.mark.parametrize(
    ("locale", "asked", "language", "kept"),
    [
        ("es-MX", None, "es", None),
        ("es", "en", "en", "en"),
        ("en-GB", None, "en", None),
        ("en-GB", "es", "es", "es"),
        ("de", None, "en", None),
        (None, None, "en", None),
    ],
)
def test_a_first_visit_speaks_the_browsers_language(
    monkeypatch: pytest.MonkeyPatch, locale: str | None, asked: str | None, language: str, kept: str | None
) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda context: locale))
    at = page("start", **({"lang": asked} if asked else {}))
    assert catalogue(language)["start.slide_title"] in texts(at.header)
    assert at.query_params.get("lang") in (kept, [kept])
