"""Heads and neurons taken out or set to zero: the same logits, and exactly the parameters that go by hand."""

import copy
import random

import pytest
import torch

from core.models import encoder, macs, size
from core.pruning import removal
from core.pruning.removal import Kept, shaped
from tests.support import tiny

ALL = tuple(range(64))
HEAD = 3 * (8 * 32 + 8) + 32 * 8  # parameters of one head: rows and biases of Q, K, V, columns of O
NEURON = 32 + 1 + 32
KEPT = {
    "odd widths": Kept(((0, 2), (1, 2, 3)), (tuple(range(0, 64, 5)), tuple(range(37)))),
    "one head": Kept(((3,), (0, 1, 2, 3)), (ALL, ALL)),
    "one neuron": Kept(((0, 1, 2, 3), (0, 1)), ((63,), ALL)),
    "no attention": Kept(((), (0, 2)), (ALL, ALL)),
    "no FFN": Kept(((1, 2), (0, 1, 2, 3)), (ALL, ())),
    "neither": Kept(((), (0, 1, 2, 3)), ((), tuple(range(1, 64)))),
    "no attention anywhere": Kept(((), ()), (ALL, ALL[::2])),
    "no FFN anywhere": Kept(((0,), (3,)), ((), ())),
    "nothing at all": Kept(((), ()), ((), ())),
}
FAMILIES = pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
SHAPES = pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT.keys())


def drawn(seed, model=None):
    """Any number of heads and neurons of each layer, none of them and all of them among the numbers."""
    chance = random.Random(seed)

    def some(count):
        return tuple(sorted(chance.sample(range(count), chance.randint(0, count))))

    blocks = encoder.blocks(model or tiny.bert())
    return Kept(tuple(some(b.heads) for b in blocks), tuple(some(b.width) for b in blocks))


def counts(kept):
    return sum(map(len, kept.heads)), sum(map(len, kept.neurons))


def same(first, second):
    return torch.allclose(tiny.logits(first), tiny.logits(second), rtol=0, atol=1e-5)


def weights_of(model):
    return [f"{name}.weight" for block in encoder.blocks(model) for name in block.names.values()]


def random_masks(model, seed=0):
    """Half of each matrix of the encoder, and its weights outside set to zero."""
    chance = torch.Generator().manual_seed(seed)
    masks = {n: torch.rand(model.get_parameter(n).shape, generator=chance) > 0.5 for n in weights_of(model)}
    with torch.no_grad():
        for name, mask in masks.items():
            model.get_parameter(name).mul_(mask)
    return masks


@SHAPES
@FAMILIES
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_removed_and_zeroed_give_the_same_logits(build, attention, kept):
    model = tiny.shaken(build())
    model.set_attn_implementation(attention)
    small, zero = removal.removed(model, kept), removal.zeroed(model, kept)
    assert same(small, zero) and not same(small, model)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_kept(seed):
    build = (tiny.bert, tiny.roberta, tiny.distilbert)[seed % 3]
    model, kept = tiny.shaken(build(), seed), drawn(seed)
    assert same(removal.removed(model, kept), removal.zeroed(model, kept))


@SHAPES
@FAMILIES
def test_parameters_and_work_fall_as_counted_by_hand(build, kept):
    model, (heads, neurons) = build(), counts(kept)
    before, after = (size.weigh(m, which="all") for m in (model, removal.removed(model, kept)))
    assert before.params - after.params == (8 - heads) * HEAD + (128 - neurons) * NEURON
    head, neuron = 128 * 4 * 32 * 8 + 2 * 128 * 128 * 8, 128 * 2 * 32
    assert before.macs - after.macs == (8 - heads) * head + (128 - neurons) * neuron
    costs = macs.unit_costs(model, 128)
    assert (costs.head, costs.neuron) == (head, neuron)


@SHAPES
@FAMILIES
def test_zeroed_keeps_every_shape(build, kept):
    model = build()
    assert size.weigh(removal.zeroed(model, kept)).params == size.weigh(model).params


@SHAPES
@FAMILIES
def test_the_smaller_model_knows_its_shape(build, kept):
    small = removal.removed(build(), kept)
    assert [(b.heads, b.width) for b in encoder.blocks(small)] == [
        (len(h), len(n)) for h, n in zip(kept.heads, kept.neurons, strict=True)
    ]
    for block in encoder.blocks(small):
        assert ("Q" in block.names) == (block.heads > 0)
        for name in block.names.values():  # the attributes follow the weights
            linear = encoder.linear(small, name)
            assert (linear.out_features, linear.in_features) == tuple(linear.weight.shape)


@pytest.mark.parametrize("first", KEPT.values(), ids=KEPT.keys())
@FAMILIES
@pytest.mark.parametrize("seed", [0, 1])
def test_removing_twice_is_removing_once(build, first, seed):
    model = tiny.shaken(build())
    small = removal.removed(model, first)
    second = drawn(seed, small)
    both = Kept(
        *(
            tuple(tuple(old[i] for i in new) for old, new in zip(before, after, strict=True))
            for before, after in ((first.heads, second.heads), (first.neurons, second.neurons))
        )
    )
    again = removal.removed(small, second)
    assert same(again, removal.zeroed(small, second)) and same(again, removal.removed(model, both))


