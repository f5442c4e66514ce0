"""What stays within a budget: the best of all choices where those can be counted, and exchanges that only help."""

import itertools

import numpy as np
import pytest

from core.models.macs import Costs
from core.pruning.search import pick, rearrange, smallest_keep_macs

COSTS = Costs(head=30, neuron=4)
HALF = 0.5  # a budget is rounded to whole multiply-accumulates


def drawn(seed, heads=(4, 3, 5), widths=(10, 7, 16)):
    chance = np.random.default_rng(seed)
    return [[chance.exponential(size=n).astype(np.float32) for n in kind] for kind in (heads, widths)]


def total(heads, neurons, costs=COSTS):
    return sum(map(len, heads)) * costs.head + sum(map(len, neurons)) * costs.neuron


def cost(found, costs=COSTS):
    return (
        sum(int(h.sum()) for h in found.head_mask) * costs.head
        + sum(int(n.sum()) for n in found.neuron_mask) * costs.neuron
    )


def importance(found, heads, neurons):
    kept = zip(heads + neurons, found.head_mask + found.neuron_mask, strict=True)
    return sum(float(values[mask].sum()) for values, mask in kept)


def best_by_hand(heads, neurons, budget, group):
    """The most importance that any number of heads and of groups of neurons have, the best of each first."""
    ordered = sorted(np.concatenate(heads).tolist(), reverse=True)
    groups = [
        part
        for layer in neurons
        for part in np.split(np.sort(layer)[::-1], range(group, len(layer), group))
        if len(part)
    ]
    groups.sort(key=lambda part: -part.mean())
    found = [
        sum(ordered[:n]) + sum(float(part.sum()) for part in groups[:k])
        for n in range(1, len(ordered) + 1)
        for k in range(len(groups) + 1)
        if n * COSTS.head + sum(map(len, groups[:k])) * COSTS.neuron <= budget
    ]
    return max(found)


