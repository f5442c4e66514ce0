"""Where is written: where one says, beside the code, or, where that cannot be, in the user's own cache folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import paths
from core.commands import main
from core.engine.store import default_store
from tests.support import tiny


def test_what_is_named_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("BONSAI_CACHE", str(tmp_path / "named"))
    assert paths.cache_folder() == tmp_path / "named"


def test_a_folder_that_cannot_be_written_to_gives_way_to_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv("BONSAI_CACHE")
    assert paths.cache_folder() == paths.ROOT / "cache"
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert paths.cache_folder() == tmp_path / "bert-bonsai"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert paths.cache_folder() == Path.home() / ".cache" / "bert-bonsai"
    monkeypatch.setattr(paths, "CACHE", tmp_path / "bert-bonsai")
    own = tmp_path / "bert-bonsai"
    assert default_store().recorded == (own / "recorded", paths.SHIPPED) and default_store().folder == own / "results"


def test_what_is_shipped_is_read_wherever_the_cache_lies(monkeypatch):
    monkeypatch.delenv("BONSAI_RECORDED")
    code = "from core import paths; print(paths.SHIPPED, paths.CACHE)"
    told = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    shipped, cache = told.stdout.split()
    assert Path(shipped) == paths.ROOT / "cache" / "recorded" and cache == os.environ["BONSAI_CACHE"]


@pytest.mark.parametrize("what", ["results", "installation"])
def test_a_cache_that_cannot_be_written_is_one_line(monkeypatch, tmp_path, capsys, bonsai_cache, what):
    bonsai_cache.mkdir()
    (bonsai_cache / what).mkdir() if what == "installation" else (bonsai_cache / what).write_text("a file")
    command = ["run", "--model", tiny.folder(tmp_path / "model"), "--task", tiny.csv_file(tmp_path / "a.csv")]
    assert main([*command, "--no-speed"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("bonsai: ") and "BONSAI_CACHE names another folder" in line and str(bonsai_cache) in line
