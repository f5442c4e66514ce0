"""Movement pruning's units: every weight is in one of them, budgets are kept, gradients of scores are as defined."""

import copy

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.models import encoder
from core.pruning.importance import Units
from core.pruning.movement import SCORES, SPREAD, Moving, density_at, groups, regularised
from core.pruning.removal import Kept
from tests.support import tiny

LINEAR = 2 * (4 * 32 * 32 + 2 * 32 * 64)  # weights of the tiny encoder's linear layers


@pytest.mark.parametrize("block", [0, 2, 4, 8])
def test_every_weight_of_the_encoder_lies_in_one_unit(block):
    model = tiny.bert()
    seen = {f"{matrix.name}.weight": 0 for matrix in encoder.matrices(model)}
    for group in groups(model, block):
        for tile in group.tiles:
            weight = model.get_parameter(tile.weight)
            seen[tile.weight] += 1
            assert tile.reduced(torch.ones_like(weight)).tolist() == [weight.numel() / group.units] * group.units
        assert group.units * group.weights == sum(model.get_parameter(t.weight).numel() for t in group.tiles)
    assert set(seen.values()) == {1}
    assert sum(group.units * group.weights for group in groups(model, block)) == LINEAR


@pytest.mark.parametrize("block", [3, 12, 64, 16])
def test_a_block_that_does_not_fit_is_refused_with_one_that_does(block):
    with pytest.raises(ConfigError, match=f"block={block} does not divide .* take 8"):
        groups(tiny.bert(), block)


def test_spread_and_reduced_are_each_others_transpose():
    (group, *_) = groups(tiny.bert(), 8)
    (tile,) = group.tiles
    units, values = torch.randn(16), torch.randn(32, 32)
    one, other = (tile.spread(units, (32, 32)) * values).sum(), (units * tile.reduced(values)).sum()
    assert float(one) == pytest.approx(float(other), rel=1e-4)
    assert (tile.spread(torch.arange(16), (32, 32))[8:16, 16:24] == 6).all()


@pytest.mark.parametrize("block", [0, 8])
def test_scores_that_begin_with_an_order_take_what_is_worth_least_first(block):
    moving = Moving(tiny.bert(), groups(tiny.bert(), block))
    heads = [np.array([4.0, 1.0, 3.0, 2.0], np.float32), np.array([8.0, 6.0, 5.0, 7.0], np.float32)]
    neurons = [np.full(64, 0.125, np.float32), np.zeros(64, np.float32)]  # a head is worth 0.001 a weight, or more
    moving.begin_(Units(heads, neurons))
    values = torch.cat([score.detach() for score in moving.scores.values()])
    lowest, highest = float(values.min()), float(values.max())
    assert (lowest, highest) == (-SPREAD, SPREAD)
    assert (
        len(set(values.tolist())) == 9
    )  # 8 heads, one of which ties with the neurons of its layer, and the other neurons
    moving.keep_(0.8)
    kept = moving.surviving()
    assert [len(one) for one in kept.neurons] == [64, 12]  # worth nothing: what the budget leaves of them
    moving.keep_(0.25)
    kept = moving.surviving()
    assert kept.heads == ((), (0, 1, 2, 3)) and kept.neurons == ((), ())


def chance(moving, seed=0):
    torch.manual_seed(seed)
    with torch.no_grad():
        for score in moving.scores.values():
            score.copy_(torch.randn(score.shape))
    return moving


@pytest.mark.parametrize("density", [0.05, 0.36, 0.7, 1.0])
@pytest.mark.parametrize("block", [0, 8])
def test_the_best_scores_stay_within_the_budget(density, block):
    moving = chance(Moving(tiny.bert(), groups(tiny.bert(), block)))
    moving.keep_(density)
    left = sum(int(mask.sum()) for mask in moving.weight_masks().values())
    assert density * LINEAR - 256 < left <= density * LINEAR  # the largest unit has 1,024 / 4 weights
    scores = torch.cat([moving.scores[g.name].detach() for g in moving.groups])
    masks = torch.cat([moving.masks[g.name] for g in moving.groups])
    if 0 < density < 1:
        assert scores[masks].min() >= scores[~masks].max()


