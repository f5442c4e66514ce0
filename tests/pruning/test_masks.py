"""Masks against torch.nn.utils.prune, and the pictures' ranks and cubes against exact masks."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from core.pruning.masks import (
    LEVELS,
    WeightScores,
    density_cube,
    keep_mask,
    keep_mask_rows,
    keep_masks,
    keep_masks_global,
    mask_at,
    percentile_ranks,
    pruned_count,
    random_scores,
)

SHAPES = ((7, 5), (32, 32), (64, 32), (1, 33), (3, 1), (200, 150))
AMOUNTS = (0.0, 0.01, 0.1, 0.3, 0.5, 0.77, 0.995, 1.0)


def linear(shape, seed=0, ties=False):
    layer = nn.Linear(shape[1], shape[0])
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    layer.weight.data = (weight * 2).round() / 2 if ties else weight
    return layer


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_bit_for_bit_torch_prune(shape, amount, ties):
    layer = linear(shape, ties=ties)
    ours = keep_mask(layer.weight.detach().abs(), amount)
    prune.l1_unstructured(layer, "weight", amount=amount)
    assert torch.equal(ours, layer.weight_mask.bool())


@pytest.mark.parametrize("amount", AMOUNTS)
def test_the_count_is_exact_where_all_are_equal(amount):
    mask = keep_mask(torch.ones(10, 33), amount)
    assert int((~mask).sum()) == round(amount * 330)


def test_half_weights_round_to_even_as_torch_does():
    for size in (5, 7, 9, 11):
        layer = linear((1, size))
        prune.l1_unstructured(layer, "weight", amount=0.5)
        assert pruned_count(size, 0.5) == int((layer.weight_mask == 0).sum())


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_global_scope_as_torch_prune(amount, ties):
    layers = [linear(shape, seed, ties) for seed, shape in enumerate(SHAPES)]
    ours = keep_masks_global([layer.weight.detach().abs() for layer in layers], amount)
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=amount)
    assert sum(int((~mask).sum()) for mask in ours) == sum(int((layer.weight_mask == 0).sum()) for layer in layers)
    assert [mask.shape for mask in ours] == [layer.weight.shape for layer in layers]
    for mask, layer in zip(ours, layers, strict=True):
        assert torch.equal(mask, layer.weight_mask.bool())


def test_global_scope_takes_more_where_weights_are_smaller():
    small, large = torch.rand(50, 50) * 0.1, torch.rand(50, 50)
    low, high = keep_masks_global([small, large], 0.4)
    assert low.float().mean() < 0.3 < 0.9 < high.float().mean()


def test_random_scores_follow_their_seed():
    assert torch.equal(random_scores((8, 9), 3), random_scores((8, 9), 3))
    assert not torch.equal(random_scores((8, 9), 3), random_scores((8, 9), 4))
    before = torch.random.get_rng_state()
    random_scores((8, 9), 3)
    assert torch.equal(before, torch.random.get_rng_state())  # nobody else's chance is touched


def test_ranks_agree_with_exact_masks_to_one_percent():
    score = linear((128, 96)).weight.detach().abs()
    (ranks,) = percentile_ranks([score], "layer")
    assert ranks.dtype == np.uint8
    for level in range(100):
        exact = keep_mask(score, level / 100).numpy()
        assert (mask_at(ranks, level) != exact).mean() <= 0.01, level
        assert abs(mask_at(ranks, level).mean() - exact.mean()) <= 0.01, level
    assert not mask_at(ranks, 100).any()


def test_global_ranks_agree_with_exact_global_masks():
    scores = [linear(shape, seed).weight.detach().abs() for seed, shape in enumerate([(64, 64), (32, 96), (150, 40)])]
    ranks = percentile_ranks(scores, "global")
    for level in (0, 1, 30, 50, 99):
        exact = keep_masks_global(scores, level / 100)
        for rank, mask in zip(ranks, exact, strict=True):
            assert rank.shape == tuple(mask.shape)
            assert (mask_at(rank, level) != mask.numpy()).mean() <= 0.01, level


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_each_row_loses_the_same_count_of_its_lowest(shape, amount, ties):
    score = linear(shape, ties=ties).weight.detach().abs()
    mask = keep_mask_rows(score, amount)
    assert mask.shape == score.shape and mask.dtype == torch.bool
    assert ((~mask).sum(1) == pruned_count(shape[1], amount)).all()
    for row, stays in zip(score, mask, strict=True):
        assert torch.equal(stays, keep_mask(row, amount))


def test_a_row_of_small_weights_loses_no_more_than_another():
    score = torch.tensor([[1.0, 2.0, 3.0, 4.0], [400.0, 300.0, 200.0, 100.0]])
    assert keep_mask_rows(score, 0.5).tolist() == [[False, False, True, True], [True, True, False, False]]
    assert keep_mask(score, 0.5).tolist() == [[False] * 4, [True] * 4]


def test_row_ranks_agree_with_exact_rows():
    scores = [linear(shape, seed).weight.detach().abs() for seed, shape in enumerate([(40, 96), (7, 33), (5, 1)])]
    for score, ranks in zip(scores, percentile_ranks(scores, "row"), strict=True):
        assert ranks.shape == tuple(score.shape) and ranks.dtype == np.uint8
        for level in range(100):
            assert np.array_equal(mask_at(ranks, level), keep_mask_rows(score, level / 100).numpy()), level
        assert not mask_at(ranks, 100).any()


def test_row_ranks_do_not_see_the_other_rows():
    score = linear((16, 50)).weight.detach().abs()
    scaled = score * torch.logspace(-3, 3, 16)[:, None]
    (ranks,), (same,) = percentile_ranks([score], "row"), percentile_ranks([scaled], "row")
    assert np.array_equal(ranks, same)
    assert not np.array_equal(*(percentile_ranks([s], "layer")[0] for s in (score, scaled)))


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e4])
def test_ranks_do_not_depend_on_the_unit_of_the_weights(scale):
    score = linear((64, 64)).weight.detach().abs()
    (ranks,), (scaled,) = percentile_ranks([score], "layer"), percentile_ranks([score * scale], "layer")
    assert np.abs(ranks.astype(int) - scaled.astype(int)).max() <= 1


def test_a_mask_can_be_written_in_place():
    ranks = np.array([[0, 49, 50, 99]], dtype=np.uint8)
    out = np.empty(ranks.shape, dtype=bool)
    assert mask_at(ranks, 50, out) is out
    assert out.tolist() == [[False, False, True, True]] and mask_at(ranks, 0).all()


def test_layer_ranks_ignore_the_other_matrices():
    scores = [linear((16, 16), 0).weight.detach().abs(), 100 * linear((16, 16), 1).weight.detach().abs()]
    together, alone = percentile_ranks(scores, "layer"), [percentile_ranks([s], "layer")[0] for s in scores]
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))
    assert not np.array_equal(together[0], percentile_ranks(scores, "global")[0])


def test_equal_values_share_a_rank():
    (ranks,) = percentile_ranks([torch.tensor([[1.0, 1.0, 1.0, 2.0]])], "layer")
    assert len(set(ranks[0, :3].tolist())) == 1 and ranks[0, 3] > ranks[0, 0]


@pytest.mark.parametrize(("shape", "block"), [((64, 64), 16), ((70, 50), 16), ((5, 7), 16), ((33, 64), 32)])
def test_cube_is_the_share_of_each_block(shape, block):
    score = linear(shape).weight.detach().abs()
    (ranks,) = percentile_ranks([score], "layer")
    cube = density_cube(ranks, block)
    assert cube.shape == (LEVELS, -(-shape[0] // block), -(-shape[1] // block)) and cube.dtype == np.uint8
    for level in (0, 1, 13, 50, 99):
        exact = keep_mask(score, level / 100).numpy()
        for down in range(cube.shape[1]):
            for across in range(cube.shape[2]):
                part = exact[down * block : (down + 1) * block, across * block : (across + 1) * block]
                assert abs(cube[level, down, across] / 255 - part.mean()) <= 0.01
    assert (cube[0] == 255).all() and (cube[100] == 0).all()
    assert (np.diff(cube.astype(int), axis=0) <= 0).all()  # a higher amount keeps no more


def test_cubes_agree_with_exact_masks_over_the_matrix():
    score = linear((128, 96)).weight.detach().abs()
    (ranks,) = percentile_ranks([score], "layer")
    means = density_cube(ranks, 32).reshape(LEVELS, -1).mean(axis=1) / 255
    for level in range(LEVELS):
        assert abs(means[level] - (1 - level / 100)) <= 0.01


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_a_scope_says_among_which_weights_the_lowest_go(amount):
    scores = {str(shape): random_scores(shape, seed) for seed, shape in enumerate(SHAPES)}
    found = {scope: keep_masks(WeightScores(scores, scope), amount) for scope in ("layer", "row", "global")}
    everywhere = keep_masks_global(list(scores.values()), amount)
    for (name, score), of_all in zip(scores.items(), everywhere, strict=True):
        assert torch.equal(found["layer"][name], keep_mask(score, amount))
        assert torch.equal(found["row"][name], keep_mask_rows(score, amount))
        assert torch.equal(found["global"][name], of_all)
