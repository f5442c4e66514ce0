"""The importance of heads, neurons and inputs, against plain autograd and sums over one example at a time."""

import dataclasses

import pytest
import torch

from core.errors import Cancelled, DataError
from core.models import encoder, forward
from core.pruning import importance, removal
from core.pruning.removal import Kept
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import tiny

FAMILIES = pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
CUT = Kept(((), (1, 3)), (tuple(range(13)), ()))


@pytest.fixture(autouse=True)
def fp32(monkeypatch):
    """No autocast, so that figures can be compared."""
    monkeypatch.setattr(forward, "has_bf16", lambda: False)


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 60)))


@pytest.fixture
def features(task):
    return importance.training_features(task, tiny.tokenizer(), 0, 24)


def one_by_one(model, task, features):
    """A gate scales columns of O or of down, so its gradient is the sum of weight times gradient over them."""
    rows = []
    for feature in features:
        model.zero_grad()
        batch = task.collate([feature], 0)
        task.loss(model(**forward.model_inputs(batch)), batch).backward()
        row = []
        for block in encoder.blocks(model):
            for role, size in (("O", block.head_size), ("down", 1)):
                weight = encoder.weight(model, block.names[role])
                row.append((weight * weight.grad).sum(0).view(-1, size).sum(1).detach())
        rows.append(torch.cat(row))
    model.zero_grad()
    return torch.stack(rows)


def joined(gradients):
    return torch.cat([part for pair in gradients for part in pair], dim=1)


def same_rows(first, second, atol):
    """The same rows in any order."""
    nearest = torch.cdist(first, second).argmin(1)
    return sorted(nearest.tolist()) == list(range(len(first))) and torch.allclose(first, second[nearest], atol=atol)


@pytest.mark.parametrize("kept", [None, CUT], ids=["whole", "cut"])
@FAMILIES
def test_each_example_has_its_exact_gradient(build, kept, task, features):
    model = tiny.shaken(build())
    model = removal.removed(model, kept) if kept else model
    expected = one_by_one(model, task, features)
    found = importance.gate_gradients(model, task, features, 0)
    blocks = encoder.blocks(model)
    assert [(h.shape, n.shape) for h, n in found] == [((24, b.heads), (24, b.width)) for b in blocks]
    assert len({len(f.ids) for f in features}) > 3  # rows of the batch were padded
    assert expected.abs().max() > 1e-3
    assert same_rows(expected, joined(found), atol=1e-6)


def test_neither_padding_nor_batches_change_them(task, features, monkeypatch):
    model = tiny.shaken(tiny.bert())
    together = joined(importance.gate_gradients(model, task, features, 0))
    longest = dataclasses.replace(features[0], ids=(2, *[8] * 100, 3))
    padded = joined(importance.gate_gradients(model, task, [*features, longest], 0))
    assert same_rows(together, padded[:-1], atol=1e-6)
    monkeypatch.setattr(importance, "BATCH", 5)
    assert same_rows(together, joined(importance.gate_gradients(model, task, features, 0)), atol=1e-6)


def test_bf16_is_near(task, features, monkeypatch):
    model = tiny.shaken(tiny.bert())
    exact = importance.fisher(importance.gate_gradients(model, task, features, 0))
    monkeypatch.setattr(forward, "has_bf16", lambda: True)
    rough = importance.fisher(importance.gate_gradients(model, task, features, 0))
    for name, scores in exact.items():
        assert torch.nn.functional.cosine_similarity(scores.float().ravel(), rough[name].float().ravel(), dim=0) > 0.98


def test_the_model_is_left_as_it_was(task, features):
    model = tiny.shaken(tiny.bert())
    model.classifier.weight.requires_grad_(False)
    before = {name: p.requires_grad for name, p in model.named_parameters()}
    answers = tiny.logits(model)
    importance.gate_gradients(model, task, features, 0)
    importance.input_norms(model, task, features, 0)
    assert {name: p.requires_grad for name, p in model.named_parameters()} == before
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_pre_hooks for module in model.modules())
    assert torch.equal(tiny.logits(model), answers)


