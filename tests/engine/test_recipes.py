"""The slider's methods: what a position means, what is recorded, and what belongs together."""

import dataclasses

import pytest

from core.engine.recipes import (
    CURVE_AMOUNTS,
    FAMILIES,
    METHODS,
    SLIDER,
    ablation,
    curve_spec,
    family,
    group,
    groups,
    masked,
    maximum,
    removes,
    shown,
    sliding,
    step,
    trained,
    trains,
    waterfall,
)
from core.engine.run import check
from core.errors import ConfigError
from core.figures.style import COLOURS
from core.jobs.recorded import IN_BROWSERS, recorded_lengths, recorded_modes, recorded_specs
from core.runtimes import RUNTIMES
from core.spec import Step
from core.techniques import (
    TECHNIQUES,
    distil,
    finetune,
    gradual,
    heads,
    layers,
    magnitude,
    quantize,
    structured,
    vocabulary,
)
from tests.support import tiny

DENSE = tiny.spec()


def test_the_dots_of_the_curve():
    assert CURVE_AMOUNTS == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert set(SLIDER) < set(METHODS)
    keys = {curve_spec(DENSE, m, a, which).key for m in METHODS for a in CURVE_AMOUNTS for which in ("encoder", "all")}
    of_structured = sum(removes(method) for method in METHODS)  # which knows no choice of matrices
    assert of_structured == 4 and len(keys) == (2 * len(METHODS) - of_structured) * 9
    assert curve_spec(DENSE, "random", 0) == DENSE
    (one,) = curve_spec(DENSE, "l1-global", 0.3, "all").steps
    assert one.config == dataclasses.replace(METHODS["l1-global"].config, amount=0.3, layers="all")


def test_a_position_of_structured_pruning_is_what_is_removed():
    assert step("structured", 0.4) == Step("structured", structured.Config(keep_macs=0.6))
    assert step("structured", 0.1).config.keep_macs == 0.9  # and not 0.90000001, which would be another key
    assert step("structured-random", 0.4).config.criterion == "random"


@pytest.mark.parametrize("method", METHODS)
def test_the_last_position_can_be_reached_and_the_next_cannot(method):
    last = maximum(method)
    step(method, last / 100)
    with pytest.raises(ConfigError):
        step(method, (last + 1) / 100)


def test_everything_recorded_is_one_experiment_each():
    specs = recorded_specs(DENSE)
    assert specs[0] == DENSE and len({spec.key for spec in specs}) == len(specs)
    found = [group(spec) for spec in specs]
    assert {name: found.count(name) for name in METHODS} == dict.fromkeys(METHODS, 9)
    assert found.count("zeroed") == 9 and found.count("layers") == 15 and found.count("vocabulary") == 5


def test_every_precision_of_every_runtime_is_recorded_once_and_allowed():
    specs = recorded_modes(DENSE)
    assert len({spec.key for spec in specs}) == len(specs)
    assert [spec.steps[0].config.layer for spec in specs[-10:-4]] == [1, 2, 3, 4, 5, 6]
    plain = [spec for spec in specs[:-10] if "structured" not in {step.technique for step in spec.steps}]
    assert [(spec.runtime, spec.steps[0].config.mode if spec.steps else "fp32") for spec in plain] == [
        (name, mode) for name, runtime in RUNTIMES.items() if name != IN_BROWSERS for mode in runtime.modes
    ]
    assert [spec.steps[0].technique for spec in specs[-4:]] == ["qat", "finetune"] * 2
    for spec in specs:
        if RUNTIMES[spec.runtime].installed:
            check(spec.steps, spec.runtime)
    combined = [tuple(step.technique for step in spec.steps) for spec in specs if len(spec.steps) > 1]
    assert combined.count(("structured", "vocabulary", "quantize")) == combined.count(("structured", "quantize")) == 3


def test_half_the_work_is_recorded_at_every_length_in_two_runtimes():
    torch, onnx = recorded_lengths(DENSE)
    assert torch == curve_spec(DENSE, "structured", 0.5) and torch in recorded_specs(DENSE)
    assert onnx in recorded_modes(DENSE) and onnx.runtime == "onnx"
    assert [step.technique for step in onnx.steps] == ["structured", "quantize"]
    assert onnx.steps[0] == torch.steps[0] and onnx.steps[1].config.mode == "int8-dynamic"


def test_each_step_of_the_waterfall_contains_those_before_and_a_student_comes_last():
    stages = waterfall(DENSE, "onnx")
    assert stages["torch"] == DENSE and stages["runtime"] == dataclasses.replace(DENSE, runtime="onnx")
    names = [[step.technique for step in spec.steps] for spec in stages.values()]
    first = [[], [], ["structured"], ["structured", "quantize"], ["structured", "vocabulary", "quantize"]]
    assert names == [*first, ["distil", "structured", "distil", "vocabulary", "quantize"]]
    assert {spec.runtime for spec in list(stages.values())[1:]} == {"onnx"}
    assert waterfall(DENSE, "openvino")["int8"].steps[-1].config.mode == "int8-static"


