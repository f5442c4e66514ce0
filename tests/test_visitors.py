"""What visitors may name: alone in front of the machine everything, on a server one folder and what was made here."""

import pytest

from core import paths, visitors
from core.engine import card
from core.errors import DataError, ModelError
from core.models import find
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Origin, stamp
from tests.support import tiny

NAMES = ["~nobody-of-that-name", "a" * 300, "/" + "b" * 5000, "x\0y", "\ud800", ""]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_what_is_no_path_is_one_sentence(name):
    assert visitors.place(name) is None and stamp(name) == ()
    with pytest.raises(ModelError):
        find.resolve(name)
    with pytest.raises(DataError):
        load_task(Origin(name))
    with pytest.raises(DataError):
        load_task(Origin("sst2", name or "~nobody-of-that-name"))


@pytest.fixture
def public(tmp_path, monkeypatch):
    """A server that others reach: one open folder, and a model beside it."""
    opened = tmp_path / "open"
    tiny.folder(opened / "model")
    tiny.folder(tmp_path / "closed" / "model")
    (opened / "link").symlink_to(tmp_path / "closed" / "model")
    monkeypatch.setattr(visitors, "PUBLIC", True)
    monkeypatch.setenv("BONSAI_FOLDER", str(opened))
    return tmp_path


def test_what_is_open_may_be_named(public):
    assert find.resolve(str(public / "open" / "model")).head == "sequence"
    assert find.resolve("demo").folder == find.DEMO
    uploads = paths.CACHE / "uploads" / ("0" * 16)
    assert visitors.place(str(uploads / "own.csv")) == (uploads / "own.csv").resolve()


def test_of_anything_else_nobody_learns_whether_it_is_there(public):
    inside = public / "open"
    there = [str(public / "closed" / "model"), f"{inside}/../closed/model", str(inside / "link"), "/etc", "..", "/"]
    absent = [str(public / "closed" / "nothing"), f"{inside}/../closed/nothing", "/etc/nothing-at-all", "../nothing"]
    words = set()
    for name in (*there, *absent):
        assert visitors.place(name) is None and stamp(name) == ()
        with pytest.raises(ModelError) as refused:
            find.resolve(name)
        words.add(str(refused.value).replace(name, "NAME"))
        with pytest.raises(DataError) as refused:
            load_task(Origin("sst2", name))
        words.add(str(refused.value).replace(name, "NAME"))
    assert words == {
        "there is no folder 'NAME'; give an existing folder, a hub id, or demo",
        "there is no folder 'NAME'; is the path right?",
    }


def test_a_model_of_the_hub_is_asked_for_only_where_it_is_listed(public, monkeypatch):
    monkeypatch.setenv("BONSAI_MODELS", "google/bert-a,google/bert-b")
    assert visitors.may_fetch("google/bert-b") and not visitors.may_fetch("evil/bert")
    with pytest.raises(ModelError, match="is none of the models of this server"):
        find.resolve("evil/bert")
    monkeypatch.setattr(visitors, "PUBLIC", False)
    assert visitors.may_fetch("evil/bert")


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("", False),
        ("school.example", False),
    ],
)
def test_which_addresses_only_this_machine_reaches(host, alone):
    assert visitors.is_loopback(host) is alone


def test_what_is_copied_and_taken_home_names_no_folder_of_the_server(public, monkeypatch):
    model, origin = str(public / "open" / "model"), Origin(str(public / "open" / "own.csv"))
    spec = Spec(model=model, revision="0", task=origin.task, data="0")
    for line in (card.command(spec, origin), card.python(spec, origin), card.export_command(spec, origin, "onnx")):
        assert str(public) not in line and "model" in line and "own.csv" in line
    monkeypatch.setattr(visitors, "PUBLIC", False)
    assert f"--model {model} --task {origin.task}" in card.command(spec, origin)
    assert visitors.without_folders(model) == "model" and visitors.without_folders("google/bert-a") == "google/bert-a"
