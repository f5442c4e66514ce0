"""What every test shares: no network, a cache of its own, and the real data where they are."""

import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

# before anything imports huggingface_hub or datasets, which read them once
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import tempfile

# nor does a test, or a process that it starts, find what is shipped, unless it says so
os.environ["BONSAI_RECORDED"] = str(Path(tempfile.gettempdir()) / "bonsai-nothing-is-recorded-here")

import pytest
import torch

from core import paths
from core.tasks.task import Origin

# tiny models gain nothing from a second thread, and lose much of it where the machine is busy
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)

pytest_plugins = ["tests.support.chromium", "tests.support.lowering"]
ROOT = Path(__file__).resolve().parent.parent
# what starts a browser, a process or a lowering: `make quick` leaves out the tests that ask for one of these
SLOW = {"certificates", "chromium", "command_line", "shared_lowering", "strangers", "two_workers", "world"}
# lowering takes half a minute each time: one is enough for `make check`, and `make check-all` does them all
LOWERED = re.compile(r"\[(.*-)?(pte|executorch)(-.*)?\]$")
ENOUGH = "test_the_file_answers_as_the_model_does[executorch-shaped-fp32]"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use one of SLOW, and those that lower; others carry their mark themselves."""
    for item in items:
        if SLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
        if "shared_lowering" in getattr(item, "fixturenames", ()) and LOWERED.search(item.name) and item.name != ENOUGH:
            item.add_marker(pytest.mark.long)


@pytest.fixture(autouse=True)
def bonsai_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own, for this process and those that it starts."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BONSAI_CACHE", str(folder))
    monkeypatch.setattr(paths, "CACHE", folder)
    return folder


@pytest.fixture(scope="session")
def sst2() -> Origin:
    """The real SST-2: from BONSAI_DATA, or from shared/data beside the repository; else the test is skipped."""
    folders = [Path(os.environ["BONSAI_DATA"])] if os.environ.get("BONSAI_DATA") else [ROOT.parent / "shared" / "data"]
    for folder in folders:
        if (folder / "dev.tsv").is_file() or (folder / "sst2" / "dev.tsv").is_file():
            return Origin("sst2", str(folder))
    pytest.skip(f"SST-2 is not here: {folders[0]} has no train.tsv and dev.tsv (name their folder in BONSAI_DATA)")


@pytest.fixture(scope="session")
def official_squad() -> str:
    """The folder of the real SQuAD: from BONSAI_DATA, or from shared/data beside the repository; else skipped."""
    for folder in filter(None, (os.environ.get("BONSAI_DATA"), str(ROOT.parent / "shared" / "data"))):
        if list(Path(folder).glob("**/dev-v1.1.json*")):
            return folder
    pytest.skip("SQuAD is not here: name the folder of its files in BONSAI_DATA")


@pytest.fixture
def command_line() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run python -m core in a process of its own, as a user does."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)

    return run


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support import tiny

    return Path(tiny.folder(tmp_path_factory.mktemp("demo") / "model"))


@pytest.fixture
def fresh_server(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model as the demo, no real data, jobs that run here, and nothing kept of an earlier test."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import app_test

    from core.models import find
    from pages.components.canvas import component
    from pages.components.slide import measured
    from pages.components.widgets import presence, session
    from tests.support.app import BROWSER, FakeJobs

    monkeypatch.setattr(find, "DEMO", tiny_folder)
    monkeypatch.setattr(session, "Jobs", FakeJobs)
    monkeypatch.setattr(presence, "browser", lambda: BROWSER)
    for one in (presence, session):  # no threads of a server's
        monkeypatch.setattr(one, "exists", lambda: False)
    monkeypatch.setattr(measured, "UNASKED_S", math.inf)  # a busy machine must not make an evaluation a long one
    monkeypatch.setattr(FakeJobs, "answer", None)
    monkeypatch.setattr(FakeJobs, "cancelled", [])
    monkeypatch.setattr(FakeJobs, "waits", {})
    monkeypatch.setattr(FakeJobs, "listed", {})
    monkeypatch.setattr(FakeJobs, "trained", [])
    monkeypatch.delenv("BONSAI_DATA", raising=False)
    # AppTest takes a pages/ folder for Streamlit's older kind of app each time; a server does so only once
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("Navigated", (PagesManager,), {}))
    session.jobs.clear()
    session.store.clear()
    component.component.cache_clear()  # AppTest has a registry of its own each time