@pytest.mark.parametrize("measure", [importance.gate_gradients, importance.input_norms])
def test_even_when_it_fails_or_is_cancelled(measure, task, features):
    def fail(done, total):
        raise OSError("no more")

    model = tiny.bert()
    for error, options in ((OSError, {"on_batch": fail}), (Cancelled, {"cancelled": lambda: True})):
        with pytest.raises(error):
            measure(model, task, features, 0, **options)
        assert all(p.requires_grad and p.grad is None for p in model.parameters())
        assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("measure", [importance.gate_gradients, importance.input_norms])
def test_progress_counts_the_examples(measure, task, features, monkeypatch):
    monkeypatch.setattr(importance, "BATCH", 10)
    seen = []
    measure(tiny.bert(), task, features, 0, on_batch=lambda done, total: seen.append((done, total)))
    assert seen == [(10, 24), (20, 24), (24, 24)]


def test_scores_by_hand():
    first = torch.tensor([[1.0, 2.0], [3.0, -4.0]]), torch.tensor([[1.0, 0.0, 0.5], [-1.0, 2.0, 0.5]])
    second = torch.tensor([[0.0], [2.0]]), torch.zeros(2, 0)
    scores = importance.fisher([first, second])
    assert scores["heads.0.gram"].float().tolist() == [[5, -5], [-5, 10]]
    assert scores["heads.0.fisher"].tolist() == [5, 10] and scores["heads.0.taylor"].tolist() == [2, 3]
    assert scores["neurons.0.gram"].float().tolist() == [[1, -1, 0], [-1, 2, 0.5], [0, 0.5, 0.25]]
    assert scores["neurons.0.fisher"].tolist() == [1, 2, 0.25] and scores["neurons.0.taylor"].tolist() == [1, 1, 0.5]
    assert scores["heads.1.gram"].tolist() == [[2]] and scores["neurons.1.gram"].shape == (0, 0)
    # example 1: 3 + 1.5 of the first layer, 0 of the second; example 2: -1 + 1.5, and 2
    assert scores["layers"].tolist() == [(4.5**2 + 0.5**2) / 2, (0 + 2**2) / 2]
    assert len(scores) == 2 * 2 * 3 + 1


def test_scores_do_not_depend_on_the_order_of_examples():
    chance = torch.Generator().manual_seed(0)
    gradients = [(torch.randn(9, 4, generator=chance), torch.randn(9, 6, generator=chance)) for _ in range(2)]
    order = torch.randperm(9, generator=chance)
    scores, again = importance.fisher(gradients), importance.fisher([(h[order], n[order]) for h, n in gradients])
    assert all(torch.allclose(scores[name].float(), again[name].float(), rtol=0.01) for name in scores)


def test_a_moved_gate_changes_the_loss_as_the_gradient_says(task, features):
    model = tiny.shaken(tiny.bert())
    gradients = importance.gate_gradients(model, task, features, 0)

    def loss(scaled):
        batch = task.collate(features, 0)
        with torch.inference_mode():
            return float(task.loss(scaled(**forward.model_inputs(batch)), batch))

    step = 1e-2
    for layer, block in enumerate(encoder.blocks(model)):
        for head in range(block.heads):
            ends = []
            for sign in (-step, step):
                gated = tiny.shaken(tiny.bert())
                with torch.no_grad():
                    encoder.weight(gated, block.names["O"])[:, head * 8 : (head + 1) * 8] *= 1 + sign
                ends.append(loss(gated))
            slope = (ends[1] - ends[0]) / (2 * step)
            assert slope == pytest.approx(float(gradients[layer][0][:, head].mean()), abs=2e-4)


