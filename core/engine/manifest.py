"""What an export says of itself: its labels, its README, and a manifest with recipe, sizes, hashes and versions."""

import dataclasses
import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.engine import card
from core.engine.check import Check
from core.engine.prepare import Prepared
from core.installation import measuring, now
from core.models import dimensions
from core.models.forward import model_inputs
from core.models.save import write_json
from core.runtimes.phone import Band
from core.runtimes.runtime import Runtime
from core.spec import Spec, describe, to_json
from core.tasks.task import Task
from core.techniques.technique import State
from core.visitors import without_folders

EXAMPLES = ("It works on my machine, and it is a joy.", "It runs here, and I like it.")  # to try a program with
TAKES = ("a text", "two texts")
MANIFEST, LABELS = "manifest.json", "labels.json"
MAKERS = ("torch", "transformers", "torchao")  # their versions are in every manifest, with those of the runtime


def write_words(
    half: Path, runtime: Runtime, spec: Spec, state: State, ready: Prepared, found: Check, estimate: Band
) -> None:
    """labels.json, README.md and what the program of the format is made of."""
    assert runtime.export is not None
    first = ready.task.validation[0]
    inputs = [*model_inputs(ready.task.collate(ready.task.features(state.tokenizer, [first]), state.pad))]
    asked = _asked(ready.task, len(first.texts), inputs)
    write_json(half / LABELS, {"labels": _labels(state, ready), "max_tokens": spec.max_tokens, **asked})
    facts = {
        "model": without_folders(spec.model),
        "task": spec.task,
        "recipe": ", then ".join(f"`{describe(step)}`" for step in spec.steps) or "nothing was changed",
        "check": found.words,
        "inputs": " and ".join(f"`{name}`" for name in inputs),
        "outputs": " and ".join(f"`{name}`" for name in asked["outputs"]),
        "output_list": ", ".join(f'"{name}"' for name in asked["outputs"]),
        "takes": asked["takes"],
        "example": " ".join(f'"{text}"' for text in asked["example"]),
        "longest": str(dimensions.max_tokens(state.model)),
        "low_ms": f"{estimate.low_ms:.0f}",
        "high_ms": f"{estimate.high_ms:.0f}",
    }
    card.write(half, runtime.export, facts)


def write(half: Path, runtime: Runtime, spec: Spec, found: Check, estimate: Band) -> None:
    """The recipe, what the check found, and hash and bytes of every other file."""
    assert runtime.export is not None
    files = sorted(path for path in half.rglob("*") if path.is_file())
    values = {
        "recipe": to_json(spec),
        "format": runtime.export.format,
        "key": spec.key,
        "check": found.to_json(),
        "phone_estimate_ms": dataclasses.asdict(estimate),
        "environment": dataclasses.asdict(measuring()),
        "measured_at": now(),
        "versions": _versions(*runtime.packages, *runtime.export.packages) | dict(runtime.export.versions()),
        "files": {path.relative_to(half).as_posix(): _fingerprint(path) for path in files},
    }
    write_json(half / MANIFEST, values)


def _asked(task: Task, texts: int, inputs: Sequence[str]) -> dict[str, Any]:
    """What a program has to know beside the names of the answers: what it is given, and how the model is asked."""
    usual = {"texts": texts, "takes": TAKES[texts - 1], "example": list(EXAMPLES[:texts])}
    return {"head": task.head.name, "inputs": inputs, "outputs": task.head.outputs, **usual, **task.program(task)}


def _labels(state: State, ready: Prepared) -> list[str]:
    """What the answers are called by the model, which has the task's names where it had none of its own."""
    if not ready.task.labels:  # the answers are parts of the text
        return []
    config: Any = state.model.config
    return [str(name) for _, name in sorted(config.id2label.items())]


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for name in dict.fromkeys((*MAKERS, *packages)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
