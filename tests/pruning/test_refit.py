"""Least squares against solutions that are known, and smaller models that come nearer to the dense one."""

import copy
import dataclasses

import pytest
import torch

from core.models import encoder, forward
from core.pruning import importance, refit, removal
from core.pruning.refit import calibration, fitted, refit_, targets
from core.pruning.removal import Kept
from core.tasks import load_task
from core.tasks.task import Feature, Origin
from tests.support import tiny

FAMILIES = pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
WAYS = pytest.mark.parametrize("how", ["weights", "scale"])
HALF = Kept(((0, 2), (1, 2, 3)), (tuple(range(0, 64, 2)), tuple(range(40))))
PARTS = {
    "half": HALF,
    "no attention": Kept(((), (0, 1)), (HALF.neurons[0], HALF.neurons[1])),
    "no FFN": Kept(((0, 3), (0, 1, 2, 3)), ((), tuple(range(9)))),
}


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 100)))


@pytest.fixture
def features(task):
    return importance.training_features(task, tiny.tokenizer(), 0)


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def refitted(model, kept, task, features, how):
    small = removal.removed(model, kept)
    refit_(small, targets(model, task, features, 0), how)
    return small


def sums(model, task, features):
    """What stands in front of each layer norm of the encoder, at the tokens that are not padding."""
    batch = task.collate(features, 0)
    real, found, handles = batch["attention_mask"].bool(), {}, []
    for layer, module in enumerate(encoder.layer_modules(model)):
        for name, norm in module.named_modules():
            if isinstance(norm, torch.nn.LayerNorm):
                place = (layer, "down" if name in ("output.LayerNorm", "output_layer_norm") else "O")

                def keep(module, args, place=place):
                    found[place] = args[0][real].clone()

                handles.append(norm.register_forward_pre_hook(keep))
    with torch.inference_mode():
        model(**forward.model_inputs(batch))
    for handle in handles:
        handle.remove()
    return found


def distances(model, dense, task, features):
    ours, theirs = sums(model, task, features), sums(dense, task, features)
    assert len(ours) == 4
    return {place: float((ours[place] - theirs[place]).norm()) for place in ours}


def test_known_weights_are_found(monkeypatch):
    monkeypatch.setattr(refit, "RIDGE", 1e-7)
    inputs, known = drawn(200, 12), drawn(5, 12, seed=1)
    assert torch.allclose(fitted(inputs, torch.zeros(5, 12), inputs @ known.T), known, atol=1e-4)
    assert torch.allclose(fitted(inputs, drawn(5, 12, seed=2), inputs @ known.T), known, atol=1e-4)


@pytest.mark.parametrize("unit", [1, 4])
def test_known_factors_are_found(monkeypatch, unit):
    monkeypatch.setattr(refit, "RIDGE", 1e-7)
    inputs, weight = drawn(200, 12), drawn(5, 12, seed=1)
    known = weight * torch.linspace(0.3, 2, 12 // unit).repeat_interleave(unit)
    assert torch.allclose(fitted(inputs, weight, inputs @ known.T, unit), known, atol=1e-4)


def test_weights_are_least_squares_pulled_towards_the_given_ones():
    inputs, weight, target = drawn(60, 12), drawn(5, 12, seed=1), drawn(60, 5, seed=2)
    pull = (refit.RIDGE * (inputs.T @ inputs).diagonal().mean()).sqrt()
    rows, wanted = torch.cat([inputs, pull * torch.eye(12)]), torch.cat([target, pull * weight.T])
    expected = torch.linalg.lstsq(rows, wanted).solution.T
    assert torch.allclose(fitted(inputs, weight, target), expected, atol=1e-4)


@pytest.mark.parametrize("unit", [1, 3])
def test_factors_are_least_squares_pulled_towards_one(unit):
    inputs, weight, target = drawn(60, 12), drawn(5, 12, seed=1), drawn(60, 5, seed=2)
    parts = [
        inputs[:, start : start + unit] @ weight[:, start : start + unit].T for start in range(0, 12, unit)
    ]  # what each unit adds
    rows = torch.stack([part.ravel() for part in parts], 1)
    pull = (refit.RIDGE * (rows.T @ rows).diagonal().mean()).sqrt()
    count = len(parts)
    right = torch.cat([target.ravel(), pull * torch.ones(count)])
    factors = torch.linalg.lstsq(torch.cat([rows, pull * torch.eye(count)]), right[:, None]).solution[:, 0]
    expected = weight * factors.repeat_interleave(unit)
    assert torch.allclose(fitted(inputs, weight, target, unit), expected, atol=1e-4)


def test_a_unit_that_is_always_zero_keeps_its_weights():
    inputs, weight = drawn(60, 12), drawn(5, 12, seed=1)
    inputs[:, 4:8] = 0
    for unit in (0, 4):
        found = fitted(inputs, weight, drawn(60, 5, seed=2), unit)
        assert torch.allclose(found[:, 4:8], weight[:, 4:8]) and not torch.allclose(found, weight)
    assert torch.equal(fitted(torch.zeros(60, 12), weight, drawn(60, 5)), weight)


@pytest.mark.parametrize("kept", PARTS.values(), ids=PARTS.keys())
@WAYS
@FAMILIES
def test_the_sums_come_nearer_to_dense(build, how, kept, task, features):
    dense = tiny.shaken(build())
    plain = distances(removal.removed(dense, kept), dense, task, features)
    fit = distances(refitted(dense, kept, task, features, how), dense, task, features)
    assert sum(fit.values()) < (0.9 if how == "weights" else 0.99) * sum(plain.values())


@FAMILIES
def test_weights_come_nearer_than_factors(build, task, features):
    dense = tiny.shaken(build())
    scale, weights = (
        distances(refitted(dense, HALF, task, features, how), dense, task, features) for how in ("scale", "weights")
    )
    assert sum(weights.values()) < sum(scale.values())


@FAMILIES
def test_a_machine_that_has_bf16_fits_the_same(build, task, features, monkeypatch):
    dense, found = tiny.shaken(build()), []
    for fast in (False, True):
        monkeypatch.setattr(forward, "has_bf16", lambda fast=fast: fast)
        found.append(refitted(dense, HALF, task, features, "weights").state_dict())
    assert all(torch.equal(tensor, found[1][name]) for name, tensor in found[0].items())


@WAYS
@FAMILIES
def test_only_the_output_matrices_change(build, how, task, features):
    dense = tiny.shaken(build())
    small, fit = removal.removed(dense, HALF), refitted(dense, HALF, task, features, how)
    changed = {n for n, p in small.named_parameters() if not torch.equal(p, fit.get_parameter(n))}
    assert changed == {f"{b.names[role]}.weight" for b in encoder.blocks(small) for role in ("O", "down")}
    assert all(p.requires_grad and not p.is_inference() for p in fit.parameters())
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in fit.modules())


