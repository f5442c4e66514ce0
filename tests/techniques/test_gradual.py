"""gradual: the share of zeros follows the cubic, zeros stay, and the weights that are left are trained."""

import dataclasses

import pytest

from core.errors import DataError
from core.models import encoder
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import gradual, magnitude
from core.techniques.gradual import RAMP, UPDATES, Config, amount_at
from core.techniques.technique import Context, State
from tests.support import tiny

QUICK = Config(amount=0.6, learning_rate=1e-3, batch_size=8, steps=40, epochs=10.0)


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150))))


def state():
    return State(tiny.bert(), {}, tiny.tokenizer())


def test_the_share_follows_the_cubic():
    steps, amount = 1000, 0.8
    for step in range(1, steps + 1):
        exact = amount * (1 - (1 - min(1.0, step / (RAMP * steps))) ** 3)
        assert 0 <= exact - amount_at(step, steps, amount) <= 3 * amount / UPDATES
    found = [amount_at(step, steps, amount) for step in range(1, steps + 1)]
    assert found == sorted(found) and len(set(found)) == UPDATES + 1
    assert found[int(RAMP * steps)] == found[-1] == amount and found[0] == 0
    assert amount_at(1, 1, 0.5) == 0.5


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_the_share_is_reached_and_the_rest_is_trained(scope, context):
    before = state()
    after = gradual.apply(before, dataclasses.replace(QUICK, scope=scope), context)
    shares = []
    for name, mask in after.masks.items():
        weight = after.model.get_parameter(name)
        assert not weight[~mask].any() and (weight[mask] != before.model.get_parameter(name)[mask]).any()
        shares.append(float((~mask).float().mean()))
    assert len(shares) == 12 and sum(shares) / 12 == pytest.approx(0.6, abs=0.02 if scope == "layer" else 0.06)
    assert (max(shares) - min(shares) < 0.01) == (scope == "layer")


def test_it_grows_while_it_trains(context, monkeypatch):
    seen, model, original = [], {}, gradual.train_copy_

    def watch(progress):
        zeros = sum(int((weights == 0).sum()) for weights in model["weights"])
        seen.append(zeros / sum(weights.numel() for weights in model["weights"]))

    def spy(found, *arguments, **options):
        model["weights"] = [encoder.weight(found, matrix.name) for matrix in encoder.matrices(found)]
        return original(found, *arguments, **options)

    monkeypatch.setattr(gradual, "train_copy_", spy)
    gradual.apply(state(), QUICK, dataclasses.replace(context, on_step=watch))
    assert seen == sorted(seen) and seen[0] < 0.1 and seen[-1] == pytest.approx(0.6, abs=0.001)
    assert len({round(share, 3) for share in seen}) > 15


def test_zeros_of_an_earlier_step_stay(context):
    pruned = magnitude.apply(state(), magnitude.Config(amount=0.3, criterion="random"), context)
    after = gradual.apply(pruned, QUICK, context)
    for name, mask in pruned.masks.items():
        assert not after.model.get_parameter(name)[~mask].any() and not (after.masks[name] & ~mask).any()


def test_nothing_to_train_on(context):
    bare = dataclasses.replace(context, task=dataclasses.replace(context.task, train=()))
    with pytest.raises(
        DataError, match="has no training examples, which gradual needs; add a train file beside its test$"
    ):
        gradual.apply(state(), QUICK, bare)
