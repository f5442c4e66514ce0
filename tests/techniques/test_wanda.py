"""Wanda: the lowest weight x input norm of each row goes, counted and computed by hand."""

import dataclasses

import pytest
import torch

from core.errors import ConfigError, DataError
from core.models import encoder, forward
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import magnitude, wanda
from core.techniques.technique import Context, State
from core.techniques.wanda import Config
from tests.support import tiny


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(forward, "has_bf16", lambda: False)
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def apply(state, context, **fields):
    return wanda.apply(state, Config(**fields), context)


def state_of(build=tiny.bert, masks=None):
    return State(tiny.shaken(build()), masks or {}, tiny.tokenizer())


def norms_by_hand(state, context):
    """Norm of each input over the tokens of every training sentence, one sentence at a time."""
    squares = {m.name: torch.zeros(m.columns) for m in encoder.matrices(state.model, "all")}

    def add(module, args, name):
        squares[name] += args[0].reshape(-1, args[0].shape[-1]).square().sum(0)

    handles = [
        state.model.get_submodule(name).register_forward_pre_hook(lambda m, args, name=name: add(m, args, name))
        for name in squares
    ]
    for example in context.task.train:
        tiny.logits(state.model, (example.text,))
    for handle in handles:
        handle.remove()
    return {name: total.sqrt() for name, total in squares.items()}


@pytest.mark.parametrize("amount", [0.3, 0.5])
@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_the_lowest_products_of_each_row_go(build, amount, context):
    state = state_of(build)
    norms, after = norms_by_hand(state, context), apply(state, context, amount=amount)
    assert len(after.masks) == 12
    for matrix in encoder.matrices(state.model):
        weight, mask = encoder.weight(state.model, matrix.name).detach(), after.masks[f"{matrix.name}.weight"]
        for row, (score, stays) in enumerate(zip(weight.abs() * norms[matrix.name], mask, strict=True)):
            assert score[stays].min() >= score[~stays].max() * (1 - 1e-4), (matrix.name, row)
        assert torch.equal(encoder.weight(after.model, matrix.name), weight * mask)


@pytest.mark.parametrize("amount", [0.0, 0.01, 0.3, 0.5, 0.999, 1.0])
def test_the_count_of_each_row_is_exact(amount, context):
    after = apply(state_of(), context, amount=amount, layers="all")
    assert len(after.masks) == 14
    for mask in after.masks.values():
        assert ((~mask).sum(1) == round(amount * mask.shape[1])).all()


def test_nothing_and_everything(context):
    state = state_of()
    assert torch.equal(tiny.logits(apply(state, context, amount=0.0).model), tiny.logits(state.model))
    empty = apply(state, context, amount=1.0).model
    assert not any(encoder.weight(empty, m.name).any() for m in encoder.matrices(empty))
    assert torch.equal(empty.classifier.weight, state.model.classifier.weight)


def test_it_is_not_magnitude(context):
    state = state_of()
    ours = apply(state, context, amount=0.5).masks
    theirs = magnitude.apply(state, magnitude.Config(amount=0.5), context).masks
    assert all((ours[name] != theirs[name]).any() for name in theirs)


def test_an_input_that_is_large_keeps_its_weights(context):
    state = state_of()
    name = encoder.blocks(state.model)[0].names
    with torch.no_grad():  # the seventh neuron of the first layer answers a hundred times as loud
        state.model.get_submodule(name["up"]).bias[7] = 100.0
    mask = apply(state, context, amount=0.9).masks[f"{name['down']}.weight"]
    assert mask[:, 7].float().mean() > 0.9 > 0.2 > mask.float().mean()


@pytest.mark.parametrize(("layers", "count"), [("encoder", 12), ("all", 14), ("*query *key", 4)])
def test_only_the_chosen_layers(layers, count, context):
    assert len(apply(state_of(), context, layers=layers).masks) == count


def test_the_norms_are_computed_once(context):
    asked, kept, passes = [], {}, []

    def remember(name, compute):
        asked.append(name)
        if name not in kept:
            kept[name] = compute()
        return kept[name]

    remembering = dataclasses.replace(context, remember=remember, on_progress=lambda *event: passes.append(event))
    apply(state_of(), remembering, amount=0.3)
    count = len(passes)
    found = apply(state_of(), remembering, amount=0.6)
    assert asked == ["inputs", "inputs"] and len(passes) == count > 0 and passes[-1][0] == "importance"
    direct = apply(state_of(), context, amount=0.6)
    assert all(torch.equal(found.masks[name], mask) for name, mask in direct.masks.items())


def test_earlier_masks_stay(context):
    first = magnitude.apply(state_of(), magnitude.Config(amount=0.4, criterion="random"), context)
    second = apply(first, context, amount=0.3)
    for name, mask in second.masks.items():
        assert not (mask & ~first.masks[name]).any() and not second.model.get_parameter(name)[~mask].any()


def test_without_training_examples(context):
    context = dataclasses.replace(context, task=dataclasses.replace(context.task, train=()))
    with pytest.raises(DataError, match="'own' has no training examples"):
        apply(state_of(), context)


@pytest.mark.parametrize("amount", [-0.1, 1.1])
def test_amounts_that_are_none(amount):
    with pytest.raises(ConfigError, match=f"amount={amount} is not allowed; amount takes a number from 0 to 1"):
        Config(amount=amount)
