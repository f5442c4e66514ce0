"""Integers in real runtimes: the demo on SST-2 in ONNX Runtime and ExecuTorch beside PyTorch eager in fp32."""

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.evaluate import against_trainer
from core.control import PAIRS, Control
from core.engine import latency
from core.engine import measure as measuring
from core.engine.latency import Rounds
from core.engine.prepare import Prepared, prepare
from core.engine.recipes import waterfall
from core.engine.run import compress, make_spec
from core.engine.store import Store
from core.environment import here, load_average
from core.models import encoder
from core.result import compare
from core.runtimes import pytorch
from core.spec import Spec
from core.tasks.task import Origin

RUNTIMES = ("onnx", "executorch")
INT8 = "quantize:mode=int8-dynamic"
EXPORTS = {"onnx": 30.0, "pte": 120.0}  # format -> seconds aimed at


def measure(data: str) -> dict[str, Any]:
    """Accuracy, megabytes and the times of one run by turns; then evaluation and export. data: folder of SST-2."""
    origin = Origin("sst2", data)
    dense = make_spec("demo", origin)
    ready = prepare(dense, origin)
    with TemporaryDirectory() as place:
        store = Store(Path(place) / "results")
        figures = {name: _runtime(dense, name, ready, origin, store) for name in RUNTIMES}
        spec = _specs(dense, "onnx")["int8"]
        session = _realised(spec, ready, origin, store).open()
        latency.use_all_cores()
        evaluation = against_trainer(session, ready)
    return {
        "what": "demo on SST-2; 1 x 128 tokens, one thread, by turns; points and MB against PyTorch fp32",
        **figures,
        "evaluation": {**evaluation, "target": 8.0},
        "export_s": {form: {"seconds": _export_s(form, data), "target": most} for form, most in EXPORTS.items()},
        "machine": here().machine,
        "load": load_average(),
    }


def _specs(dense: Spec, runtime: str) -> dict[str, Spec]:
    """fp32, int8, half of the work in int8, and a smaller vocabulary besides."""
    stages = waterfall(dense, runtime)
    whole, last = stages["runtime"], stages["int8"].steps[-1]
    return {
        "fp32": whole,
        "int8": dataclasses.replace(whole, steps=(last,)),
        "half_int8": stages["int8"],
        "vocabulary_int8": stages["vocabulary"],
    }


def _realised(spec: Spec, ready: Prepared, origin: Origin, store: Store) -> measuring.Realised:
    return measuring.realise(compress(spec, origin, store), spec, ready, store, Control())


def _runtime(dense: Spec, runtime: str, ready: Prepared, origin: Origin, store: Store) -> dict[str, Any]:
    """A row a model: points lost, share of the dense file, times against its own fp32 and PyTorch's."""
    models = {"torch": dense, **_specs(dense, runtime)}
    realised = {name: _realised(spec, ready, origin, store) for name, spec in models.items()}
    quality = {name: measuring.quality(one, ready, Control()) for name, one in realised.items()}
    bytes_ = {name: measuring.weigh(one, models[name], Control()).bytes for name, one in realised.items()}
    pieces = min(encoder.vocabulary_size(one.state.model) for one in realised.values())
    item = latency.random_input(1, latency.SEQ, pieces)
    eager, *files = realised.values()
    sessions = [one.open() for one in files]
    runs = [pytorch.runner(eager.model), *(session.answer for session in sessions)]
    rounds = latency.rounds(runs, [[item] * PAIRS] * len(runs), batch=1, seq=latency.SEQ)
    for session in sessions:
        session.close()
    return {
        name: {
            "points": 100 * compare(quality[name], quality["torch"]).delta,
            "mb": bytes_[name] / 1e6,
            "share_of_file": bytes_[name] / bytes_["torch"],
            **_times(rounds, index),
        }
        for index, name in enumerate(models)
    }


def _times(rounds: Rounds, index: int) -> dict[str, Any]:
    own, total = rounds.speed(index, min(index, 1), ""), rounds.speed(index, 0, "")
    return {
        "ms": own.median_ms,
        "against_own_fp32": (own.speedup, *own.interval),
        "against_torch": (total.speedup, *total.interval),
    }


def _export_s(form: str, data: str) -> float:
    """Seconds of the whole command, its start and the run of the written file included."""
    with TemporaryDirectory() as place:
        command = [
            "export",
            "--task",
            "sst2",
            "--data",
            data,
            "--step",
            INT8,
            "--format",
            form,
            "--out",
            f"{place}/out",
        ]
        start = time.perf_counter()
        cold = {**os.environ, "BONSAI_CACHE": f"{place}/cache", "BONSAI_RECORDED": f"{place}/nothing"}
        subprocess.run([sys.executable, "-m", "core", *command], env=cold, check=True, capture_output=True)
        return time.perf_counter() - start
