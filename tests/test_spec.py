"""The key: content and nothing but content."""

import dataclasses

import pytest

from core.engine.store import parse_spec
from core.spec import Step, brief, describe, to_json
from core.techniques import finetune, magnitude, parse_step
from tests.support import tiny

L1 = Step("magnitude", magnitude.Config(amount=0.3))
TUNE = Step("finetune", finetune.Config(steps=5))


def test_key_of_one_example_never_changes():
    # every stored and shipped result is found by its key: a change here loses them all
    assert tiny.spec(steps=(L1,)).key == "d24c720b6446a7c1e0e33bcc"


def test_key_does_not_know_the_models_name():
    assert tiny.spec(model="demo").key == tiny.spec(model="/somewhere/else").key


def test_of_a_model_in_a_step_the_key_knows_the_content_only(tmp_path):
    folders = [tiny.folder(tmp_path / str(place), tiny.bert(seed=seed)) for place, seed in enumerate((0, 0, 1))]
    keys = [tiny.spec(steps=(parse_step(f"distil:teacher={folder}"),)).key for folder in folders]
    assert keys[0] == keys[1] != keys[2]


def test_equal_numbers_are_the_same_experiment():
    whole, point = (tiny.spec(steps=(Step("magnitude", magnitude.Config(amount=a)),)) for a in (1, 1.0))
    assert whole.key == point.key
    zero, minus = (tiny.spec(steps=(Step("magnitude", magnitude.Config(amount=a)),)) for a in (0.0, -0.0))
    assert zero == minus and zero.key == minus.key


@pytest.mark.parametrize(
    "change",
    [
        {"revision": "0" * 16},
        {"task": "sst2"},
        {"data": "0" * 16},
        {"seed": 1},
        {"new_head": True},
        {"null_threshold": -1.5},
        {"steps": ()},
        {"steps": (L1, L1)},
        {"steps": (TUNE,)},
        {"steps": (L1, TUNE)},
        {"steps": (TUNE, L1)},
    ],
)
def test_key_changes_with_every_other_field(change):
    spec = tiny.spec(steps=(L1,))
    assert dataclasses.replace(spec, **change).key != spec.key


@pytest.mark.parametrize(
    ("technique", "change"),
    [
        ("magnitude", {"amount": 0.31}),
        ("magnitude", {"criterion": "random"}),
        ("magnitude", {"scope": "global"}),
        ("magnitude", {"layers": "all"}),
        ("finetune", {"learning_rate": 3e-5}),
        ("finetune", {"batch_size": 8}),
        ("finetune", {"epochs": 2.0}),
        ("finetune", {"steps": 6}),
        ("finetune", {"steps": None}),
        ("finetune", {"weight_decay": 0.0}),
    ],
)
def test_key_changes_with_every_field_of_a_step(technique, change):
    config = {"magnitude": L1, "finetune": TUNE}[technique].config
    before, after = (tiny.spec(steps=(Step(technique, c),)) for c in (config, dataclasses.replace(config, **change)))
    assert before.key != after.key


def test_what_is_as_usual_is_not_in_the_key():
    """So that a result that was recorded before there was another choice is found again."""
    usual = {"null_threshold": 0.0, "runtime": "torch", "classes": "", "metric": "", "max_tokens": 128}
    assert dataclasses.replace(tiny.spec(steps=(L1,)), **usual).key == tiny.spec(steps=(L1,)).key
    assert tiny.spec(null_threshold=1.0).dense.null_threshold == 1.0


def test_dense_is_the_same_whatever_the_steps_and_their_seed():
    assert tiny.spec(steps=(L1,), seed=7).dense == tiny.spec()
    assert tiny.spec().dense.dense == tiny.spec().dense


def test_it_is_timed_beside_dense_in_pytorch_and_in_its_own_runtime():
    assert tiny.spec(steps=(L1,)).baselines == (tiny.spec(),)
    assert tiny.spec(steps=(L1,), seed=7, runtime="onnx").baselines == (tiny.spec(), tiny.spec(runtime="onnx"))


def test_dense_of_a_new_head_keeps_the_seed_that_drew_it():
    assert tiny.spec(steps=(TUNE,), seed=7, new_head=True).dense == tiny.spec(seed=7, new_head=True)


def test_json_round_trip():
    spec = tiny.spec(steps=(L1, TUNE), seed=3)
    assert parse_spec(to_json(spec)) == spec


def test_a_step_reads_as_the_command_line_writes_it():
    assert describe(L1) == "magnitude:amount=0.3,criterion=l1,scope=layer,layers=encoder"
    assert describe(Step("finetune", finetune.Config())).startswith(
        "finetune:learning_rate=2e-05,batch_size=16,epochs=3"
    )


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("distil:width=0.5", "distil:width=0.5"),
        ("magnitude", "magnitude:amount=0.3"),
        ("magnitude:amount=0.5,scope=layer", "magnitude:amount=0.5"),
        ("finetune:steps=5,epochs=3", "finetune:learning_rate=2e-05,steps=5"),
        ("structured:remove=false,round_to=16", "structured:keep_macs=0.5,round_to=16,remove=false"),
    ],
)
def test_a_step_in_brief_names_what_was_changed(text, short):
    assert brief(parse_step(text)) == short and parse_step(short) == parse_step(text)
