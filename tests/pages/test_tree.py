"""The page of the tree and its picture on Start, without a browser: leaves, words, and what a chosen one shows."""

import json
import re
from xml.etree import ElementTree

import pytest

from core.engine.store import default_store
from pages.components.widgets.text import catalogue
from tests.support.app import page, sound, stored, texts

pytestmark = pytest.mark.usefixtures("fresh_server")


def picture(at):
    """The drawn tree, and what comes with it."""
    (component,) = at.main.get("bidi_component")
    data = json.loads(component.proto.json)
    return ElementTree.fromstring(data["svg"]), data


def leaves(svg):
    return {one.get("data-key"): "".join(one.itertext()) for one in svg.iter() if one.get("data-key")}


def figures(lang: str, text: str) -> str:
    """As a language writes them."""
    return text.replace(".", ",") if lang == "es" else text


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_stored_result_is_a_leaf_that_says_its_recipe_and_figures(lang):
    stored({0: (0.9, 36), 0.3: (0.88, 30), 0.5: (0.5, 28)})
    words = catalogue(lang)
    svg, data = picture(page("tree", lang=lang))
    told = leaves(svg)
    assert set(told) == {result.key for result in default_store().all()} and len(told) == 3
    (light,) = [text for text in told.values() if figures(lang, "88.0 %") in text]
    assert figures(lang, "34.0 MB") in light and words["tree.same"] in light and "\n" in light
    (worse,) = [text for text in told.values() if figures(lang, "50.0 %") in text]
    assert words["tree.same"] not in worse
    written = "".join(svg.itertext())
    assert words["tree.below"].format(count=3) in written and words["family.zeros"] in written
    assert data["name"] == "bonsai-reviews" and not data["small"]
    assert data["text"] == {name: words[f"tree.{name}"] for name in ("label", "hint", "take")}


def test_a_link_names_the_leaf_whose_figures_stand_beside_it():
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    (key,) = [result.key for result in default_store().all() if result.spec.steps]
    at = page("tree", point=key)
    svg, _ = picture(at)
    assert [one.get("data-key") for one in svg.iter() if "chosen" in one.get("class", "")] == [key]
    assert any("magnitude:amount=0.3" in one.value for one in at.code)
    assert sorted(one.key for one in at.button if one.key and one.key.startswith("pin-")) == ["pin-a", "pin-b"]
    at.button(key="close").click().run()
    assert not sound(at).code
    gone = page("tree", point="0" * 24)  # a link to what was deleted opens the tree
    assert len(leaves(picture(gone)[0])) == 2 and not gone.code


def test_start_greets_with_the_tree_once_something_is_measured():
    assert not page().main.get("bidi_component")
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page()
    svg, data = picture(at)
    assert data["small"] and len(leaves(svg)) == 2


def test_the_table_has_the_same_results():
    titles = stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tree")
    assert list(at.dataframe[0].value[catalogue("en")["table.recipe"]]) == titles


def test_names_of_models_are_text():
    stored({0: (0.9, 36)})
    svg, data = picture(page("tree"))
    assert not re.search(r"<script|onload|href=", data["svg"])
    assert catalogue("en")["tree.title"] in texts(page("tree").subheader)