@pytest.mark.parametrize("density", [0.1, 0.36, 0.8])
def test_where_heads_are_filled_again_the_budget_is_that_of_what_is_filled(density):
    model = tiny.bert()
    moving = chance(Moving(model, groups(model, 8), filled=True))
    moving.keep_(density)
    kept = moving.surviving()
    weights = sum(len(h) for h in kept.heads) * 4 * 8 * 32 + sum(len(n) for n in kept.neurons) * 64
    assert density * LINEAR - 1024 < weights <= density * LINEAR


def test_what_survives_are_heads_with_a_block_and_neurons():
    model = tiny.bert()
    moving = Moving(model, groups(model, 8))
    for mask in moving.masks.values():
        mask[:] = False
    moving.masks["V_1"][5] = True  # the second row of four blocks: the second head's
    moving.masks["O_0"][6] = True  # the third column
    moving.masks["neurons_0"][[3, 9]] = True
    assert moving.surviving() == Kept(((2,), (1,)), ((3, 9), ()))


def test_a_score_has_the_gradient_of_its_mask_and_a_weight_that_of_what_is_computed():
    """Against masks that are numbers, whose gradient PyTorch knows; also of units that are gone."""
    model, ids = tiny.bert().eval(), torch.randint(5, 20, (3, 7))
    moving = chance(Moving(model, groups(model, 8)))
    moving.keep_(0.5)
    other = copy.deepcopy(model)
    with moving.masked():
        model(input_ids=ids).logits.square().sum().backward()
    numbers = {name: mask.float().requires_grad_() for name, mask in moving.weight_masks().items()}
    weights = {name: other.get_parameter(name).detach().requires_grad_() for name in numbers}
    replaced = {name: weights[name] * numbers[name] for name in numbers}
    torch.func.functional_call(other, replaced, (), {"input_ids": ids}).logits.square().sum().backward()
    for group in moving.groups:
        wanted = sum(tile.reduced(numbers[tile.weight].grad) for tile in group.tiles)
        torch.testing.assert_close(moving.scores[group.name].grad, wanted, atol=1e-4, rtol=1e-3)
        for tile in group.tiles:
            gradient = model.get_parameter(tile.weight).grad
            torch.testing.assert_close(gradient, weights[tile.weight].grad, atol=1e-5, rtol=1e-4)


def test_while_it_is_open_the_model_computes_with_masks_and_afterwards_as_before():
    model, ids = tiny.bert().eval(), torch.randint(5, 20, (3, 7))
    before, names = model(input_ids=ids).logits, [name for name, _ in model.named_parameters()]
    moving = chance(Moving(model, groups(model, 8)))
    moving.keep_(0.3)
    pruned = copy.deepcopy(model)
    with torch.no_grad():
        for name, mask in moving.weight_masks().items():
            pruned.get_parameter(name).mul_(mask)
    with moving.masked(), torch.inference_mode():
        torch.testing.assert_close(model(input_ids=ids).logits, pruned(input_ids=ids).logits)
        assert any(name.startswith(SCORES) for name, _ in model.named_parameters())
        with pytest.raises(ValueError):
            model(nonsense=1)
    torch.testing.assert_close(model(input_ids=ids).logits, before)
    assert [name for name, _ in model.named_parameters()] == names


def test_the_share_that_stays_falls_by_a_cubic():
    at = [density_at(step, 100, 0.2, 0.1, 0.6) for step in range(1, 101)]
    assert at[:10] == [1.0] * 10 and at[59:] == pytest.approx([0.2] * 41)
    assert at[34] == pytest.approx(0.2 + 0.8 * 0.5**3) and at == sorted(at, reverse=True)


def test_the_penalty_is_the_mean_probability_to_stay():
    assert float(regularised([torch.zeros(3), torch.full((1,), 100.0)], 2.0)) == pytest.approx(2 * (3 * 0.5 + 1) / 4)


def test_unlikely_units_go():
    moving = Moving(tiny.bert(), groups(tiny.bert(), 0))
    with torch.no_grad():
        moving.scores["heads_0"].copy_(torch.tensor([-5.0, 0.0, -2.0, -2.5]))
    moving.keep_likely_(0.1)
    assert moving.masks["heads_0"].tolist() == [False, True, True, False]
