"""ExecuTorch with XNNPACK: a .pte file for Android and iOS, run here by the same kernels.

Integers by PT2E: weights have a scale for each output channel; int8-dynamic computes scale and zero point of the
activations at run time, int8-static calibrated them on examples. The file takes one sentence of any length up to the
model's; several are answered one after another.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from safetensors.torch import save_file

from core import paths
from core.errors import ModelError
from core.models import save
from core.runtimes import executorch_lower, executorch_run
from core.runtimes.runtime import TEMPLATES, Batch, Export, Plan, Runtime, Session, check_length, fed, outputs

MODES = ("fp32", "int8-dynamic", "int8-static")
BUILD_S, START_S, ANSWER_S = 900, 120, 60  # time limits: lowering, loading a file, answering a batch


def build(plan: Plan, file: Path) -> None:
    """Write the model as a .pte file. Raises ModelError when lowering fails or takes too long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save.write(plan.model, plan.tokenizer, folder / "model")
        precision = plan.precision
        values = {"mode": precision.mode, "embeddings": precision.embeddings, "per_channel": precision.per_channel}
        values |= {"inputs": list(plan.example), "max_tokens": plan.max_tokens}
        save.write_json(folder / executorch_lower.PLAN, values)
        if plan.calibration:
            examples = {f"{index}.{name}": item[name] for index, item in enumerate(plan.calibration) for name in item}
            save_file(examples, folder / executorch_lower.CALIBRATION)
        command = [sys.executable, "-m", executorch_lower.__name__, str(folder), str(file.resolve())]
        try:
            done = subprocess.run(command, env=_environment(), capture_output=True, timeout=BUILD_S, check=False)
        except subprocess.TimeoutExpired:
            raise ModelError(
                "lowering to ExecuTorch took more than {seconds} s; try a smaller model", seconds=BUILD_S
            ) from None
    if done.returncode or not file.is_file():
        file.unlink(missing_ok=True)
        raise ModelError("ExecuTorch could not take the model ({why})", why=_last_line(done.stderr))


def open_file(file: Path, threads: int = 1) -> Session:
    """Start a process that runs the file. Raises ModelError for one that is missing, corrupt or foreign."""
    if not file.is_file():
        raise ModelError("'{file}' is not there; build it again", file=file.name)
    noise = tempfile.TemporaryFile()
    command = [sys.executable, "-m", executorch_run.__name__, str(file.resolve()), str(threads)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=_environment(), stdin=pipe, stdout=pipe, stderr=noise)
    first = _receive(process, START_S)
    if first is None:
        _end(process)
        noise.seek(0)
        why = _last_line(noise.read())
        noise.close()
        raise ModelError("'{file}' is not a whole .pte file of ours ({why}); build it again", file=file.name, why=why)
    facts = json.loads(bytes(first["facts"].tolist()))

    def answer(batch: Batch) -> Any:
        check_length(batch, facts["max_tokens"])
        found = None
        with contextlib.suppress(BrokenPipeError):
            executorch_run.send(cast(BinaryIO, process.stdin), fed(batch, facts["inputs"]))
            found = _receive(process, ANSWER_S)
        if found is None:
            _end(process)
            raise ModelError(
                "'{file}' did not answer within {seconds} s; build it again", file=file.name, seconds=ANSWER_S
            )
        return outputs(facts["outputs"], [found[str(index)] for index in range(len(found))])

    def close() -> None:
        _end(process)
        noise.close()

    return Session(answer, facts["mode"], 1, 1, close=close)


def _receive(process: subprocess.Popen[bytes], limit_s: int) -> dict[str, Any] | None:
    """The next answer; None when the process ended or is silent too long."""
    pipe = cast(BinaryIO, process.stdout)
    ready, _, _ = select.select([pipe], [], [], limit_s)
    return executorch_run.receive(pipe) if ready else None


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        cast(BinaryIO, process.stdin).close()
    process.kill()
    process.wait()


def _last_line(noise: bytes) -> str:
    lines = [line.strip() for line in noise.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(paths.ROOT), "TRANSFORMERS_VERBOSITY": "error"}


RUNTIME = Runtime(
    name="executorch",
    title="ExecuTorch",
    modes=MODES,
    file="model.pte",
    build=build,
    build_s=40.0,
    open=open_file,
    packages=("executorch",),
    install="pip install -r requirements-mobile.txt",
    integers="int8-dynamic",
    export=Export(
        format="pte",
        title="An ExecuTorch file",
        packages=("executorch", "tokenizers"),
        program=TEMPLATES / "run_pte.py",
        notes=(TEMPLATES / "mobile_pte.md", TEMPLATES / "phone.md"),
        any_batch=False,
    ),
)
