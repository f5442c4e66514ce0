"""The pruning methods that a slider moves: what its position means as a step, and the curves that are recorded."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from core.runtimes import RUNTIMES
from core.runtimes.precision import FP32
from core.spec import TORCH, Spec, Step
from core.techniques import (
    TECHNIQUES,
    distil,
    finetune,
    magnitude,
    precision_of,
    qat,
    quantize,
    structured,
    vocabulary,
    wanda,
)

SLIDER = ("l1-layer", "l1-global", "wanda", "random", "structured")  # those of the Slide page
METHODS: dict[str, Any] = {
    "l1-layer": magnitude.Config(criterion="l1", scope="layer"),
    "l1-global": magnitude.Config(criterion="l1", scope="global"),
    "wanda": wanda.Config(),
    "random": magnitude.Config(criterion="random", scope="layer"),
    "structured": structured.Config(criterion="fisher"),
    "structured-taylor": structured.Config(criterion="taylor"),
    "structured-magnitude": structured.Config(criterion="magnitude"),
    "structured-random": structured.Config(criterion="random"),
}
TECHNIQUES_OF = {magnitude.Config: "magnitude", wanda.Config: "wanda", structured.Config: "structured"}
CURVE_AMOUNTS = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
GROUPS = ("dense", *METHODS, "zeroed", "layers", "vocabulary", "heads", "combined", "recovered", "finetuned")
GROUPS += ("gradual", "taught", "alone")
DEMO_LAYERS = range(1, 7)
LEAST_MACS = structured.Config.__dataclass_fields__["keep_macs"].metadata["minimum"]


def groups() -> tuple[str, ...]:
    """Every name that `group` gives, in the order of the legend; each runtime has one, last."""
    return (*GROUPS, *(f"in-{runtime}" for runtime in RUNTIMES))


def maximum(method: str) -> int:
    """The last position of the slider, in percent: all weights can be zeroed, but not all work removed."""
    return 100 - round(100 * LEAST_MACS) if removes(method) else 100


def removes(method: str) -> bool:
    """Does the method make the model smaller, rather than zero weights in place?"""
    return isinstance(METHODS[method], structured.Config)


def step(method: str, amount: float, layers: str = "encoder") -> Step:
    """One position of the slider: the share of weights set to zero, or of multiply-accumulates removed, in 0..1."""
    config = METHODS[method]
    if removes(method):
        return Step("structured", dataclasses.replace(config, keep_macs=round(1 - amount, 4)))
    return Step(TECHNIQUES_OF[type(config)], dataclasses.replace(config, amount=amount, layers=layers))


def curve_spec(dense: Spec, method: str, amount: float, layers: str = "encoder") -> Spec:
    """The Spec of one slider position: method is a key of METHODS, amount in 0..1; amount 0 is dense."""
    return dense if amount == 0 else dataclasses.replace(dense, steps=(step(method, amount, layers),))


def quantized(dense: Spec, runtime: str, mode: str) -> Spec:
    """The model in that runtime and precision, otherwise as it is."""
    steps = () if mode == "fp32" else (Step("quantize", quantize.Config(mode)),)
    return dataclasses.replace(dense, steps=steps, runtime=runtime)


def trained(dense: Spec, runtime: str) -> dict[str, Spec]:
    """int8-dynamic after training that rounds, and after the same training without rounding."""
    int8, rounding = quantized(dense, runtime, "int8-dynamic"), qat.Config()
    plain = finetune.Config(**dataclasses.asdict(rounding))
    steps = {"qat": Step("qat", rounding), "finetune": Step("finetune", plain)}
    return {name: dataclasses.replace(int8, steps=(step, *int8.steps)) for name, step in steps.items()}


def one_layer(dense: Spec, layer: int) -> Spec:
    """Only that layer in integers, counted from 1; in PyTorch."""
    step = Step("quantize", quantize.Config("int8-dynamic", layer=layer))
    return dataclasses.replace(dense, steps=(step,), runtime=TORCH)


def waterfall(dense: Spec, runtime: str) -> dict[str, Spec]:
    """The steps from PyTorch in fp32 to a small file of a runtime, each with all before it; and last a student in it.

    The student has two layers and keeps a quarter of their work: the fastest that is shipped (docs/students.md). A
    runtime without integers has no step to them.
    """
    half, cut = Step("structured", structured.Config(keep_macs=0.5)), Step("vocabulary", vocabulary.Config())
    integers = RUNTIMES[runtime].integers
    int8 = quantized(dense, runtime, integers or "fp32")
    there = dataclasses.replace(dense, runtime=runtime)
    taught, quarter = Step("distil", distil.Config()), Step("structured", structured.Config(keep_macs=0.25))
    student = (Step("distil", distil.Config(layers=2)), quarter, taught)
    return {
        "torch": dense,
        "runtime": there,
        "pruned": dataclasses.replace(there, steps=(half,)),
        **({"int8": dataclasses.replace(int8, steps=(half, *int8.steps))} if integers else {}),
        "vocabulary": dataclasses.replace(int8, steps=(half, cut, *int8.steps)),
        "student": dataclasses.replace(int8, steps=(*student, cut, *int8.steps)),
    }


def group(spec: Spec) -> str:
    """Which points belong together in a legend: a runtime with fewer bits, a method, a technique, or what training was
    done."""
    if spec.runtime != TORCH or precision_of(spec.steps) != FP32:
        return f"in-{spec.runtime}"
    return _group(spec.steps)


def _group(steps: Sequence[Step]) -> str:
    if not steps:
        return "dense"
    config = steps[0].config
    if len(steps) > 1:
        pruned = TECHNIQUES[steps[0].technique].kind == "prune"
        trained = any(TECHNIQUES[one.technique].kind == "train" for one in steps)
        return "recovered" if pruned and trained else "combined"
    if isinstance(config, finetune.Config | qat.Config):
        return "finetuned"
    if isinstance(config, distil.Config):
        return "taught" if config.alpha else "alone"
    if isinstance(config, magnitude.Config):
        return "random" if config.criterion == "random" else f"l1-{config.scope}"
    if isinstance(config, structured.Config) and not config.remove:
        return "zeroed"
    if isinstance(config, structured.Config):
        return "structured" if config.criterion == "fisher" else f"structured-{config.criterion}"
    return steps[0].technique


def masked(spec: Spec) -> Spec:
    """The same heads and neurons set to zero instead of removed: what masking buys."""
    return dataclasses.replace(spec, steps=tuple(_masked(one) for one in spec.steps))


def _masked(one: Step) -> Step:
    if not isinstance(one.config, structured.Config):
        return one
    return Step(one.technique, dataclasses.replace(one.config, remove=False))
