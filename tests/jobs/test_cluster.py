"""A cluster: which addresses are taken; with TLS it loses a worker and lets nobody in without a certificate."""

import dataclasses
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import psutil
import pytest

from core.control import Control
from core.engine.store import Store
from core.errors import ConfigError
from core.jobs import cluster
from core.jobs.cluster import Certificates, check_address
from core.jobs.sweep import sweep
from core.spec import Step
from core.techniques import magnitude
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://here:1", "is no scheduler's address; write it like tls://host:8786"),
        ("tls://here", "is no scheduler's address"),
        ("tcp://example.org:8786", "tcp is not encrypted and so for this machine only; use tls://example.org:8786"),
        ("tcp://10.0.0.1:8786", "tcp is not encrypted"),
        ("tls://example.org:8786", "needs --tls-ca, --tls-cert and --tls-key"),
    ],
)
def test_addresses_that_are_refused(address, words):
    with pytest.raises(ConfigError, match=words):
        check_address(address, None)


def test_addresses_that_are_taken(tmp_path):
    for address in ("tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786"):
        check_address(address, None)
    file = tmp_path / "a.pem"
    with pytest.raises(ConfigError, match="a.pem' is not there; docs/cluster.md says how certificates are made"):
        check_address("tls://example.org:8786", Certificates(file, file, file))
    file.touch()
    check_address("tls://example.org:8786", Certificates(file, file, file))


def test_a_scheduler_that_is_away(monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_S", 1)
    with (
        pytest.raises(ConfigError, match="no scheduler answers at tcp://127.0.0.1:9 .*; start one"),
        cluster.remote("tcp://127.0.0.1:9", None),
    ):
        pass


@pytest.fixture
def certificates(tmp_path):
    """One certificate that all trust, made as docs/cluster.md says."""
    (line,) = [line for line in (ROOT / "docs" / "cluster.md").read_text().splitlines() if line.startswith("openssl")]
    made = subprocess.run(line.partition("  #")[0].split(), cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return Certificates(tmp_path / "bonsai.pem", tmp_path / "bonsai.pem", tmp_path / "bonsai.key")


@contextmanager
def started(command, certificates, folder):
    """A scheduler or worker, as docs/cluster.md starts it; gives what it says."""
    tls = {
        "--tls-ca-file": certificates.authority,
        "--tls-cert": certificates.certificate,
        "--tls-key": certificates.key,
    }
    options = [str(part) for pair in tls.items() for part in pair]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BONSAI_CACHE": str(folder / "cache")}
    folder.mkdir()
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    whole = [sys.executable, "-m", "dask", *command, "--no-dashboard", *options]
    process = subprocess.Popen(whole, cwd=folder, env=environment, **pipe)
    said = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout), daemon=True)
    reader.start()
    try:
        yield process, said
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def address_in(said):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for line in said:
            if "tls://" in line:
                return "tls://127.0.0.1:" + line.rpartition(":")[2].strip()
        time.sleep(0.1)
    pytest.fail("".join(said))


@pytest.mark.long
def test_a_cluster_with_tls_loses_a_worker_and_nothing_else(certificates, tmp_path, monkeypatch):
    (spec, origin), store = tiny.experiment(tmp_path), Store(tmp_path / "cache" / "results")
    zeros = [Step("magnitude", magnitude.Config(amount=amount / 20)) for amount in range(1, 13)]
    specs = [dataclasses.replace(spec, steps=(zero,)) for zero in zeros]
    scheduler = ["scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    monkeypatch.setattr(cluster, "WAIT_S", 120)
    with ExitStack() as stack:
        _, said = stack.enter_context(started(scheduler, certificates, tmp_path / "scheduler"))
        address = address_in(said)
        worker = ["worker", address, "--nworkers", "1", "--nthreads", "1"]
        first, _ = stack.enter_context(started(worker, certificates, tmp_path / "first"))
        stack.enter_context(started(worker, certificates, tmp_path / "second"))
        with cluster.remote(address, certificates) as client:
            client.wait_for_workers(2, timeout=120)
            killed = []

            def kill(event):
                if event.done >= 2 and not killed:
                    killed.append(first.pid)
                    for process in (*psutil.Process(first.pid).children(recursive=True), psutil.Process(first.pid)):
                        process.kill()

            report = sweep(specs, origin, store, nullcontext(client), Control(on_event=kill), threads=1)
            assert killed and len(client.scheduler_info()["workers"]) == 1
    assert report.done == len(specs) + 1 and not report.failures
    assert all(store.read(one.key) for one in specs)


def test_without_a_certificate_nobody_gets_in(certificates, tmp_path, monkeypatch):
    import distributed

    scheduler = ["scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    monkeypatch.setattr(cluster, "WAIT_S", 5)
    with started(scheduler, certificates, tmp_path / "scheduler") as (_, said):
        address = address_in(said)
        with pytest.raises(OSError):
            distributed.Client(address.replace("tls://", "tcp://"), timeout=3)
        with pytest.raises(ConfigError, match="has no worker; start one"), cluster.remote(address, certificates):
            pass
