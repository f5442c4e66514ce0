"""Run a .pte file and answer batches on standard input: `python -m core.runtimes.executorch_run FILE THREADS`.

A process of its own, since a broken file can end the process that loads it. A message is its length in 4 bytes and
then tensors as safetensors; an answer likewise. The first answer holds the file's facts as bytes.
"""

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors.torch import load, save
from torch import Tensor

from core.runtimes.executorch_lower import FACTS

LENGTH = struct.Struct("<I")


def send(pipe: BinaryIO, tensors: dict[str, Tensor]) -> None:
    """Write one message."""
    content = save(tensors)
    pipe.write(LENGTH.pack(len(content)) + content)
    pipe.flush()


def receive(pipe: BinaryIO) -> dict[str, Tensor] | None:
    """Read one message; None at the end of the pipe."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    content = pipe.read(LENGTH.unpack(head)[0])
    return load(content)


def main(file: Path, threads: int) -> None:
    """Answer until the pipe ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the libraries print must not be taken for an answer
    program = _loaded(file, threads)
    facts = program.load_method(FACTS).execute([])[0]
    send(answers, {"facts": torch.frombuffer(bytearray(facts.encode()), dtype=torch.uint8)})
    forward, names = program.load_method("forward"), json.loads(facts)["inputs"]
    while (batch := receive(sys.stdin.buffer)) is not None:
        # the file takes one sentence of any length
        rows = [forward.execute([batch[name][i : i + 1] for name in names]) for i in range(len(batch["input_ids"]))]
        send(answers, {str(k): torch.cat([row[k] for row in rows]).contiguous() for k in range(len(rows[0]))})


def _loaded(file: Path, threads: int) -> Any:
    import executorch.kernels.quantized  # noqa: F401 - registers embedding_byte
    from executorch.extension.pybindings import portable_lib
    from executorch.runtime import Runtime

    portable_lib._unsafe_reset_threadpool(threads)
    return Runtime.get().load_program(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
