"""The page Phone: what is offered, opened, shown on the projector, and who may."""

import pytest

from core import visitors
from core.phones import room
from core.phones.room import ROOM
from core.runtimes import web
from pages.components.widgets import classroom
from pages.components.widgets.text import catalogue
from tests.phones.test_device import sent
from tests.support.app import page, sound, stored, texts, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")


@pytest.fixture(autouse=True)
def ready(monkeypatch):
    """The runtime is here, nobody waits between posts, and no address is open."""
    monkeypatch.setattr(web, "here", lambda: True)
    monkeypatch.setattr(room, "PAUSE_S", 0.0)
    ROOM._opened.clear()


def test_without_the_runtime_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setattr(web, "here", lambda: False)
    assert WORDS["phone.install"] in texts(page("phone").markdown)


def test_without_a_model_for_browsers_a_way_leads_on():
    at = page("phone")
    assert WORDS["phone.empty"] in texts(at.markdown) and ways(at, "phone")


def test_a_task_without_labels_is_no_dead_end():
    at = page("phone", task="entities")
    assert WORDS["phone.no_labels"] in texts(at.markdown) and len(ways(at, "phone")) == 2


def test_where_strangers_are_only_the_teacher_opens(monkeypatch):
    monkeypatch.setattr(visitors, "PUBLIC", True)
    assert WORDS["phone.teacher"] in texts(page("phone").markdown)
    monkeypatch.setattr(classroom, "has_teacher", lambda: True)
    assert WORDS["phone.teacher"] not in texts(page("phone").markdown)


def test_what_devices_sent_stands_on_the_projector_and_a_link_keeps_it():
    stored({0: (0.9, 36)})
    at = page("phone")
    dense = at.session_state["chosen"].dense.key
    models = [
        {"key": key * 24, "sign": sign, "name": {"en": f"model {sign}", "es": sign}, "mb": 6.4}
        for key, sign in (("a", "A"), ("b", "B"))
    ]
    opened = ROOM.open({"models": models, "tokens": 128, "dense": dense}, {})
    ROOM.take(opened.code, sent())
    at = sound(page("phone", room=opened.code))
    assert WORDS["phone.count"].format(count=1) in texts(at.markdown)
    row = at.dataframe[0].value.iloc[0]
    assert row[WORDS["phone.device"]] == "green heron" and row["A (ms)"] == 40.0 and row["B (ms)"] == 20.0
    assert row["B (x)"].startswith("2.00x [2.00, 2.00]") and row["B (x)"].endswith(WORDS["phone.faster"])
    assert any("2.00x as fast as A" in text.replace("\\", "") for text in texts(at.markdown))
    at.button(key="phone-close").click().run()
    assert ROOM.find(opened.code) is None and "room" not in at.query_params
