"""Which Specs are computed beforehand and shipped, so that a class sees full curves in its first minute."""

import dataclasses
from collections.abc import Sequence

from core.engine.recipes import (
    CURVE_AMOUNTS,
    DEMO_LAYERS,
    METHODS,
    SLIDER,
    curve_spec,
    masked,
    one_layer,
    quantized,
    removes,
    step,
    trained,
    waterfall,
)
from core.runtimes import RUNTIMES, from_files
from core.spec import TORCH, Spec, Step
from core.techniques import TECHNIQUES, distil, finetune, gradual, quantize, vocabulary
from core.techniques.layers import Config

IN_BROWSERS = "web"  # of which only accuracy comes with the program (core.jobs.browsers): its time is a device's own
LAYERS, WIDTHS = (1, 2, 3, 4), distil.WIDTHS
AMOUNTS = (0.5, 0.6, 0.7)  # of weights set to zero, before recovery
KEPT = (0.5, 0.3, 0.2)  # of the multiplications, before recovery
COMBINED = ((2, 0.5), (2, 0.35), (2, 0.25), (3, 0.5), (3, 0.3))  # layers of a student, and what is kept of its work
SEEDS = (1, 2)  # besides 0
HALF = 0.5  # of an epoch: where zeros stay in place there is less to learn than where the shape changed
# share of the linear weights that movement leaves, by task and method
MOVED: dict[str, dict[str, tuple[float, ...]]] = {
    "sst2": {"movement": (0.7, 0.5, 0.36, 0.22, 0.1), "movement-blocks": (0.36,)},
    "squad": {"movement": (0.5, 0.36, 0.22)},
}
PUBLISHED = 0.36  # about the share that the card of a published model has left
RECOVERY = finetune.Config(learning_rate=3e-5, batch_size=32)
TAUGHT = distil.Config()
INT8 = Step("quantize", quantize.Config())
Recipe = tuple[Step, ...]


def specs(dense: Spec) -> list[Spec]:
    """Every Spec of it, each once."""
    pruned, trained = recorded_specs(dense), [*combined(), *students(), *recovered(), *gradually()]
    found = [*pruned, *recorded_modes(dense), *_of(dense, trained)]
    found += [dataclasses.replace(spec, seed=seed) for spec in _of(dense, key_recipes()) for seed in SEEDS]
    zeroed = only_zeroed(dense)
    plain = [spec.steps for spec in pruned if spec.steps and spec not in zeroed]
    integers = [(*recipe, INT8) for recipe in (*trained, *plain)]
    smallest = [waterfall(dense, runtime)["student"] for runtime in from_files()]
    return list(dict.fromkeys([*found, *_of(dataclasses.replace(dense, runtime="onnx"), integers), *smallest]))


def recovered() -> list[Recipe]:
    """Every pruning method with training after it, alone and with the teacher."""
    zeroed = [step(method, amount) for method in ("l1-layer", "l1-global", "wanda", "random") for amount in AMOUNTS]
    smaller = [step("structured", 1 - keep) for keep in KEPT]
    return [(one, training) for one in (*zeroed, *smaller) for training in after(one)]


def after(pruned: Step) -> tuple[Step, Step]:
    """The training after a pruning step, alone and with the teacher."""
    epochs = HALF if TECHNIQUES[pruned.technique].cuts is None else 1.0
    return (
        Step("finetune", dataclasses.replace(RECOVERY, epochs=epochs)),
        Step("distil", dataclasses.replace(TAUGHT, epochs=epochs)),
    )


def gradually() -> list[Recipe]:
    """Weights that go while it trains."""
    return [(Step("gradual", gradual.Config(amount=amount)),) for amount in AMOUNTS]


def alone(config: distil.Config) -> distil.Config:
    """The same student and training without its teacher."""
    return dataclasses.replace(config, alpha=0.0)


def students() -> list[Recipe]:
    """Students of every size, with their teacher and alone."""
    return _with_and_alone([distil.Config(layers=layers, width=width) for layers in LAYERS for width in WIDTHS])