@SHAPES
@FAMILIES
def test_the_given_model_is_left_as_it_was(build, kept):
    model = tiny.shaken(build())
    before, shape = copy.deepcopy(model.state_dict()), str(model)
    removal.removed(model, kept)
    removal.zeroed(model, kept)
    assert str(model) == shape and model.state_dict().keys() == before.keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


@FAMILIES
def test_everything_kept_is_a_copy(build):
    model = tiny.shaken(build())
    kept = removal.everything(model)
    assert kept == Kept(((0, 1, 2, 3),) * 2, (ALL,) * 2)
    for copied in (removal.removed(model, kept), removal.zeroed(model, kept)):
        places = {parameter.data_ptr() for parameter in model.parameters()}
        assert not places & {parameter.data_ptr() for parameter in copied.parameters()}
        assert torch.equal(tiny.logits(copied), tiny.logits(model))


@SHAPES
@FAMILIES
def test_weight_masks_are_what_zeroed_leaves(build, kept):
    model = tiny.shaken(build())
    zero, masks = removal.zeroed(model, kept), removal.weight_masks(model, kept)
    assert sorted(masks) == sorted(weights_of(model))
    for name, mask in masks.items():
        assert mask.dtype == torch.bool
        assert torch.equal(zero.get_parameter(name), model.get_parameter(name) * mask)
        assert torch.equal(zero.get_parameter(name) != 0, mask)
    for block in encoder.blocks(model):
        for role in ("Q", "K", "V", "up"):  # what goes has no bias either
            stays = masks[f"{block.names[role]}.weight"].any(1)
            assert torch.equal(encoder.linear(zero, block.names[role]).bias != 0, stays)


@pytest.mark.parametrize("kept", [KEPT["no attention"], KEPT["neither"]], ids=["no attention", "neither"])
@FAMILIES
def test_weight_masks_of_a_model_without_an_attention(build, kept):
    small = removal.removed(tiny.shaken(build()), kept)
    masks = removal.weight_masks(small, removal.everything(small))
    assert sorted(masks) == sorted(weights_of(small)) and all(mask.all() for mask in masks.values())


@SHAPES
@FAMILIES
def test_masks_are_cut_with_the_matrices(build, kept):
    model = tiny.shaken(build())
    masks = random_masks(model)
    outside = {"classifier.weight": torch.ones(2, 32, dtype=torch.bool)}
    small, cut = removal.removed(model, kept), removal.cut_masks(model, kept, masks | outside)
    assert cut.pop("classifier.weight") is outside["classifier.weight"]
    left = {n for n, p in small.named_parameters() if n in masks and p.numel()}
    assert set(cut) == left
    for name, mask in cut.items():
        assert torch.equal(small.get_parameter(name) != 0, mask)  # each weight brings its own mask along


def test_a_matrix_without_a_mask_gets_none():
    model = tiny.bert()
    name = encoder.blocks(model)[0].names["up"] + ".weight"
    mask = torch.rand(64, 32, generator=torch.Generator().manual_seed(0)) > 0.5
    cut = removal.cut_masks(model, KEPT["odd widths"], {name: mask})
    assert list(cut) == [name] and torch.equal(cut[name], mask[::5])


@FAMILIES
def test_zeroed_takes_the_outputs_of_a_fitted_smaller_model(build):
    model, kept = tiny.shaken(build()), KEPT["odd widths"]
    small = removal.removed(model, kept)
    with torch.no_grad():
        for block in encoder.blocks(small):
            for role in ("O", "down"):
                encoder.weight(small, block.names[role]).mul_(1.5)
    assert same(small, removal.zeroed(model, kept, small))
    assert not same(small, removal.zeroed(model, kept))


def test_cuts_are_the_same_after_packing():
    cuts = [*KEPT.values(), *(drawn(seed) for seed in range(20)), removal.everything(tiny.bert())]
    bits = removal.packed(cuts, tiny.bert())
    assert {name: tuple(rows.shape) for name, rows in bits.items()} == {"h": (len(cuts), 1), "n": (len(cuts), 16)}
    assert removal.unpacked(bits, tiny.bert()) == cuts


def test_cuts_of_layers_that_lack_heads_or_neurons_are_packed_too():
    smaller = removal.removed(tiny.bert(), KEPT["neither"])
    cuts = [drawn(seed, smaller) for seed in range(5)]
    assert removal.unpacked(removal.packed(cuts, smaller), smaller) == cuts


def test_a_shape_that_facts_tell_is_the_first_units_of_each_layer():
    model = tiny.bert()
    assert shaped({"heads": [2, 0], "widths": [3, 64]}, model) == Kept(((0, 1), ()), ((0, 1, 2), tuple(range(64))))
    assert shaped({}, model) is None and shaped({"heads": [2], "widths": [3]}, model) is None
    assert shaped({"heads": [2, 0], "widths": [3, 64], "hidden": 16}, model) is None
