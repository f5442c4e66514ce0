"""A real server for the tests in a browser, with two models of random weights and some stored results."""

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import Store
from core.models import find
from core.models.load import load
from core.models.size import weigh
from core.tasks.task import Origin
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted(path.stem for path in (ROOT / "pages").glob("[a-z]*.py")))
SMALL = {"hidden_size": 96, "num_hidden_layers": 3, "intermediate_size": 192}
SLOW = {"hidden_size": 256, "num_hidden_layers": 6, "intermediate_size": 1024}  # a job of some seconds
STORED = (0, 10, 20, 30, 40, 50, 60, 70)


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its process and its cache; small and slow are folders of models."""

    address: str
    process: subprocess.Popen[bytes]
    cache: Path
    small: str
    slow: str

    def link(self, page: str = "slide", model: str = "", **values: object) -> str:
        """An address of that page that chooses the small model and Reviews unless others are named."""
        place = "" if page == "start" else page
        return f"{self.address}/{place}?{urlencode({'model': model or self.small, 'task': 'reviews', **values})}"


@contextlib.contextmanager
def serve(place: Path) -> Iterator[Server]:
    """`streamlit run app.py` on a free port, as a user starts it, with a cache of its own."""
    small = tiny.folder(place / "small", tiny.bert(**SMALL))
    slow = tiny.folder(place / "slow", tiny.bert(**SLOW))
    if (ROOT / "cache" / "recorded").is_dir():
        shutil.copytree(ROOT / "cache" / "recorded", place / "cache" / "recorded")
    _store_positions(small, Store(place / "cache" / "results"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BONSAI_CACHE": str(place / "cache"), "HF_HUB_OFFLINE": "1"}
    environment.pop("BONSAI_DATA", None)
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://localhost:{port}"
            _wait(f"{address}/_stcore/health")
            yield Server(address, process, place / "cache", small, slow)
        finally:
            workers = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            process.wait(timeout=30)
            _, left = psutil.wait_procs(workers, timeout=15)
    assert left == []  # the cluster ends with its server
    log = (place / "log").read_text()
    assert "Traceback" not in log, log[-4000:]


def _store_positions(small: str, store: Store) -> None:
    """Dense and every tenth, so that a release finds its figures; the n is that of the reviews."""
    dense = make_spec(small, Origin("reviews"))
    whole = weigh(load(find.resolve(small)).model)
    speed = tiny.speed((2.0,) * 9, (2.0,) * 9)
    for amount in STORED:
        scores = tuple(float(i % 100 < 90 - amount / 2) for i in range(600))
        zeros = round(whole.prunable * amount / 100)
        size = dataclasses.replace(
            whole,
            nonzero=whole.nonzero - zeros,
            prunable_nonzero=whole.prunable - zeros,
            zip_bytes=round(whole.zip_bytes * (1 - amount / 200)),
        )
        spec = curve_spec(dense, "l1-layer", amount / 100)
        store.write(tiny.result(spec, quality=tiny.quality(scores), size=size, speeds=(speed,)))


def _wait(address: str) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.25)
    raise TimeoutError(f"no answer from {address}")