def _with_and_alone(sizes: Sequence[distil.Config]) -> list[Recipe]:
    return [(Step("distil", config),) for size in sizes for config in (size, alone(size))]


def combined() -> list[Recipe]:
    """Depth, width and structure together, and a smaller vocabulary."""
    cut = Step("vocabulary", vocabulary.Config())
    found: list[Recipe] = []
    for layers, keep in COMBINED:
        both = (Step("distil", distil.Config(layers=layers)), step("structured", 1 - keep))
        found += [both, (*both, cut), (*both, Step("distil", TAUGHT)), (*both, Step("distil", TAUGHT), cut)]
    return found


def key_recipes() -> list[Recipe]:
    """Ten whose spread over seeds is shown."""
    sizes = _with_and_alone([distil.Config(layers=layers) for layers in (2, 3)])
    pruned = (step("l1-layer", 0.6), step("structured", 0.7))
    trained = [(one, training) for one in pruned for training in after(one)]
    return [*sizes, *trained, gradually()[1], combined()[3]]


def moved(dense: Spec) -> list[Spec]:
    """Movement pruning at each density of its task, none where nothing of the task is recorded."""
    found = MOVED.get(dense.task, {})
    return [curve_spec(dense, method, 1 - density) for method, densities in found.items() for density in densities]


def moved_integers(dense: Spec) -> list[Spec]:
    """Dense, and what is left at the density that is published, as integers in ONNX Runtime."""
    pruned = curve_spec(dense, "movement", 1 - PUBLISHED) if dense.task in MOVED else None
    onnx = dataclasses.replace(dense, runtime="onnx")
    return _of(onnx, [(*one.steps, INT8) for one in (dense, pruned)]) if pruned else []


def _of(dense: Spec, recipes: Sequence[Recipe]) -> list[Spec]:
    return [dataclasses.replace(dense, steps=recipe) for recipe in recipes]


DROPS = DEMO_LAYERS[:-1]
MIN_COUNTS = (1, 3, 10, 30, 100)


def recorded_lengths(dense: Spec) -> list[Spec]:
    """What is shipped with its time at every batch and length: half the work, in PyTorch and as integers in ONNX."""
    return [curve_spec(dense, "structured", 0.5), waterfall(dense, "onnx")["int8"]]


def recorded_modes(dense: Spec) -> list[Spec]:
    """What is shipped of the runtimes: each precision of each, the smaller models in integers, single layers alone,
    and integers after training."""
    names = [name for name in RUNTIMES if name != IN_BROWSERS]
    plain = [quantized(dense, runtime, mode) for runtime in names for mode in RUNTIMES[runtime].modes]
    stages = [item for name in from_files() if name in names for item in waterfall(dense, name).items()]
    smaller = [spec for stage, spec in stages if stage in ("pruned", "int8", "vocabulary")]
    after = [spec for name in (TORCH, "onnx") for spec in trained(dense, name).values()]
    return [*plain, *smaller, *(one_layer(dense, layer) for layer in DEMO_LAYERS), *after]


def only_zeroed(dense: Spec) -> list[Spec]:
    """What the pages compare with removal: at every tenth the same heads and neurons, which are only set to zero."""
    removed = [method for method in SLIDER if removes(method)]
    return [masked(curve_spec(dense, method, amount)) for method in removed for amount in CURVE_AMOUNTS]


def recorded_specs(dense: Spec) -> list[Spec]:
    """Everything that is shipped of a model and task: each method at every tenth, the same heads and neurons only set
    to zero, layers dropped, vocabulary cut."""
    found = [dense, *(curve_spec(dense, method, amount) for method in METHODS for amount in CURVE_AMOUNTS)]
    found += only_zeroed(dense)
    dropped = [Step("layers", Config(drop, which)) for which in ("top", "alternate", "fisher") for drop in DROPS]
    cut = [Step("vocabulary", vocabulary.Config(count)) for count in MIN_COUNTS]
    return [*found, *(dataclasses.replace(dense, steps=(one,)) for one in (*dropped, *cut))]
