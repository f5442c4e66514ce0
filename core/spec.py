"""What to do: a model, a task and the compression steps, and the key that names the experiment."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

SCHEMA = 1
TORCH = "torch"
SHORT = 128  # tokens: the longest text of the official tasks has fewer
USUAL = {
    "runtime": TORCH,
    "classes": "",
    "max_tokens": SHORT,
    "metric": "",
    "null_threshold": 0.0,
}  # what a key leaves out


@dataclass(frozen=True)
class Step:
    """One compression step: a technique's name and that technique's own frozen Config."""

    technique: str
    config: Any


LARGEST_SEED = (1 << 32) - 1


def seed(text: str) -> int:
    """The seed that a text names: a whole number from 0 to 2^32 - 1, which all generators take. Raises ValueError."""
    found = int(text)
    if not 0 <= found <= LARGEST_SEED:
        raise ValueError(f"{text} is not from 0 to {LARGEST_SEED}")
    return found


@dataclass(frozen=True)
class Spec:
    """One experiment. Equal content is the same experiment, whatever the model's folder is called.

    model: "demo", a hub id or a local folder, for people.
    revision: hash of the model's files. data: hash of the task's examples.
    steps: left to right; () is the dense baseline. new_head: start from a random, untrained head.
    runtime: what runs the model, a name of core.runtimes. classes: the model's class of each of the task's labels, as
    "1,0"; "" where the first label is class 0 and so on. max_tokens: where longer texts are cut. metric: that
    leads; "" is accuracy. null_threshold: by how much having no answer must score higher than the best answer.
    """

    model: str
    revision: str
    task: str
    data: str
    steps: tuple[Step, ...] = ()
    seed: int = 0
    new_head: bool = False
    runtime: str = TORCH
    classes: str = ""
    max_tokens: int = SHORT
    metric: str = ""
    null_threshold: float = 0.0

    @cached_property
    def key(self) -> str:
        """24 hex digits of the sha256 of the canonical content; the model's name is not part of it."""
        content = {name: value for name, value in to_json(self).items() if name != "model"}
        content["steps"] = [{"technique": step.technique, "config": _identity(step.config)} for step in self.steps]
        # so that what was recorded before there were others keeps its key
        content = {name: value for name, value in content.items() if value != USUAL.get(name)}
        text = json.dumps({"schema": SCHEMA, **content}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def precision(self) -> str:
        """The precision in which it runs: what the last step's Config says of it, else fp32."""
        last = self.steps[-1].config if self.steps else None
        fields = dataclasses.fields(last) if last is not None else ()
        return next((str(getattr(last, field.name)) for field in fields if field.metadata.get("precision")), "fp32")

    @property
    def dense(self) -> "Spec":
        """The same model and task without any step, in PyTorch: what every answer is compared with."""
        return dataclasses.replace(self.baseline, runtime=TORCH)

    @property
    def baseline(self) -> "Spec":
        """The same model and task without any step, in the same runtime: what every time is compared with."""
        return dataclasses.replace(self, steps=(), seed=0 if not self.new_head else self.seed)

    @property
    def baselines(self) -> tuple["Spec", ...]:
        """What it is timed beside, by turns: `dense` and, in another runtime than PyTorch, `baseline`."""
        return tuple(dict.fromkeys((self.dense, self.baseline)))


def to_json(spec: Spec) -> dict[str, Any]:
    """The Spec as plain JSON values; floats that are whole numbers stay floats, so that keys are stable."""
    return {
        **{field.name: getattr(spec, field.name) for field in dataclasses.fields(spec) if field.name != "steps"},
        "steps": [{"technique": step.technique, "config": _plain(step.config)} for step in spec.steps],
    }


def describe(step: Step) -> str:
    """The step as the command line writes it: "magnitude:amount=0.3,scope=layer,criterion=l1"."""
    return _written(step.technique, _plain(step.config))


def brief(step: Step) -> str:
    """Its first field, and of the others those that are not as usual: "magnitude:amount=0.5", for people."""
    usual, values = _plain(type(step.config)()), _plain(step.config)
    first = next(iter(values))
    return _written(step.technique, {n: value for n, value in values.items() if n == first or value != usual[n]})


def recipe(spec: Spec) -> str:
    """All steps as one text: "distil:layers=3 + quantize:mode=int8-dynamic", or "dense"."""
    return " + ".join(map(describe, spec.steps)) or "dense"


def _written(technique: str, values: dict[str, Any]) -> str:
    text = ",".join(f"{name}={_short(value)}" for name, value in values.items() if value not in (None, ""))
    return f"{technique}:{text}" if text else technique


def _plain(config: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        values[field.name] = float(value) + 0.0 if field.type is float else value  # 1 as 1.0, -0.0 as 0.0
    return values


def _identity(config: Any) -> dict[str, Any]:
    """The fields of a Config; of a model, named NAME@REVISION, the revision only."""
    models = [field.name for field in dataclasses.fields(config) if field.metadata.get("model")]
    return {name: value.rpartition("@")[2] if name in models else value for name, value in _plain(config).items()}


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