@pytest.mark.parametrize("group", [1, 4, 8, 100])
@pytest.mark.parametrize("keep", [0.1, 0.25, 0.5, 0.61, 0.9, 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_number_of_heads_has_more_importance(seed, keep, group):
    heads, neurons = drawn(seed)
    found = pick(heads, neurons, COSTS, keep, group)
    budget = keep * total(heads, neurons) + HALF
    assert cost(found) <= budget
    assert importance(found, heads, neurons) == pytest.approx(best_by_hand(heads, neurons, budget, group), rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keep", [0.3, 0.5, 0.8])
def test_single_neurons_are_the_best_of_all_subsets(seed, keep):
    heads, neurons = drawn(seed, (2, 2), (4, 3))
    values = np.concatenate(heads + neurons)
    prices = np.array([COSTS.head] * 4 + [COSTS.neuron] * 7)
    budget = keep * prices.sum() + HALF
    subsets = (np.array(bits) for bits in itertools.product([0, 1], repeat=11))
    best = max(float(values @ bits) for bits in subsets if bits[:4].any() and prices @ bits <= budget)
    assert importance(pick(heads, neurons, COSTS, keep, 1), heads, neurons) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("comparable", [True, False])
@pytest.mark.parametrize("keep", np.linspace(0.12, 1, 23))
def test_the_budget_is_met_and_never_passed(keep, comparable):
    heads, neurons = drawn(7)
    found = pick(heads, neurons, COSTS, keep, 4, comparable=comparable)
    everything = total(heads, neurons)
    assert found.macs_share == pytest.approx(cost(found) / everything)
    assert keep * everything - (COSTS.head + 4 * COSTS.neuron) < cost(found) <= keep * everything + HALF


@pytest.mark.parametrize("group", [1, 3, 8])
def test_widths_are_multiples_of_the_group_or_whole(group):
    heads, neurons = drawn(1, widths=(16, 10, 24))
    for keep in np.linspace(0.12, 1, 12):
        for mask in pick(heads, neurons, COSTS, keep, group).neuron_mask:
            assert int(mask.sum()) % group == 0 or mask.all()


@pytest.mark.parametrize("comparable", [True, False])
def test_the_most_important_of_a_layer_stay(comparable):
    heads, neurons = drawn(2)
    found = pick(heads, neurons, COSTS, 0.5, 4, comparable=comparable)
    for values, mask in zip(neurons, found.neuron_mask, strict=True):
        assert not mask.any() or mask.all() or values[mask].min() >= values[~mask].max()
    values, mask = np.concatenate(heads), np.concatenate(found.head_mask)
    assert 0 < mask.sum() < len(mask) and values[mask].min() >= values[~mask].max()


def test_shapes_are_those_of_the_layers():
    heads, neurons = drawn(3, (4, 0, 2), (8, 16, 0))
    found = pick(heads, neurons, COSTS, 0.5, 8)
    assert [len(layer) for layer in found.head_mask] == [4, 0, 2] and [len(layer) for layer in found.neuron_mask] == [
        8,
        16,
        0,
    ]


def test_what_is_not_comparable_keeps_the_same_share_of_both():
    heads, neurons = drawn(4, (12,) * 4, (96,) * 4)
    costs = Costs(head=32, neuron=4)
    for keep in (0.25, 0.5, 0.75):
        found = pick([1000 * h for h in heads], neurons, costs, keep, 4, comparable=False)
        shares = [np.concatenate(kind).mean() for kind in (found.head_mask, found.neuron_mask)]
        assert shares == pytest.approx([keep, keep], abs=0.03)
    greedy = pick([1000 * h for h in heads], neurons, costs, 0.5, 4)
    assert np.concatenate(greedy.head_mask).all()  # without it the kind with the larger unit takes all


@pytest.mark.parametrize("comparable", [True, False])
@pytest.mark.parametrize("group", [1, 8, 1000])
def test_a_budget_of_one_keeps_everything(group, comparable):
    heads, neurons = drawn(5)
    found = pick(heads, neurons, COSTS, 1.0, group, comparable=comparable)
    assert found.macs_share == 1 and all(layer.all() for layer in found.head_mask + found.neuron_mask)


def test_a_budget_of_one_keeps_what_has_no_importance():
    heads, neurons = drawn(5)
    heads[1][:] = 0
    found = pick(heads, neurons, COSTS, 1.0, 4)
    assert all(layer.all() for layer in found.head_mask + found.neuron_mask)


def test_the_smallest_keep_macs_is_one_head():
    heads, neurons = drawn(6)
    smallest = smallest_keep_macs([len(h) for h in heads], [len(n) for n in neurons], COSTS)
    assert smallest == COSTS.head / total(heads, neurons)
    found = pick(heads, neurons, COSTS, smallest, 1)
    assert cost(found) == COSTS.head and found.macs_share == pytest.approx(smallest)
    best = max(range(3), key=lambda layer: heads[layer].max())
    assert [int(h.sum()) for h in found.head_mask] == [int(layer == best) for layer in range(3)]
    with pytest.raises(ValueError, match="of the budget does not pay for one head"):
        pick(heads, neurons, COSTS, smallest * 0.97, 1)


def test_layers_without_neurons():
    heads, _ = drawn(8)
    found = pick(heads, [np.zeros(0, dtype=np.float32)] * 3, COSTS, 0.5, 8)
    assert np.concatenate(found.head_mask).sum() == 6 and found.macs_share == 0.5


def gram(seed, count=12):
    rows = np.random.default_rng(seed).normal(size=(40, count)).astype(np.float32)
    rows[:, 1] = -rows[:, 0] + 0.1 * rows[:, 1]  # two that cancel each other
    return rows.T @ rows / 40


def loss(mask, found):
    return float(found[np.ix_(~mask, ~mask)].sum())


@pytest.mark.parametrize("kept", [0, 1, 5, 11, 12])
@pytest.mark.parametrize("seed", range(8))
def test_an_exchange_never_costs_and_keeps_the_count(seed, kept):
    found = gram(seed)
    mask = np.zeros(12, dtype=bool)
    mask[np.argsort(-found.diagonal())[:kept]] = True
    before = mask.copy()
    after = rearrange(mask, found)
    assert after.sum() == kept and np.array_equal(mask, before)
    assert loss(after, found) <= loss(before, found) + 1e-4


def test_the_better_pair_is_found():
    # alone 0 and 1 cost least, but they add up; 2 and 3 cancel each other
    found = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 2, -2], [0, 0, -2, 2]], dtype=np.float32)
    by_diagonal = np.array([False, False, True, True])
    assert loss(by_diagonal, found) == 4
    assert rearrange(by_diagonal, found).tolist() == [True, True, False, False]
    assert rearrange(np.array([False, True, False, True]), found).tolist() == [True, True, False, False]


def test_units_that_belong_together_go_one_by_one():
    found = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.1]], dtype=np.float32)
    mask = np.array([False, False, True])
    after = rearrange(mask, found)
    assert loss(mask, found) == pytest.approx(3.8) and loss(after, found) == pytest.approx(2.1)
    assert not after[2] and after.sum() == 1


def test_without_interplay_nothing_is_exchanged():
    found = np.diag(np.arange(1, 7)).astype(np.float32)
    mask = np.array([False, False, False, True, True, True])
    assert np.array_equal(rearrange(mask, found), mask)


def test_a_layer_without_units():
    assert rearrange(np.zeros(0, dtype=bool), np.zeros((0, 0), dtype=np.float32)).shape == (0,)
