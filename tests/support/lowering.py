"""Each model is lowered to ExecuTorch once a session, whichever test and worker process asks for it first."""

import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FREE = ("_name_or_path", "architectures", "bonsai", "dtype", "transformers_version")  # of a config: not in the file


@pytest.fixture(scope="session")
def shared_lowering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """While it is used, ExecuTorch's files come from a folder of this session where the same were lowered before."""
    from core.runtimes import RUNTIMES

    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # that of the session, of which each worker has a part
    place, real = place / "lowered", RUNTIMES["executorch"]

    def build(plan: Any, file: Path) -> None:
        kept = place / f"{_content(plan)}.pte"
        place.mkdir(exist_ok=True)
        with open(f"{kept}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_file():
                real.build(plan, file)
                shutil.copyfile(file, kept)
        shutil.copyfile(kept, file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RUNTIMES, "executorch", dataclasses.replace(real, build=build))
        yield


def _content(plan: Any) -> str:
    """A hash of all that the lowered file depends on."""
    from core.models import encoder

    config = {name: value for name, value in plan.model.config.to_dict().items() if name not in FREE}
    facts = [config, encoder.layer_shapes(plan.model), dataclasses.asdict(plan.precision)]
    facts += [plan.max_tokens, list(plan.example)]
    found = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    tensors = [*plan.model.state_dict().items(), *((name, t) for item in plan.calibration for name, t in item.items())]
    for name, tensor in tensors:
        found.update(f"{name}{tuple(tensor.shape)}".encode() + tensor.contiguous().numpy().tobytes())
    return found.hexdigest()[:24]
