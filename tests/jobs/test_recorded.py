"""The default sweep: each recipe once and allowed, with and without recovery and teacher, in integers, with seeds."""

from core.engine.recipes import group
from core.engine.run import check
from core.jobs import recorded
from core.jobs.recorded import INT8, SEEDS, recorded_specs
from core.jobs.sweep import groups
from core.runtimes import RUNTIMES
from tests.support import tiny

DENSE = tiny.spec()
SPECS = recorded.specs(DENSE)


def steps(spec):
    return tuple(step.technique for step in spec.steps)


def test_each_once_and_allowed():
    assert len(SPECS) == len({spec.key for spec in SPECS}) >= 120 and DENSE in SPECS
    for spec in SPECS:
        if RUNTIMES[spec.runtime].installed:
            check(spec.steps, spec.runtime)


def test_every_pruning_has_its_recovery_with_and_without_the_teacher():
    recipes = {spec.steps for spec in SPECS if spec.seed == 0}
    for pruned in {recipe[0] for recipe in recorded.recovered()}:
        assert (pruned,) in recipes and {r[1].technique for r in recipes if r[:1] == (pruned,) and len(r) == 2} >= {
            "finetune",
            "distil",
        }


def test_every_student_is_there_with_and_without_a_teacher():
    found = {}
    for spec in SPECS:
        if spec.seed == 0 and spec.runtime == "torch" and steps(spec) == ("distil",):
            config = spec.steps[0].config
            found.setdefault((config.layers, config.width), []).append(config.alpha)
    assert len(found) == 16 and all(len(alphas) == 2 and 0.0 in alphas for alphas in found.values())


def test_all_that_is_trained_is_also_there_in_integers():
    trained = [
        spec for spec in SPECS if spec.seed == 0 and spec.runtime == "torch" and {"distil", "gradual"} & {*steps(spec)}
    ]
    known = {(spec.steps, spec.runtime) for spec in SPECS}
    assert len(trained) > 40 and all(((*spec.steps, INT8), "onnx") in known for spec in trained)


def test_every_pruning_alone_is_also_there_in_integers():
    pruned = [spec for spec in recorded_specs(DENSE) if spec.steps and group(spec) != "zeroed"]
    known = {(spec.steps, spec.runtime) for spec in SPECS}
    assert len(pruned) > 80 and all(((*spec.steps, INT8), "onnx") in known for spec in pruned)


def test_ten_key_recipes_have_three_seeds():
    assert len(set(recorded.key_recipes())) == 10
    for recipe in recorded.key_recipes():
        assert {spec.seed for spec in SPECS if spec.steps == recipe and spec.runtime == "torch"} == {0, *SEEDS}


def test_no_training_is_done_twice():
    trained = groups(
        [spec for spec in SPECS if any(name in steps(spec) for name in ("finetune", "distil", "gradual", "qat"))]
    )
    assert len(trained) < len(SPECS) / 2
