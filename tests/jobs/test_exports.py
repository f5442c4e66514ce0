"""Finished exports in the cache: found by their key, never half of one, and the oldest make room."""

import dataclasses
import json
import os

import pytest

from core.engine.export import MANIFEST, export
from core.engine.store import default_store
from core.jobs import exports
from core.spec import Step
from core.techniques import magnitude
from tests.support import tiny


def zip_of(folder):
    return folder.with_name(f"{folder.name}.zip")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An export of a tiny model, its Spec, and its files."""
    place = tmp_path_factory.mktemp("made")
    spec, origin = tiny.experiment(place, Step("magnitude", magnitude.Config(amount=0.5)))
    done = export(spec, origin, "hf", place / "out" / "mine", default_store())
    return spec, done


@pytest.fixture
def there(made, bonsai_cache):
    """The same where the pages look for it."""
    spec, done = made
    folder = exports.folder(spec, "hf")
    folder.mkdir(parents=True)
    for file in done.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    zip_of(folder).write_bytes(done.archive.read_bytes())
    return folder


def test_a_finished_export_is_read_back_as_it_was(made, there):
    spec, done = made
    found = exports.find(spec.key, "hf")
    assert found.exported == dataclasses.replace(done, folder=there, archive=zip_of(there))
    assert (found.spec, found.form) == (spec, "hf")
    assert found.environment.installation and found.measured_at
    assert 0 < found.phone.low_ms < found.phone.high_ms
    assert found.exported.check.good and found.exported.check.accuracy.n > 10


def test_another_key_or_format_is_another_export(made, there):
    spec, _ = made
    assert exports.find(spec.key[:8] + "0" * 16, "hf") is None  # a name says eight digits of the key only
    assert exports.find(spec.key, "onnx") is None and exports.find(spec.dense.key, "hf") is None
    assert there.parent.name == "exports" and there.name.endswith(f"-hf-{spec.key[:8]}")


@pytest.mark.parametrize("broken", ["zip", "manifest", "half a manifest", "no check", "unknown step"])
def test_half_of_an_export_is_not_offered_and_is_cleared(broken, made, there):
    manifest = there / MANIFEST
    if broken == "zip":
        zip_of(there).unlink()
    elif broken == "manifest":
        manifest.unlink()
    elif broken == "half a manifest":
        manifest.write_text(manifest.read_text()[:200])
    else:
        values = json.loads(manifest.read_text())
        if broken == "no check":
            del values["check"]
        else:
            values["recipe"]["steps"] = [{"technique": "nothing", "config": {}}]
        manifest.write_text(json.dumps(values))
    assert exports.find(made[0].key, "hf") is None
    assert exports.cleared(made[0], "hf") == there and not there.exists() and not zip_of(there).exists()


def test_the_oldest_make_room_and_leftovers_go(bonsai_cache, monkeypatch):
    shelf = bonsai_cache / "exports"
    places = [shelf / name for name in ("old", "middle", "new.er")]
    for age, place in enumerate(places):
        place.mkdir(parents=True)
        (place / "model").write_bytes(bytes(600))
        zip_of(place).write_bytes(bytes(300))
        os.utime(place, (age, age))
    (shelf / "broken.half").mkdir()
    (shelf / "broken.half.zip").touch()
    (shelf / "alone.zip").touch()
    monkeypatch.setattr(exports, "BYTES", 2000)
    exports.make_room(places[-1])
    assert {path.name for path in shelf.iterdir()} == {"middle", "middle.zip", "new.er", "new.er.zip"}
    monkeypatch.setattr(exports, "BYTES", 10)
    exports.make_room(places[-1])
    assert {path.name for path in shelf.iterdir()} == {"new.er", "new.er.zip"}  # the newest stays, however large