@pytest.mark.parametrize("kept", [None, CUT], ids=["whole", "cut"])
@FAMILIES
def test_input_norms_leave_padding_out(build, kept, task, features):
    model = tiny.shaken(build())
    model = removal.removed(model, kept) if kept else model
    squares = {m.name: torch.zeros(m.columns) for m in encoder.matrices(model, "all")}

    def add(module, args, name):
        squares[name] += args[0].reshape(-1, args[0].shape[-1]).square().sum(0)

    handles = [
        model.get_submodule(name).register_forward_pre_hook(lambda module, args, name=name: add(module, args, name))
        for name in squares
    ]
    with torch.inference_mode():
        for feature in features:
            model(**forward.model_inputs(task.collate([feature], 0)))
    for handle in handles:
        handle.remove()
    norms = importance.input_norms(model, task, features, 0)
    assert norms.keys() == squares.keys()
    assert all(torch.allclose(norms[name], squares[name].sqrt(), rtol=1e-4) for name in squares)


def test_the_inputs_of_a_layer_are_its_hidden_states(task, features):
    model = tiny.shaken(tiny.bert())
    batch = task.collate(features, 0)
    with torch.inference_mode():
        states = model(**forward.model_inputs(batch), output_hidden_states=True).hidden_states
    norms = importance.input_norms(model, task, features, 0)
    for layer, block in enumerate(encoder.blocks(model)):
        expected = states[layer][batch["attention_mask"].bool()].norm(dim=0)
        for role in ("Q", "K", "V"):
            assert torch.allclose(norms[block.names[role]], expected, rtol=1e-4)


def test_examples_are_drawn_by_seed(task):
    first, again, other = (importance.training_features(task, tiny.tokenizer(), seed, 10) for seed in (1, 1, 2))
    assert first == again != other and len(first) == 10
    every = importance.training_features(task, tiny.tokenizer(), 0)
    assert len(every) == len(task.train)
    assert sorted(f.ids for f in every) == sorted(f.ids for f in task.features(tiny.tokenizer(), task.train))


def test_without_training_examples(task):
    with pytest.raises(DataError, match="'own' has no training examples, .*; take criterion=magnitude"):
        importance.training_features(dataclasses.replace(task, train=()), tiny.tokenizer(), 0)


@FAMILIES
def test_units_by_their_weights_are_sums_of_squares(build):
    model = removal.removed(tiny.shaken(build()), CUT)
    units = importance.from_weights(model)
    for block, heads, neurons in zip(
        encoder.blocks(model), units.head_importance, units.neuron_importance, strict=True
    ):
        weights = {role: encoder.weight(model, name).detach() for role, name in block.names.items()}
        for head in range(block.heads):
            rows = slice(head * block.head_size, (head + 1) * block.head_size)
            parts = [weights[role][rows] for role in ("Q", "K", "V")] + [weights["O"][:, rows]]
            assert heads[head] == pytest.approx(sum(float(part.square().sum()) for part in parts), rel=1e-5)
        expected = weights["up"].square().sum(1) + weights["down"].square().sum(0)
        assert neurons == pytest.approx(expected.numpy()) and len(neurons) == block.width
    assert not units.comparable and not units.block_fisher


def test_only_fisher_may_be_summed_over_heads_and_neurons(task, features):
    model = tiny.bert()
    scores = importance.fisher(importance.gate_gradients(model, task, features, 0))
    fisher, taylor = (importance.from_gradients(scores, criterion) for criterion in importance.OF_GRADIENTS)
    assert (fisher.comparable, taylor.comparable) == (True, False) and not taylor.block_fisher
    for layer, blocks in enumerate(fisher.block_fisher):
        assert [block.shape for block in blocks] == [(4, 4), (64, 64)]
        own = (fisher.head_importance[layer], fisher.neuron_importance[layer])
        for block, diagonal in zip(blocks, own, strict=True):
            assert block.diagonal() == pytest.approx(diagonal, rel=0.01)  # kept with 8 bits


def test_chance_is_the_seeds():
    first, again, other = (importance.by_chance(tiny.bert(), seed) for seed in (1, 1, 2))
    flat = [[*one.head_importance, *one.neuron_importance] for one in (first, again, other)]
    assert all((a == b).all() for a, b in zip(flat[0], flat[1], strict=True))
    assert not any((a == b).all() for a, b in zip(flat[0], flat[2], strict=True))
    assert [layer.shape for layer in flat[0]] == [(4,), (4,), (64,), (64,)]
