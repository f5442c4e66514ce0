"""The pruning methods that a slider moves: what its position means as a step, and the curves that are recorded."""

import dataclasses
import functools

from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec, Step
from core.techniques import TECHNIQUES, distil, finetune, heads, magnitude, qat, quantize, structured, vocabulary, wanda
from core.techniques.technique import Slider, legend_of

SLIDER = ("l1-layer", "l1-global", "wanda", "random", "structured")  # those of METHODS that the Slide page offers
METHODS = {
    "l1-layer": Step("magnitude", magnitude.Config(criterion="l1", scope="layer")),
    "l1-global": Step("magnitude", magnitude.Config(criterion="l1", scope="global")),
    "wanda": Step("wanda", wanda.Config()),
    "random": Step("magnitude", magnitude.Config(criterion="random", scope="layer")),
    "structured": Step("structured", structured.Config(criterion="fisher")),
    "structured-taylor": Step("structured", structured.Config(criterion="taylor")),
    "structured-magnitude": Step("structured", structured.Config(criterion="magnitude")),
    "structured-random": Step("structured", structured.Config(criterion="random")),
}
CURVE_AMOUNTS = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
# of groups: few enough to have a colour each
FAMILIES = ("dense", "zeros", "removed", "recovered", "students", "bits", "combined")
DEMO_LAYERS = range(1, 7)
SHORTER = {"squad": 1.0, "squad-1000": 1.0}  # epochs of a position that trains, where a method's own take hours


def methods() -> dict[str, Step]:
    """METHODS, and under its own name each technique that has a slider and is in none of them, with its variants."""
    named = {step.technique for step in METHODS.values()}
    found = dict(METHODS)
    for name, one in TECHNIQUES.items():
        if one.slider and name not in named:
            found |= {called: Step(name, config) for called, config in {name: one.config(), **one.also}.items()}
    return found


def sliding() -> tuple[str, ...]:
    """The methods that the pages with a slider offer."""
    return (*SLIDER, *(name for name in methods() if name not in METHODS))


def removes(method: str) -> bool:
    """Does the method take out heads and neurons, rather than set weights to zero in place?"""
    return TECHNIQUES[methods()[method].technique].cuts is not None


def trains(method: str) -> bool:
    """Is each position of its slider a training?"""
    return TECHNIQUES[methods()[method].technique].kind == "train"


def chooses_matrices(method: str) -> bool:
    """Can one say which matrices it touches?"""
    return bool(TECHNIQUES[methods()[method].technique].matrices)


def maximum(method: str) -> int:
    """The last position of the slider, in percent: all weights can be zeroed, but not all work removed."""
    slider = _slider(method)
    (field,) = (one for one in dataclasses.fields(methods()[method].config) if one.name == slider.field)
    last: float = 1 - field.metadata["minimum"] if slider.keeps else field.metadata["maximum"]
    return round(100 * last)


def step(method: str, amount: float, layers: str = "encoder", task: str = "") -> Step:
    """One position of the slider: the share of weights set to zero, or of multiply-accumulates removed, in 0..1.

    task: the name of that for which a method trains.
    """
    start, slider = methods()[method], _slider(method)
    changes: dict[str, object] = {slider.field: round(1 - amount, 4) if slider.keeps else amount}
    matrices = TECHNIQUES[start.technique].matrices
    if matrices:
        changes[matrices] = layers
    if trains(method) and task in SHORTER:
        changes["epochs"] = SHORTER[task]
    return Step(start.technique, dataclasses.replace(start.config, **changes))


def _slider(method: str) -> Slider:
    slider = TECHNIQUES[methods()[method].technique].slider
    assert slider is not None
    return slider


@functools.lru_cache(maxsize=4096)  # a release on Slide asks for hundreds, whose keys are computed once
def curve_spec(dense: Spec, method: str, amount: float, layers: str = "encoder") -> Spec:
    """The Spec of one slider position: method is a key of METHODS, amount in 0..1; amount 0 is dense."""
    if amount == 0:
        return dense
    return dataclasses.replace(dense, steps=(step(method, amount, layers, dense.task),))


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


def ablation(dense: Spec, layer: int, head: int) -> Spec:
    """The model without one head; both numbers from 0."""
    return dataclasses.replace(dense, steps=(Step("heads", heads.Config(f"{layer + 1}.{head + 1}")),))


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


def groups() -> tuple[str, ...]:
    """Every group of the legend, in its order."""
    pruned = [name for one in TECHNIQUES.values() if one.kind == "prune" for name in legend_of(one).groups]
    trained = [name for one in TECHNIQUES.values() if one.kind == "train" for name in legend_of(one).groups]
    return tuple(dict.fromkeys(("dense", *METHODS, *pruned, "combined", "recovered", *trained, "bits")))


def family(spec: Spec) -> str:
    """The one of FAMILIES that the Spec's group belongs to; its runtime makes no difference."""
    found = group(spec)
    if found in FAMILIES:
        return found
    first = spec.steps[0]
    technique = TECHNIQUES[first.technique]
    if technique.kind != "prune":
        return legend_of(technique).family or "recovered"
    only_zeroes = technique.scores is not None or (technique.zeroed and technique.zeroed(first.config) == first.config)
    return "zeros" if only_zeroes else "removed"


def group(spec: Spec) -> str:
    """What was done, one of groups(): a method, a technique, or what training; fewer bits count where they are all."""
    bits = bool(spec.steps) and TECHNIQUES[spec.steps[-1].technique].kind == "quantize"
    steps = spec.steps[:-1] if bits else spec.steps
    if not steps:
        return "bits" if bits else "dense"
    first, *others = steps
    if not others:
        return legend_of(TECHNIQUES[first.technique]).group(first.config)
    trained = any(TECHNIQUES[one.technique].kind == "train" for one in steps)
    return "recovered" if TECHNIQUES[first.technique].kind == "prune" and trained else "combined"


def shown(spec: Spec) -> bool:
    """Does its result stand on Trade-offs? Groups that have a page of their own do not."""
    legends = [legend_of(technique) for technique in TECHNIQUES.values()]
    return group(spec) not in {name for legend in legends if not legend.shown for name in legend.groups}


def masked(spec: Spec) -> Spec:
    """The same heads and neurons set to zero instead of removed: what masking buys."""
    return dataclasses.replace(spec, steps=tuple(_masked(one) for one in spec.steps))


def _masked(one: Step) -> Step:
    zeroed = TECHNIQUES[one.technique].zeroed
    return Step(one.technique, zeroed(one.config)) if zeroed else one
