"""Fine-tuning as a step, and recovery: pruned weights stay zero, the others move."""

import copy
import dataclasses

import pytest
import torch

from core.errors import DataError
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import finetune, magnitude
from core.techniques.finetune import Config
from core.techniques.technique import Context, State
from tests.support import tiny


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


QUICK = Config(learning_rate=1e-3, batch_size=8, steps=4)


def test_nothing_to_train_on(tmp_path):
    tiny.csv_file(tmp_path / "test.csv", 30)
    context = Context(load_task(Origin(str(tmp_path))))
    with pytest.raises(
        DataError, match="has no training examples, which finetune needs; add a train file beside its test$"
    ):
        finetune.apply(fresh(), QUICK, context)


def fresh(model=None):
    """A model before any step."""
    return State(model or tiny.bert(), tokenizer=tiny.tokenizer())


def test_one_class_teaches_nothing(context):
    task = context.task
    alike = tuple(example for example in task.train if example.label == 1)
    one = dataclasses.replace(context, task=dataclasses.replace(task, train=alike))
    with pytest.raises(DataError, match=rf"have one class only \({task.labels[1]}\); add some of the others"):
        finetune.apply(fresh(), QUICK, one)


def test_the_defaults_are_the_reports():
    assert dataclasses.asdict(Config()) == {
        "learning_rate": 2e-5,
        "batch_size": 16,
        "epochs": 3.0,
        "steps": None,
        "weight_decay": 0.01,
    }


@pytest.mark.parametrize(("criterion", "scope"), [("l1", "layer"), ("l1", "global"), ("random", "layer")])
def test_recovery_keeps_the_zeros_and_moves_the_rest(context, criterion, scope):
    dense = fresh()
    pruned = magnitude.apply(dense, magnitude.Config(0.5, criterion, scope, "all"), context)
    tuned = finetune.apply(pruned, QUICK, context)
    assert set(tuned.masks) == set(pruned.masks) and len(tuned.masks) == 14
    for name, mask in pruned.masks.items():
        before, after = pruned.model.get_parameter(name), tuned.model.get_parameter(name)
        assert torch.equal(tuned.masks[name], mask)
        assert not after[~mask].any()
        assert (after[mask] != before[mask]).float().mean() > 0.9
    assert not torch.equal(pruned.model.classifier.bias, tuned.model.classifier.bias)


def test_pruning_after_recovery_keeps_the_first_zeros(context):
    state = magnitude.apply(fresh(), magnitude.Config(amount=0.3), context)
    tuned = finetune.apply(state, QUICK, context)
    again = magnitude.apply(tuned, magnitude.Config(amount=0.5), context)
    for name, mask in state.masks.items():
        assert not again.model.get_parameter(name)[~mask].any()
        assert int((~again.masks[name]).sum()) == round(0.5 * mask.numel())


def test_without_masks_no_weight_is_zero(context):
    tuned = finetune.apply(fresh(), QUICK, context)
    assert tuned.masks == {} and tuned.model.classifier.weight.all()


def test_the_given_model_is_left_as_it_was(context):
    model = tiny.bert()
    before = copy.deepcopy(model.state_dict())
    tuned = finetune.apply(fresh(model), QUICK, context)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not torch.equal(tuned.model.classifier.weight, model.classifier.weight)
    assert not model.training and not tuned.model.training


def test_the_seed_of_the_context_is_the_seed_of_the_training(context):
    first, again, other = (
        finetune.apply(fresh(), QUICK, dataclasses.replace(context, seed=seed)).model.classifier.weight
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize(
    "change",
    [{"learning_rate": 5e-4}, {"batch_size": 16}, {"steps": 5}, {"weight_decay": 1.0}],
)
def test_every_field_reaches_the_training(context, change):
    plain, changed = (
        finetune.apply(fresh(), config, context).model.classifier.weight
        for config in (QUICK, dataclasses.replace(QUICK, **change))
    )
    assert not torch.equal(plain, changed)


def test_epochs_reach_the_training(context):
    seen = []
    watched = dataclasses.replace(context, on_step=seen.append)
    finetune.apply(
        fresh(),
        dataclasses.replace(QUICK, epochs=2.0, steps=None, batch_size=50),
        watched,
    )
    assert seen[-1].steps == 2 * -(-len(context.task.train) // 50)
