"""The registry of techniques: one entry a file; form, command line, key and contract tests follow from it.

Imports pruning, training, tasks, runtimes, models and plain values; no technique imports another.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

from core.config import allowed, from_json, parse
from core.errors import ConfigError, Words
from core.models.find import pinned
from core.runtimes import RUNTIMES
from core.runtimes.precision import FP32, Precision
from core.spec import TORCH, Spec, Step, describe
from core.techniques import (
    distil,
    finetune,
    gradual,
    heads,
    layers,
    magnitude,
    movement,
    qat,
    quantize,
    structured,
    vocabulary,
    wanda,
)
from core.techniques.technique import Technique

FILES = (magnitude, wanda, structured, heads, layers, vocabulary, gradual, movement, distil, finetune, qat, quantize)
TECHNIQUES: dict[str, Technique] = {file.TECHNIQUE.name: file.TECHNIQUE for file in FILES}


def fields() -> str:
    """Every technique with the fields of its Config, their defaults and ranges, for the help of the command line."""
    lines = ["techniques and their fields:"]
    for technique in TECHNIQUES.values():
        lines.append(f"  {technique.name}")
        for field in dataclasses.fields(technique.config):
            lines.append(f"    {field.name}={field.default}   {field.metadata['help']} ({allowed(field)})")
    return "\n".join(lines)


def parse_step(text: str) -> Step:
    """ "magnitude:amount=0.3,scope=layer" as a Step; a model in it gets its revision. Raises ConfigError."""
    name, _, fields = text.partition(":")
    return Step(name, _pinned(parse(find(name).config, fields)))


def _pinned(config: Any) -> Any:
    """The Config whose models are written NAME@REVISION, so that another content is another experiment."""
    named = [field.name for field in dataclasses.fields(config) if field.metadata["model"]]
    return dataclasses.replace(config, **{name: pinned(getattr(config, name)) for name in named})


def step_from_json(values: dict[str, object]) -> Step:
    """The inverse of a Step's JSON form. Raises ConfigError."""
    name, config = values.get("technique"), values.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise ConfigError("a step needs technique and config, not {values}", values=sorted(values))
    return Step(name, from_json(find(name).config, config))


def find(name: str) -> Technique:
    """The technique called `name`. Raises ConfigError with the names there are."""
    if name not in TECHNIQUES:
        raise ConfigError(
            "unknown technique '{name}'; techniques: {techniques}", name=name, techniques=", ".join(TECHNIQUES)
        )
    return TECHNIQUES[name]


def words_of(spec: Spec) -> Words:
    """What was done to a model and what runs it, in words: "a student of 2 layers, int8, in ONNX Runtime"."""
    parts: list[Words] = [told_of(step) for step in spec.steps] or [Words("dense")]
    what = functools.reduce(lambda first, rest: Words("{first}, {rest}", first=first, rest=rest), parts)
    title = RUNTIMES[spec.runtime].title
    return what if spec.runtime == TORCH else Words("{what} in {runtime}", what=what, runtime=title)


def told_of(step: Step) -> Words:
    """What one step does, in words."""
    told = TECHNIQUES[step.technique].told
    return told(step.config) if told else Words("{step}", step=describe(step))


def matrices_of(step: Step) -> str:
    """Which matrices a step touches, as core.models.encoder.matrices reads it."""
    field = TECHNIQUES[step.technique].matrices
    return str(getattr(step.config, field)) if field else "encoder"


def precision_of(steps: Sequence[Step]) -> Precision:
    """The precision in which these steps end."""
    asked = TECHNIQUES[steps[-1].technique].precision if steps else None
    return asked(steps[-1].config) if asked else FP32
