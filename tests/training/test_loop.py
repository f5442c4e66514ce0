"""The one training loop: each example once, masks held, progress told, chance its own."""

import math
import random

import pytest
import torch

from core.errors import Cancelled, TrainingError
from core.tasks import load_task
from core.tasks.task import Origin
from core.training import loop
from core.training.loop import Progress, Recipe, length_sorted_batches, train_
from tests.support import tiny


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150)))


def train(task, model=None, masks=None, on_step=lambda progress: None, cancelled=lambda: False, **changes):
    values = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 1.0, "weight_decay": 0.01, "seed": 0}
    model = model or tiny.bert()
    features = task.features(tiny.tokenizer(), task.train)
    recipe = Recipe(**{**values, **changes})
    train_(model, task, features, recipe, pad=0, masks=masks or {}, on_step=on_step, cancelled=cancelled)
    return model


def steps_of(task, **changes):
    seen = []
    train(task, on_step=seen.append, **changes)
    return seen


@pytest.mark.parametrize("count", [1, 7, 64, 1003])
def test_every_example_is_in_one_batch(count):
    lengths = [random.Random(i).randint(3, 60) for i in range(count)]
    batches = length_sorted_batches(lengths, 8, random.Random(0))
    assert sorted(i for batch in batches for i in batch) == list(range(count))
    assert len(batches) == math.ceil(count / 8) and max(map(len, batches)) <= 8


def test_batches_hold_similar_lengths_in_a_shuffled_order():
    order = random.Random(1)
    lengths = [order.randint(3, 60) for _ in range(800)]
    batches = length_sorted_batches(lengths, 8, random.Random(0))
    padding = sum(len(b) * max(lengths[i] for i in b) - sum(lengths[i] for i in b) for b in batches) / sum(lengths)
    assert padding < 0.1  # of unsorted batches it is above 0.6
    widths = [max(lengths[i] for i in b) for b in batches]
    assert widths != sorted(widths)


def test_batches_follow_their_seed():
    lengths = [5] * 100
    first, again, other = (length_sorted_batches(lengths, 8, random.Random(s)) for s in (0, 0, 1))
    assert first == again != other


def test_it_learns(task):
    seen = steps_of(task, epochs=20.0, learning_rate=3e-3)
    assert seen[-1].loss < 0.3 * seen[0].loss


def test_steps_and_epochs(task):
    per_epoch = math.ceil(len(task.train) / 8)
    assert len(steps_of(task)) == per_epoch
    assert len(steps_of(task, epochs=0.5)) == math.ceil(per_epoch / 2)
    assert len(steps_of(task, epochs=2.0)) == 2 * per_epoch
    assert len(steps_of(task, epochs=0.001)) == 1
    assert len(steps_of(task, epochs=9.0, steps=3)) == 3
    assert len(steps_of(task, steps=10_000)) == per_epoch


def test_progress_counts_up_and_estimates_the_rest(task):
    seen = steps_of(task, steps=4)
    assert [p.step for p in seen] == [1, 2, 3, 4] and {p.steps for p in seen} == {4}
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen) and seen[-1].eta_s == 0
    assert Progress(10, 40, 0.5, 5.0).eta_s == 15.0
    assert Progress(0, 40, 0.5, 0.0).eta_s == math.inf


def test_same_seed_same_weights(task):
    first, again, other = (train(task, steps=4, seed=s).state_dict() for s in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_nobody_elses_chance_is_touched(task):
    before = torch.random.get_rng_state()
    train(task, steps=2)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("dropout", [True, False])
def test_activations_are_left_out_only_if_the_recipe_says_so(task, dropout):
    modes = []

    def objective(model, batch, chosen, done):
        modes.append(model.training)
        return loop.task_loss(task)(model, batch, chosen, done)

    recipe = Recipe(learning_rate=1e-3, batch_size=8, epochs=1.0, weight_decay=0.01, seed=0, steps=3, dropout=dropout)
    features = task.features(tiny.tokenizer(), task.train)
    quiet = {"on_step": lambda _: None, "cancelled": lambda: False}
    train_(tiny.bert(), task, features, recipe, pad=0, masks={}, objective=objective, validate=lambda: 0.5, **quiet)
    assert modes == [dropout] * 3


def test_the_model_ends_in_eval_mode(task):
    assert not train(task, steps=1).training


def test_masked_weights_stay_zero_at_every_step(task):
    model = tiny.bert()
    name = "bert.encoder.layer.0.attention.self.query.weight"
    mask = torch.rand(32, 32) > 0.5
    with torch.no_grad():
        model.get_parameter(name).mul_(mask)
    before, held = model.get_parameter(name).detach().clone(), []
    train(
        task,
        model,
        {name: mask},
        on_step=lambda progress: held.append(not model.get_parameter(name)[~mask].any()),
        steps=5,
    )
    assert held == [True] * 5
    assert (model.get_parameter(name)[mask] != before[mask]).float().mean() > 0.9


def test_cancel_between_two_steps(task):
    seen = []
    with pytest.raises(Cancelled):
        train(task, on_step=seen.append, cancelled=lambda: len(seen) == 3)
    assert len(seen) == 3


def test_a_loss_that_is_no_number_says_what_to_change(task):
    model = tiny.bert()
    with torch.no_grad():
        model.classifier.weight.fill_(math.nan)
    with pytest.raises(TrainingError, match=r"the loss became nan at step 1; lower the learning rate \(0.001\)"):
        train(task, model)


def test_the_rate_warms_up_and_decays_to_zero(task, monkeypatch):
    rates = []
    build = loop._optimizer

    def watched(*arguments):
        optimizer = build(*arguments)
        step = optimizer.step
        optimizer.step = lambda: (rates.append(optimizer.param_groups[0]["lr"]), step())[1]
        return optimizer

    monkeypatch.setattr(loop, "_optimizer", watched)
    train(task, epochs=100.0, steps=80, turn=0.25, ahead=3.0)
    first, second = rates[:20], rates[20:]
    assert max(first) == pytest.approx(3e-3) and max(second) == pytest.approx(1e-3) and second[0] < max(second)
    assert first[-1] < 3e-3 * 0.1 and second[-1] < 1e-3 * 0.05
    rates.clear()
    train(task, epochs=100.0, steps=50)
    warm = round(loop.WARMUP * 50)
    assert rates[0] == pytest.approx(1e-3 / warm) and max(rates) == pytest.approx(1e-3)
    assert rates.index(max(rates)) in (warm - 1, warm)
    assert rates[warm:] == sorted(rates[warm:], reverse=True) and rates[-1] < 1e-3 * 0.05


def test_biases_and_norms_are_not_decayed():
    model = tiny.bert()
    optimizer = loop._optimizer(model, Recipe(1e-3, 8, 1.0, 0.3, 0))
    decay = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert {decay[id(p)] for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n} == {0.0}
    assert decay[id(model.classifier.weight)] == 0.3 and len(decay) == len(list(model.parameters()))
