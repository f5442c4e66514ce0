"""Magnitude pruning: exact shares, the right matrices, nothing else touched."""

import copy

import pytest
import torch
from torch.nn.utils import prune

from core.models import encoder
from core.techniques import magnitude
from core.techniques.magnitude import Config
from core.techniques.technique import Context, State
from tests.support import tiny

ENCODER = 2 * (4 * 32 * 32 + 2 * 32 * 64)


def pruned(model, seed=0, masks=None, **fields):
    return magnitude.apply(State(model, masks or {}), Config(**fields), Context(None, seed))


def zeros(model, which="encoder"):
    weights = [encoder.weight(model, m.name) for m in encoder.matrices(model, which)]
    return sum(int((w == 0).sum()) for w in weights)


@pytest.mark.parametrize("criterion", ["l1", "random"])
@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("amount", [0.0, 0.3, 0.5, 0.999, 1.0])
def test_exact_sparsity(amount, scope, criterion):
    model = pruned(tiny.bert(), amount=amount, scope=scope, criterion=criterion).model
    if scope == "global":
        assert zeros(model) == round(amount * ENCODER)
    for matrix in encoder.matrices(model) if scope == "layer" else ():
        weight = encoder.weight(model, matrix.name)
        assert int((weight == 0).sum()) == round(amount * weight.numel())


def test_the_models_weights_are_those_of_torch_prune():
    ours, theirs = pruned(tiny.bert(), amount=0.3, layers="all").model, tiny.bert()
    for module in theirs.modules():
        if isinstance(module, torch.nn.Linear):
            prune.l1_unstructured(module, "weight", amount=0.3)
            prune.remove(module, "weight")
    assert all(torch.equal(tensor, ours.get_parameter(name)) for name, tensor in theirs.named_parameters())


def test_the_given_model_is_left_as_it_was():
    model = tiny.bert()
    before = copy.deepcopy(model.state_dict())
    state = pruned(model, amount=0.5, layers="all")
    assert state.model is not model and zeros(state.model) > 0
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_what_stays_keeps_its_value():
    model = tiny.bert()
    state = pruned(model, amount=0.5)
    for name, mask in state.masks.items():
        before, after = model.get_parameter(name), state.model.get_parameter(name)
        assert torch.equal(after, before * mask) and before.abs()[mask].min() >= before.abs()[~mask].max()
    untouched = set(dict(model.named_parameters())) - set(state.masks)
    assert all(torch.equal(model.get_parameter(n), state.model.get_parameter(n)) for n in untouched)


def test_global_scope_takes_from_the_small_weights_first():
    model = tiny.bert()
    with torch.no_grad():
        encoder.weight(model, "bert.encoder.layer.0.attention.self.query").mul_(0.01)
    layer, everywhere = (pruned(model, amount=0.1, scope=s).masks for s in ("layer", "global"))
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert float(layer[name].float().mean()) == pytest.approx(0.9, abs=0.01)
    assert float(everywhere[name].float().mean()) < 0.02


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("encoder", 12),
        ("all", 14),
        ("*query *key", 4),
        ("*layer.0.*", 6),
        ("classifier", 1),
    ],
)
def test_only_the_chosen_layers(layers, names):
    state = pruned(tiny.bert(), amount=0.5, layers=layers)
    assert len(state.masks) == names
    touched = {
        m.name for m in encoder.matrices(state.model, "all") if int((encoder.weight(state.model, m.name) == 0).sum())
    }
    assert {f"{name}.weight" for name in touched} == set(state.masks)


def test_random_follows_the_seed_and_ignores_the_weights():
    first, again, other = (
        pruned(tiny.bert(seed=s), seed, criterion="random").masks for s, seed in ((0, 1), (9, 1), (0, 2))
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_random_draws_each_matrix_by_itself():
    masks = pruned(tiny.bert(), criterion="random", amount=0.5).masks
    squares = [mask for name, mask in masks.items() if mask.shape == (32, 32)]
    assert len(squares) == 8 and not any(torch.equal(squares[0], mask) for mask in squares[1:])


def test_l1_does_not_depend_on_the_seed():
    first, other = (pruned(tiny.bert(), seed).masks for seed in (0, 1))
    assert all(torch.equal(first[name], other[name]) for name in first)


def test_earlier_masks_stay():
    model = tiny.bert()
    first = pruned(model, amount=0.4, criterion="random", seed=3)
    second = pruned(first.model, masks=first.masks, amount=0.1, criterion="random", seed=4)
    for name, mask in second.masks.items():
        assert not (mask & ~first.masks[name]).any()
        assert int(mask.sum()) < int(first.masks[name].sum())
        assert not second.model.get_parameter(name)[~mask].any()


def test_l1_after_l1_takes_the_zeros_first():
    first = pruned(tiny.bert(), amount=0.3)
    second = pruned(first.model, masks=first.masks, amount=0.5)
    direct = pruned(tiny.bert(), amount=0.5)
    assert all(torch.equal(second.masks[name], mask) for name, mask in direct.masks.items())


def test_masks_of_other_layers_are_carried_on():
    first = pruned(tiny.bert(), amount=0.5, layers="*query")
    second = pruned(first.model, masks=first.masks, amount=0.5, layers="*key")
    assert set(second.masks) == {
        f"bert.encoder.layer.{i}.attention.self.{m}.weight" for i in (0, 1) for m in ("query", "key")
    }
    assert all(torch.equal(second.masks[name], mask) for name, mask in first.masks.items())
