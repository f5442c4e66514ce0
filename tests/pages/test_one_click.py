"""From a pick to the file in one click: a button beside the figures, how far it is, and the checked zip."""

import shutil
from pathlib import Path

import pytest

from core.control import Event
from core.engine.export import export
from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.errors import Words
from core.jobs import exports
from core.jobs.status import Status
from core.models import find
from core.spec import describe
from core.tasks.task import Origin
from core.techniques import parse_step
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import FakeJobs, page, sound, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")


@pytest.fixture
def half(tmp_path, monkeypatch):
    """Half of a tiny model, measured on Reviews."""
    folder, origin = tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert())), Origin("reviews")
    monkeypatch.setattr(find, "DEMO", Path(folder))
    return run(make_spec("demo", origin, [parse_step("structured:keep_macs=0.5")]), origin, default_store())


def picked(result):
    return page("tradeoffs", point=result.key)


def test_the_button_writes_the_model_and_becomes_the_download(half):
    at = picked(half)
    assert at.button(key="export-one").label.startswith(WORDS["takehome.get"].partition(" {")[0])
    taken = WORDS["takehome.download"].partition(" (")[0]
    assert not [one for one in at.get("download_button") if one.proto.label.startswith(taken)]
    sound(at.button(key="export-one").click().run())
    assert exports.find(half.key, "hf") is not None
    labels = [one.proto.label for one in at.get("download_button")]
    assert any(label.startswith(taken) for label in labels)
    assert "export-one" not in [one.key for one in at.button]


def test_a_job_under_way_has_a_bar_and_cancel_and_one_that_failed_says_why(half, monkeypatch):
    running = Status("export", "", "running", Event("build", 1, 4), 0, None, 1.0)
    monkeypatch.setattr(FakeJobs, "answer", running)
    at = picked(half)
    assert at.button(key="cancel-export") and at.get("progress")
    failed = Status("export", "", "failed", Event("build", 1, 4), 0, Words("the disk is full"), 1.0)
    monkeypatch.setattr(FakeJobs, "answer", failed)
    at = picked(half)
    assert "the disk is full" in texts(at.error) and at.button(key="export-one")


def test_what_comes_with_the_code_is_downloaded_at_once_also_without_its_sentences(half, tmp_path, monkeypatch):
    place = tmp_path / "ready"
    exported = export(half.spec, Origin("reviews"), "hf", place / exports.folder(half.spec, "hf").name, default_store())
    shutil.rmtree(exported.folder)
    monkeypatch.setattr(exports, "READY", place)
    at = page("lab")
    labels = [one.proto.label for one in at.get("download_button")]
    assert labels == [WORDS["takehome.download"].format(mb=f"{exported.zip_bytes / 1e6:.1f}")]
    assert WORDS["ready.title"] in " ".join(texts(at.markdown))
    sound(at.button(key=f"open-{half.key}").click().run())
    assert [row.text for row in at.session_state["recipe"]] == [describe(half.spec.steps[0])]
    at = picked(half)
    assert "export-one" not in [one.key for one in at.button]
