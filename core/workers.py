"""Where a sweep computes: worker processes of this machine, or those of a scheduler elsewhere, over TLS."""

import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import work
from core.options import ConfigError

WAIT_S = 20  # for a scheduler to answer and to have a worker
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Certificates:
    """Files in PEM format: the authority that both sides trust, our certificate, and its key."""

    authority: Path
    certificate: Path
    key: Path


def start_local(workers: int) -> tuple["subprocess.Popen[str]", str]:
    """A scheduler with so many workers on the loopback, in a process that ends with this one; and its address."""
    # the folder of the product goes on the path instead of being the working folder, so that relative folders of the
    # user's mean the same in the worker as here
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command, pipe = [sys.executable, "-m", "core.cluster", str(workers)], subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def stop(process: "subprocess.Popen[str]") -> None:
    """End what `start_local` started."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait(timeout=10)


@contextmanager
def local(workers: int) -> Iterator[Any]:
    """A client of so many workers of this machine, while it is open."""
    import distributed

    process, address = start_local(workers)
    try:
        with distributed.Client(address, set_as_default=False) as client:
            yield client
    finally:
        stop(process)


@contextmanager
def remote(address: str, certificates: Certificates | None) -> Iterator[Any]:
    """A client of a scheduler, while it is open. Raises ConfigError where none answers or none can be trusted."""
    import distributed

    check_address(address, certificates)
    security = None
    if certificates is not None:
        security = distributed.Security(
            tls_ca_file=str(certificates.authority),
            tls_client_cert=str(certificates.certificate),
            tls_client_key=str(certificates.key),
            require_encryption=True,
        )
    try:
        client = distributed.Client(address, security=security, timeout=WAIT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ConfigError(
            f"no scheduler answers at {address} ({type(error).__name__}); start one (docs/cluster.md) or leave it out"
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def check_address(address: str, certificates: Certificates | None) -> None:
    """Raise ConfigError unless it is tls with certificates that are there, or tcp within this machine."""
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    if scheme not in ("tls", "tcp") or not host or not port.isdigit():
        raise ConfigError(f"'{address}' is no scheduler's address; write it like tls://host:8786")
    if scheme == "tcp" and not _is_loopback(host.strip("[]")):
        raise ConfigError(f"tcp is not encrypted and so for this machine only; use tls://{place} with certificates")
    if scheme == "tls" and certificates is None:
        raise ConfigError(f"{address} needs --tls-ca, --tls-cert and --tls-key")
    for file in (certificates.authority, certificates.certificate, certificates.key) if certificates else ():
        if not file.is_file():
            raise ConfigError(f"'{file}' is not there; docs/cluster.md says how certificates are made")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_workers(client: Any, address: str) -> None:
    """Raise ConfigError unless there is a worker, and each has the libraries that we have."""
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError as error:
        raise ConfigError(f"the scheduler at {address} has no worker; start one (docs/cluster.md)") from error
    ours = work.versions()
    for worker, theirs in client.run(work.versions).items():
        for name, version in ours.items():
            if theirs.get(name) != version:
                raise ConfigError(
                    f"the worker {worker} has {name} {theirs.get(name)}, not {version}; install the same "
                    "requirements.txt there"
                )
