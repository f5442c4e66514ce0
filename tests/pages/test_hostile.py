"""What a stranger put into a link, a table or a model is shown as text: no picture, no link, no colour of theirs."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models import find
from tests.support import tiny
from tests.support.app import page, sound, stored

EVIL = "[Log in](http://evil.example/in) ![t](http://evil.example/x.png) :red[x] $y$"
OBEYED = re.compile(r"(?<!\\)\]\(|(?<!\\)!\[|(?<!\\):red\[x")
# the parts of an element whose text Streamlit draws as Markdown
PARTS = ("body", "label", "text", "help", "placeholder")
PLAIN = ("text", "code", "textarea", "text_input")  # elements that draw their text as it is
PAGES = ("start", "slide", "heads", "matrices", "quantize", "distil", "tradeoffs", "compare", "tryit", "lab", "tree")
pytestmark = pytest.mark.usefixtures("fresh_server")


def drawn(at: AppTest) -> Iterator[str]:
    """Every text of a page that is drawn as Markdown."""
    waiting: list[Any] = [at._tree]
    while waiting:
        node = waiting.pop()
        waiting += list(getattr(node, "children", {}).values())
        proto = getattr(node, "proto", None)
        if proto is None or getattr(node, "type", "") in PLAIN:
            continue
        yield from (str(getattr(proto, part)) for part in PARTS if isinstance(getattr(proto, part, None), str))


def unharmed(at: AppTest) -> AppTest:
    found = [text for text in drawn(sound(at)) if OBEYED.search(text) and "evil" in text]
    assert found == []
    return at


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("odd", [{"model": f"./{EVIL}"}, {"task": EVIL}, {"step": f"magnitude:amount={EVIL}"}])
def test_a_link(name: str, odd: dict[str, str]) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    unharmed(page(name, **odd))


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 400, "1e999", "nan"])
@pytest.mark.parametrize("name", ["seed", "at_least", "layer"])
def test_a_number_of_hundreds_of_digits(name: str, text: str) -> None:
    stored({0: (0.9, 36)})
    for place in ("lab", "tradeoffs", "tryit"):
        sound(page(place, **{name: text}))


@pytest.mark.parametrize("address", ["http://evil.example/in", "www.evil.example", "a@evil.example"])
def test_an_address_is_no_link(address: str) -> None:
    """Streamlit makes one of whatever looks like it, behind backslashes too."""
    for at in (page("slide", model=address), page("slide", task=address), page("lab", lang=address)):
        assert not [text for text in drawn(sound(at)) if address in text.replace("\\", "")]


def test_a_link_s_choices() -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    for name in ("tradeoffs", "compare", "card"):
        unharmed(page(name, **dict.fromkeys(("axis", "machine", "point", "a", "b", "card", "goal"), EVIL)))


@pytest.mark.parametrize("name", ["start", "tryit", "compare", "distil"])
def test_a_table_and_a_model(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose sentences, classes, kinds and columns all hold it."""
    classes = (f"good {EVIL}", f"bad {EVIL}")
    folder = tmp_path / "model"
    tiny.folder(folder, tiny.bert(labels=2))
    known = {"id2label": dict(enumerate(classes)), "label2id": {name: i for i, name in enumerate(classes)}}
    tiny.edit_config(folder, **known)
    monkeypatch.setattr(find, "DEMO", folder)
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("text", "label", "kind"))
    rows.writerows(
        (f"{EVIL} {i} {text}", classes[i % 2], f"kind {EVIL}") for i, (text, _) in enumerate(tiny.sentences(120))
    )
    at = _uploaded(table)
    if name != "start":
        at = unharmed(at.switch_page(f"pages/{name}.py").run())
    assert any("evil" in text for text in drawn(at)) or name != "start"  # it was there to be obeyed


def _uploaded(table: io.StringIO) -> AppTest:
    at = page("start", task="own")
    at.file_uploader[0].set_value((f"{EVIL.replace('/', '-')}.csv", table.getvalue().encode(), "text/csv"))
    return unharmed(at.run())


def test_labels_that_no_class_of_the_model_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are asked for one by one."""
    tiny.folder(tmp_path / "model", tiny.bert(labels=2))
    names = {"id2label": {0: "one", 1: "two"}, "label2id": {"one": 0, "two": 1}}
    tiny.edit_config(tmp_path / "model", **names)
    monkeypatch.setattr(find, "DEMO", tmp_path / "model")
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("text", "label"))
    rows.writerows((f"{i} {text}", f"{i % 2} {EVIL}") for i, (text, _) in enumerate(tiny.sentences(120)))
    at = _uploaded(table)
    assert len([one for one in at.selectbox if one.key and one.key.startswith("class-")]) == 2
