"""The workers' home: python -m core.cluster [COUNT] starts dask workers on the loopback and ends with its parent.

A process of its own, because a worker started inside the page's process would import the page's script. Prints the
scheduler's address as its first line and runs until its standard input closes.
"""

import logging
import sys
from typing import Any

import dask
import distributed

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
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