def test_masked_zeroes_the_same_heads_and_neurons():
    removed = curve_spec(DENSE, "structured", 0.5)
    (one,) = masked(removed).steps
    assert one.config == structured.Config(keep_macs=0.5, remove=False)
    for method in ("wanda", "l1-layer"):
        spec = curve_spec(DENSE, method, 0.5)
        assert masked(spec) == spec


@pytest.mark.parametrize(
    ("configs", "name"),
    [
        ((), "dense"),
        ((magnitude.Config(),), "l1-layer"),
        ((magnitude.Config(criterion="random", scope="global"),), "random"),
        ((structured.Config(),), "structured"),
        ((structured.Config(criterion="taylor"),), "structured-taylor"),
        ((structured.Config(remove=False),), "zeroed"),
        ((layers.Config(),), "layers"),
        ((vocabulary.Config(),), "vocabulary"),
        ((heads.Config(),), "heads"),
        ((layers.Config(), vocabulary.Config()), "combined"),
        ((finetune.Config(),), "finetuned"),
        ((structured.Config(), finetune.Config()), "recovered"),
        ((structured.Config(), distil.Config()), "recovered"),
        ((gradual.Config(),), "gradual"),
        ((distil.Config(layers=2),), "taught"),
        ((distil.Config(layers=2, alpha=0.0),), "alone"),
        ((distil.Config(layers=2), structured.Config(), distil.Config()), "combined"),
    ],
)
def test_what_belongs_together(configs, name):
    steps = [Step(type(config).__module__.split(".")[-1], config) for config in configs]
    assert group(dataclasses.replace(DENSE, steps=tuple(steps))) == name and name in groups()


def test_the_order_of_the_legend():
    several = ("zeroed", "heads", "layers", "vocabulary", "combined", "recovered")
    trained = ("gradual", "movement", "taught", "alone", "finetuned")
    assert groups() == ("dense", *METHODS, *several, *trained, "bits")
    assert [method for method in METHODS if method in SLIDER] == list(SLIDER)
    assert sliding() == (*SLIDER, "movement", "movement-blocks")
    assert [name for name in sliding() if trains(name)] == ["movement", "movement-blocks"]


def test_questions_are_trained_for_fewer_epochs_at_a_position_and_in_its_picture():
    questions = dataclasses.replace(DENSE, task="squad")
    usual, fewer = curve_spec(DENSE, "movement", 0.5).steps[0], curve_spec(questions, "movement", 0.5).steps[0]
    assert (usual.config.epochs, fewer.config.epochs) == (2.0, 1.0) and fewer == step("movement", 0.5, task="squad")
    assert curve_spec(questions, "structured", 0.5).steps == curve_spec(DENSE, "structured", 0.5).steps


def test_single_heads_do_not_stand_on_trade_offs():
    alone, both = (heads.Config(),), (heads.Config(), layers.Config())
    found = [[Step(type(config).__module__.split(".")[-1], config) for config in configs] for configs in (alone, both)]
    assert [shown(dataclasses.replace(DENSE, steps=tuple(steps))) for steps in found] == [False, True]
    assert shown(DENSE)


def test_every_technique_belongs_somewhere():
    for technique in TECHNIQUES.values():
        assert group(dataclasses.replace(DENSE, steps=(Step(technique.name, technique.config()),))) in groups()


def test_fewer_bits_and_another_runtime_leave_a_group_as_it_is():
    int8 = dataclasses.replace(DENSE, steps=(Step("quantize", quantize.Config()),))
    assert group(int8) == group(dataclasses.replace(int8, runtime="onnx")) == "bits"
    assert group(dataclasses.replace(DENSE, runtime="executorch")) == "dense"
    small = dataclasses.replace(DENSE, steps=(step("structured", 0.5), *int8.steps), runtime="onnx")
    assert group(small) == "structured" and family(small) == "removed"


def test_every_technique_is_of_one_family_and_each_family_but_dense_has_a_colour():
    for technique in TECHNIQUES.values():
        assert family(dataclasses.replace(DENSE, steps=(Step(technique.name, technique.config()),))) in FAMILIES
    assert FAMILIES[0] == "dense" == family(DENSE) and len(FAMILIES) - 1 <= len(COLOURS)
    zeroed = masked(curve_spec(DENSE, "structured", 0.5))
    assert (group(zeroed), family(zeroed)) == ("zeroed", "zeros")
    assert (
        family(curve_spec(DENSE, "wanda", 0.5)) == "zeros" and family(curve_spec(DENSE, "structured", 0.5)) == "removed"
    )


def test_training_that_rounds_is_compared_with_the_same_training_without():
    found = trained(DENSE, "onnx")
    first, second = (dataclasses.asdict(found[name].steps[0].config) for name in ("qat", "finetune"))
    assert first == second and found["qat"].steps[1:] == found["finetune"].steps[1:] != ()
    assert {spec.runtime for spec in found.values()} == {"onnx"}


def test_an_ablation_names_its_head_from_one():
    (step,) = ablation(tiny.spec(), 2, 6).steps
    assert step.technique == "heads" and step.config.remove == "3.7"