@WAYS
def test_factors_are_one_a_head_and_one_a_neuron(how, task, features):
    dense = tiny.shaken(tiny.bert())
    small, fit = removal.removed(dense, HALF), refitted(dense, HALF, task, features, how)
    for block in encoder.blocks(small):
        for role, unit in (("O", 8), ("down", 1)):
            name = block.names[role]
            ratio = (encoder.weight(fit, name) / encoder.weight(small, name)).detach()
            ratio = ratio.T.reshape(-1, unit * 32)  # the weights of one unit a row
            spread = (ratio.max(1).values - ratio.min(1).values).max()
            assert (spread < 1e-3) == (how == "scale")


@WAYS
@FAMILIES
def test_the_dense_model_is_left_as_it_was(build, how, task, features):
    dense = tiny.shaken(build())
    before = copy.deepcopy(dense.state_dict())
    refitted(dense, HALF, task, features, how)
    assert all(torch.equal(before[name], tensor) for name, tensor in dense.state_dict().items())
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in dense.modules())


@WAYS
def test_a_model_that_lost_nothing_stays(how, task, features):
    dense = tiny.shaken(tiny.bert())
    fit = copy.deepcopy(dense)
    refit_(fit, targets(dense, task, features, 0), how)
    assert torch.allclose(tiny.logits(fit), tiny.logits(dense), atol=1e-4)


def test_padding_takes_no_part(task, features):
    dense = tiny.shaken(tiny.bert())
    longest = max(len(f.ids) for f in features)
    same_length = [f for f in features if len(f.ids) == longest]
    fits = []
    for width in (longest, longest + 30):

        def collate(batch, pad, width=width):
            ids = torch.tensor([[*f.ids, *[9] * (width - len(f.ids))] for f in batch])
            mask = torch.tensor([[1] * len(f.ids) + [0] * (width - len(f.ids)) for f in batch])
            return {"input_ids": ids, "attention_mask": mask}

        small = removal.removed(dense, HALF)
        refit_(small, targets(dense, dataclasses.replace(task, collate=collate), same_length, 0), "weights")
        fits.append(small)
    assert torch.allclose(tiny.logits(fits[0]), tiny.logits(fits[1]), atol=1e-4)


def test_calibration_takes_the_longest_but_for_the_very_longest():
    features = [Feature((1,) * length, length, 0) for length in range(1, 101)]
    found = calibration(features[::-1])
    assert [len(f.ids) for f in found] == list(range(10, 96))  # 95 tokens are the longest, 86 rows fit 8192 tokens
    assert len(found) * 95 <= refit.TOKENS
    assert calibration(features[:1]) == features[:1]
    assert len(calibration([Feature((1,) * 9000, 0, 0)] * 3)) == 1
