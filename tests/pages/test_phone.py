"""The page Phone: what is offered, opened, shown on the projector, and who may."""

import dataclasses

import pytest

from core import visitors
from core.engine.run import make_spec
from core.engine.store import default_store
from core.phones import keep, room
from core.phones.room import ROOM
from core.runtimes import web
from core.techniques import parse_step
from pages.components.phone import keeping
from pages.components.widgets import classroom
from pages.components.widgets.text import catalogue
from tests.phones.test_device import KEYS, sent
from tests.support import tiny
from tests.support.app import REVIEWS, page, sound, stored, texts, ways

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
    assert row["B (x)"] == f"{WORDS['phone.faster']} · 2.00x [2.00, 2.00]"
    assert any("2.00x as fast as A" in text.replace("\\", "") for text in texts(at.markdown))
    at.button(key="phone-close").click().run()
    assert ROOM.find(opened.code) is None and "room" not in at.query_params


@pytest.fixture
def measured(monkeypatch):
    """A room of the dense model and int8, where one device has measured; and their results as a browser has them."""
    dense = make_spec("demo", REVIEWS, runtime="web")
    specs = [dense, dataclasses.replace(dense, steps=(parse_step("quantize:mode=int8-dynamic"),))]
    monkeypatch.setattr(keeping, "_specs", lambda opened: specs)
    models = [
        {"key": key, "sign": sign, "name": {"en": sign, "es": sign}, "mb": 6.4}
        for key, sign in zip(KEYS, "AB", strict=True)
    ]
    opened = ROOM.open({"models": models, "tokens": 128, "dense": dense.dense.key}, {})
    ROOM.take(opened.code, sent())
    return opened, specs


def test_models_are_evaluated_in_webassembly_before_devices_are_kept(measured, monkeypatch):
    monkeypatch.setattr(web, "RUNTIME", dataclasses.replace(web.RUNTIME, ready=lambda: True))
    at = page("phone", room=measured[0].code)
    (button,) = [one for one in at.button if one.label.startswith("Evaluate in WebAssembly")]
    assert button.key == "ask-keep"
    monkeypatch.setattr(web, "RUNTIME", dataclasses.replace(web.RUNTIME, ready=lambda: False))
    assert WORDS["phone.keep_not"] in texts(page("phone", room=measured[0].code).caption)


def test_kept_devices_are_machines_on_tradeoffs(measured):
    opened, specs = measured
    for spec in specs:
        default_store().write(tiny.result(spec))
    at = page("phone", room=opened.code)
    at = sound(at.button(key="phone-keep").click().run())
    assert WORDS["phone.kept"].format(count=1) in texts(at.caption)
    kept = [default_store().read(spec.key).speeds for spec in specs]
    assert [one[-1].median_ms for one in kept] == [40.0, 20.0]
    assert {one[-1].environment.machine for one in kept} == {keep.machine(ROOM.devices(opened.code)[0])}
    at = sound(at.switch_page("pages/tradeoffs.py").run())
    assert at.session_state["axis"] == "ms"
    table = at.dataframe[0].value
    assert sorted(table["ms"].dropna()) == [20.0, 40.0]


def test_ways_of_one_device_are_one_device(measured):
    opened, _ = measured
    ROOM.take(opened.code, sent(threads=4))
    at = page("phone", room=opened.code)
    assert WORDS["phone.count"].format(count=1) in texts(at.markdown) and len(at.dataframe[0].value) == 2


def test_a_device_can_be_taken_off(measured):
    opened, _ = measured
    ROOM.take(opened.code, sent(id="f" * 16))
    at = page("phone", room=opened.code)
    assert WORDS["phone.count"].format(count=2) in texts(at.markdown)
    at = sound(at.button(key="phone-take-off").click().run())
    assert [one.id for one in ROOM.devices(opened.code)] == ["f" * 16]


def test_where_no_times_hold_no_ratio_is_said(measured):
    opened, _ = measured
    ROOM.drop(opened.code, "0123456789abcdef")
    ROOM.take(opened.code, sent(hidden=True))
    at = page("phone", room=opened.code)
    assert any(WORDS["phone.no_verdicts"] in text for text in texts(at.markdown))
    assert not any("as fast as" in text for text in texts(at.markdown))


def test_an_address_of_another_task_is_not_forgotten(measured):
    opened, _ = measured
    opened.facts |= {"title": {"en": "demo on sst2", "es": "demo en sst2"}, "dense": "another model's"}
    at = page("phone", room=opened.code)
    assert WORDS["phone.another"].format(title="demo on sst2") in texts(at.info)
