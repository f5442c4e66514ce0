"""Sweeps: Specs without training from cold, two workers beside one, and all of the default sweep from the store."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.control import Control
from core.engine.run import make_spec, recorded_spec
from core.engine.store import Store, default_store
from core.environment import here, load_average
from core.jobs import cluster, recorded, sweep
from core.jobs.recorded import recorded_specs
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques import TECHNIQUES

COUNT = 40  # Specs without training


def measure(data: str) -> dict[str, Any]:
    """Seconds with the start of the workers included; every worker has one thread and a cache of its own, empty."""
    origin = Origin("sst2", data)
    dense = make_spec("demo", origin)
    untrained = [spec for spec in recorded_specs(dense) if all(_only_prunes(step.technique) for step in spec.steps)]
    two, one = (_seconds(untrained[:COUNT], origin, count) for count in (2, 1))
    return {
        "what": f"seconds: {COUNT} Specs from cold on two workers and on one, and the default sweep stored",
        "target_s": 180.0,
        "stored_s": _stored(),
        "stored_target": 1.0,
        "two_workers_s": two,
        "one_worker_s": one,
        "ratio": two / one,
        "ratio_target": 0.6,
        "machine": here().machine,
        "load": load_average(),
    }


def _only_prunes(technique: str) -> bool:
    return TECHNIQUES[technique].kind == "prune"


def _seconds(specs: list[Spec], origin: Origin, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        before = dict(os.environ)
        os.environ |= {"BONSAI_CACHE": folder, "BONSAI_RECORDED": f"{folder}/nothing"}  # from cold
        try:
            store, started = Store(Path(folder) / "results"), time.monotonic()
            report = sweep.sweep(specs, origin, store, cluster.local(count), Control(), threads=1)
            seconds = time.monotonic() - started
        finally:
            os.environ.clear()
            os.environ.update(before)
    assert report.done >= len(specs) and not report.failures, report
    return seconds


def _stored() -> float:
    """Seconds to read what is stored of the default sweep, in a process that has read nothing before."""
    lines = "from benchmarks.sweep import sweep_stored; print(sweep_stored())"
    return float(subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout)


def sweep_stored() -> float:
    """Seconds of a sweep over what is stored, the first that this process reads."""
    dense, store = recorded_spec("demo", "sst2"), default_store()
    assert dense is not None
    keys = {path.stem for folder in (store.folder, *store.recorded) for path in folder.glob("*.json")}
    known = [spec for spec in recorded.specs(dense) if spec.key in keys]
    started = time.monotonic()
    report = sweep.sweep(known, Origin("sst2"), store, cluster.local(1), Control())
    assert report.done == 0 and report.skipped >= 120, report
    return time.monotonic() - started
