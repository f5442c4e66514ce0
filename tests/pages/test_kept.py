"""What the cache holds, on the Lab: told, and emptied by who may."""

import pytest

from core import paths, visitors
from core.engine import room
from pages.components.widgets import classroom
from pages.components.widgets.text import catalogue
from tests.support.app import button, page, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")


def test_what_is_kept_is_told_and_emptied(monkeypatch):
    thing = room.Thing("weights", paths.CACHE / "weights" / "x", 1_500_000_000, 0.0)
    freed = []
    monkeypatch.setattr(room, "things", lambda: [thing])
    monkeypatch.setattr(room, "make_room", lambda limit: freed.append(limit) or thing.bytes)
    at = page("lab")
    at.session_state["kept"] = True
    at.run()
    said = WORDS["kept.text"].format(total="1.50", limit="20")
    assert said in texts(at.markdown) and WORDS["kept.weights"] in str(at.table[-1].value)
    button(at, WORDS["kept.empty"]).click().run()
    assert freed == [0] and WORDS["kept.freed"].format(mb="1,500") in texts(at.toast)


def test_visitors_do_not_see_what_is_kept(monkeypatch):
    monkeypatch.setattr(visitors, "PUBLIC", True)
    assert WORDS["kept.title"] not in [one.label for one in page("lab").expander]
    monkeypatch.setattr(classroom, "has_teacher", lambda: True)
    assert WORDS["kept.title"] in [one.label for one in page("lab").expander]
