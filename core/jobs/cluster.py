"""The workers of a sweep: those of this machine, and those of a scheduler elsewhere, over TLS.

`python -m core.jobs.cluster [COUNT]` starts dask workers on the loopback and ends with its parent. It prints where the
scheduler is and the certificate that lets in, made for this one run, as its first line, and runs until its standard
input closes. Without a certificate every account of this machine could have the workers run code.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import distributed

from core.errors import ConfigError
from core.jobs.process import started
from core.jobs.worker import versions
from core.visitors import is_loopback

FILES = ("tls_ca_file", "tls_client_cert", "tls_client_key")
SETTINGS: dict[str, Any] = {
    # even without a dashboard dask opens an HTTP server with pages about the cluster and a proxy: none of these
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # dask tells malloc to give every large block back at once, and the pages of each activation are mapped anew: an
    # evaluation then takes half as long again
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # clocks of dask's own that nobody looks at; together they take a tenth from whatever computes
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",  # instead of 20 ms
    "distributed.admin.system-monitor.interval": "10s",
}


def main(workers: int) -> None:
    """One scheduler and so many worker processes, on 127.0.0.1 only, without a dashboard."""
    dask.config.set(SETTINGS)
    security = distributed.Security.temporary()
    with distributed.LocalCluster(
        n_workers=workers,
        security=security,
        protocol="tls",
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        files = {name: getattr(security, name) for name in FILES}
        print(json.dumps({"address": cluster.scheduler_address, **files}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

WAIT_S = 20  # for a scheduler to answer and to have a worker


@dataclass(frozen=True)
class Certificates:
    """Files in PEM format: the authority that both sides trust, our certificate, and its key."""

    authority: Path
    certificate: Path
    key: Path


def start_local(workers: int) -> tuple["subprocess.Popen[str]", dict[str, str]]:
    """A scheduler with so many workers on the loopback, in a process that ends with this one; its address, and what
    lets in there."""
    process = started("core.jobs.cluster", str(workers), environment=os.environ)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def stop(process: "subprocess.Popen[str]") -> None:
    """End what `start_local` started."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait(timeout=10)


@contextmanager
def local(workers: int) -> Iterator[Any]:
    """A client of so many workers of this machine, while it is open."""
    import distributed

    process, place = start_local(workers)
    security = _trust(*(place[name] for name in FILES))
    try:
        with distributed.Client(place["address"], security=security, set_as_default=False) as client:
            yield client
    finally:
        stop(process)


@contextmanager
def remote(address: str, certificates: Certificates | None) -> Iterator[Any]:
    """A client of a scheduler, while it is open. Raises ConfigError where none answers or none can be trusted."""
    import distributed

    check_address(address, certificates)
    files = certificates and (certificates.authority, certificates.certificate, certificates.key)
    security = _trust(*map(str, files)) if files else None
    try:
        client = distributed.Client(address, security=security, timeout=WAIT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ConfigError(
            "no scheduler answers at {address} ({why}); start one (docs/cluster.md) or leave it out",
            address=address,
            why=type(error).__name__,
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def _trust(authority: str, certificate: str, key: str) -> Any:
    """Nothing but TLS with these, each a file's path or its text."""
    import distributed

    return distributed.Security(**dict(zip(FILES, (authority, certificate, key), strict=True)), require_encryption=True)


def check_address(address: str, certificates: Certificates | None) -> None:
    """Raise ConfigError unless it is tls with certificates that are there, or tcp within this machine."""
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    if scheme not in ("tls", "tcp") or not host or not port.isdigit():
        raise ConfigError("'{address}' is no scheduler's address; write it like tls://host:8786", address=address)
    if scheme == "tcp" and not is_loopback(host.strip("[]")):
        raise ConfigError(
            "tcp is not encrypted and so for this machine only; use tls://{place} with certificates", place=place
        )
    if scheme == "tls" and certificates is None:
        raise ConfigError("{address} needs --tls-ca, --tls-cert and --tls-key", address=address)
    for file in (certificates.authority, certificates.certificate, certificates.key) if certificates else ():
        if not file.is_file():
            raise ConfigError("'{file}' is not there; docs/cluster.md says how certificates are made", file=file)


def _check_workers(client: Any, address: str) -> None:
    """Raise ConfigError unless there is a worker, and each has the libraries that we have."""
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError as error:
        raise ConfigError(
            "the scheduler at {address} has no worker; start one (docs/cluster.md)", address=address
        ) from error
    ours = versions()
    for worker, theirs in client.run(versions).items():
        for name, version in ours.items():
            if theirs.get(name) != version:
                raise ConfigError(
                    "the worker {worker} has {name} {theirs}, not {version}; install the same requirements.txt there",
                    worker=worker,
                    name=name,
                    theirs=theirs.get(name),
                    version=version,
                )
