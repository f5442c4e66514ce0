"""The models that come with the code are what their recipes and records say, and answer as a visitor's download."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from core import paths
from core.engine.manifest import MANIFEST
from core.engine.run import recorded_spec
from core.engine.store import Store, parse_spec
from core.jobs import exports

MOST, BYTES = 3, 25_000_000
ZIPS = sorted(exports.READY.glob("*.zip"))


def test_they_are_few_and_small():
    assert 0 < len(ZIPS) <= MOST and sum(path.stat().st_size for path in ZIPS) <= BYTES


@pytest.mark.parametrize("archive", ZIPS, ids=lambda path: path.stem)
def test_each_is_of_a_recorded_recipe_with_its_figures_and_whole(archive):
    with zipfile.ZipFile(archive) as file:
        values = json.loads(file.read(f"{archive.stem}/{MANIFEST}"))
        names = {name.removeprefix(f"{archive.stem}/") for name in file.namelist()}
        assert {"README.md", MANIFEST, *values["files"]} == names
        assert "apache-2.0" in file.read(f"{archive.stem}/README.md").decode()
        for name, known in values["files"].items():
            assert hashlib.sha256(file.read(f"{archive.stem}/{name}")).hexdigest() == known["sha256"]
    spec = parse_spec(values["recipe"])
    assert spec.dense == recorded_spec("demo", spec.task)
    recorded = Store(paths.ROOT / "cache" / "recorded").read(spec.key)
    found = exports.find(spec.key, values["format"])
    assert found.exported.check.good and recorded is not None
    assert found.exported.check.accuracy == recorded.quality.interval


@pytest.mark.slow
@pytest.mark.parametrize("archive", ZIPS, ids=lambda path: path.stem)
def test_its_program_answers(archive, tmp_path):
    shutil.unpack_archive(archive, tmp_path)
    folder = tmp_path / archive.stem
    said = [sys.executable, "run.py", "A joy from beginning to end."]
    answer = subprocess.run(said, cwd=folder, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "positive" in answer
