"""Peak memory of a process that loads a model and runs it: measured in a fresh process of its own.

Run as `python -m core.engine.memory RUNTIME FOLDER BATCH SEQ THREADS` it prints the peak in bytes. What the runtime
itself takes is in it. It is one that runs the model itself, in fp32.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from torch import nn

from core import paths
from core.engine.latency import limited_threads, random_input
from core.models import encoder, find, save
from core.models.load import load
from core.runtimes import find as find_runtime
from core.runtimes.precision import FP32
from core.spec import TORCH

RUNS = 3
PATIENCE_S = 120


def peak_bytes(model: nn.Module, tokenizer: Any, batch: int, seq: int, threads: int, runtime: str = TORCH) -> int:
    """Largest resident memory of a process that does nothing but load this model and answer a few batches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save.write(model, tokenizer, folder)
        path = folder / "config.json"
        # every model is loaded the way that shaped ones are, so that only the model makes the difference
        shape = {find.SHAPE: {"layers": encoder.layer_shapes(model)}}
        save.write_json(path, json.loads(path.read_text(encoding="utf8")) | shape)
        command = [sys.executable, "-m", "core.engine.memory", runtime, str(folder), *map(str, (batch, seq, threads))]
        found = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return int(found.stdout)


def main(runtime: str, folder: str, batch: int, seq: int, threads: int) -> int:
    """Load the folder, run it, and return this process' peak in bytes."""
    model = load(find.resolve(folder)).model
    in_memory, item = find_runtime(runtime).in_memory, random_input(batch, seq, encoder.vocabulary_size(model))
    assert in_memory is not None
    run = in_memory.session(model, FP32, True).run
    with limited_threads(threads):
        for _ in range(RUNS):
            run(item)
    return _peak()


def _peak() -> int:
    """Largest resident memory of this process; Linux' rusage would still know the size of the process it came from."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
