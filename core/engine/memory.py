"""Peak memory of a process that loads a model and runs it: measured in a fresh process of its own.

Run as `python -m core.engine.memory FOLDER BATCH SEQ THREADS` it prints the peak in bytes. What PyTorch itself
takes is in it.
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
from core.runtimes import pytorch

RUNS = 3
PATIENCE_S = 120


def peak_bytes(model: nn.Module, tokenizer: Any, batch: int, seq: int, threads: int) -> int:
    """Largest resident memory of a process that does nothing but load this model and answer a few batches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save.write(model, tokenizer, folder)
        path = folder / "config.json"
        # every model is loaded the way that shaped ones are, so that only the model makes the difference
        shape = {find.SHAPE: {"layers": encoder.layer_shapes(model)}}
        save.write_json(path, json.loads(path.read_text(encoding="utf8")) | shape)
        command = [sys.executable, "-m", "core.engine.memory", str(folder), *map(str, (batch, seq, threads))]
        found = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return int(found.stdout)


def main(folder: str, batch: int, seq: int, threads: int) -> int:
    """Load the folder, run it, and return this process' peak in bytes."""
    model = load(find.resolve(folder)).model
    run, item = pytorch.runner(model), random_input(batch, seq, encoder.vocabulary_size(model))
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
    print(main(sys.argv[1], *map(int, sys.argv[2:5])))
