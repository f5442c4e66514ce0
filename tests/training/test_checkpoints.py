"""A training that was killed goes on with the same result; a torn checkpoint is begun anew."""

import copy
import dataclasses

import pytest
import torch

from core.errors import TrainingError
from core.models import forward
from core.tasks import load_task
from core.tasks.task import Origin
from core.training import loop
from core.training.checkpoints import Standing, restore_, write
from core.training.loop import Recipe, train_
from tests.support import tiny

RECIPE = Recipe(learning_rate=1e-3, batch_size=8, epochs=3.0, weight_decay=0.01, seed=0, steps=30)


class Killed(Exception):
    """The process ended."""


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150)))


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)


def train(task, checkpoint=None, dies_at=None, recipe=RECIPE, **options):
    model = tiny.bert(hidden_dropout_prob=0.2)
    seen, scores = [], iter(range(1000))

    def on_step(progress):
        seen.append(progress)
        if progress.step == dies_at:
            raise Killed

    settings = {"pad": 0, "masks": {}, "on_step": on_step, "cancelled": lambda: False, "checkpoint": checkpoint}
    curve = train_(
        model,
        task,
        task.features(tiny.tokenizer(), task.train),
        recipe,
        **settings,
        validate=lambda: float(next(scores)),
        **options,
    )
    return model, seen, curve


@pytest.mark.parametrize("dies_at", [2, 17, 29])
def test_it_goes_on_with_the_same_result(task, tmp_path, dies_at):
    path = tmp_path / "checkpoints" / "one.safetensors"
    whole, _, curve = train(task)
    with pytest.raises(Killed):
        train(task, path, dies_at)
    assert [file.name for file in path.parent.iterdir()] == ["one.safetensors"]
    again, seen, more = train(task, path)
    # the step that died was done, but not yet kept
    assert [progress.step for progress in seen] == list(range(dies_at, 31)) and seen[0].first == dies_at - 1
    assert seen[0].spent > seen[0].seconds  # with what was done before it died
    assert seen[-1].eta_s == 0 and len(more) == len(curve) and [p[:2] for p in more] == [p[:2] for p in curve]
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    assert not path.exists()  # the result is what counts


@pytest.mark.parametrize("dies_at", [9, 15, 16, 17, 25])
def test_it_goes_on_in_either_part_of_a_training_with_two(task, tmp_path, dies_at):
    """In the first the head learns nothing and has no moments; in the second all moments are new."""

    def objective(model, batch, chosen, done):
        inputs = forward.model_inputs(batch)
        return task.loss(model(**inputs), batch) if done >= 0.5 else model.bert(**inputs)[0][:, 0, :4].square().mean()

    options = {"recipe": dataclasses.replace(RECIPE, turn=0.5), "objective": objective}
    path, whole = tmp_path / "one.safetensors", train(task, **options)[0]
    with pytest.raises(Killed):
        train(task, path, dies_at, **options)
    again, seen, _ = train(task, path, **options)
    assert seen[0].first == dies_at - 1
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))


def test_a_torn_or_foreign_checkpoint_is_begun_anew(task, tmp_path):
    path, whole = tmp_path / "one.safetensors", train(task)[0]
    other = tiny.bert(hidden_size=64)
    write(path, other, torch.optim.AdamW(other.parameters()), Standing(5, 0.1))
    for content in (b"", b"noise" * 100, path.read_bytes()):
        path.write_bytes(content)
        model, seen, _ = train(task, path)
        assert seen[0].step == 1
        assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), model.parameters(), strict=True))


def test_everything_comes_back(tmp_path):
    model = tiny.bert()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(2):
        tiny_loss(model).backward()
        optimizer.step()
    before, chance = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    write(tmp_path / "one", model, optimizer, Standing(2, 0.5, ((1, 0.6, 0.7),), 7.5))
    moments = [optimizer.state[parameter]["exp_avg"].clone() for parameter in model.parameters()]
    other = tiny.bert(seed=1)
    fresh = torch.optim.AdamW(other.parameters(), lr=1e-2)
    torch.rand(5)
    assert restore_(tmp_path / "one", other, fresh) == Standing(2, 0.5, ((1, 0.6, 0.7),), 7.5)
    assert torch.equal(torch.get_rng_state(), chance)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state_dict().items())
    found = [fresh.state[parameter]["exp_avg"] for parameter in other.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(moments, found, strict=True))
    assert restore_(tmp_path / "none", other, fresh) is None


def test_a_checkpoint_that_lacks_something_changes_nothing(tmp_path):
    from safetensors import safe_open
    from safetensors.torch import save_file

    model = tiny.bert()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    tiny_loss(model).backward()
    optimizer.step()
    path = tmp_path / "one"
    write(path, model, optimizer, Standing(1, 0.5))
    with safe_open(path, "pt") as file:
        facts, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    del tensors[max(name for name in tensors if name.startswith("optimizer."))]
    save_file(tensors, path, facts)
    other = tiny.bert(seed=1)
    before, chance = copy.deepcopy(other.state_dict()), torch.get_rng_state()
    assert restore_(path, other, torch.optim.AdamW(other.parameters())) is None
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state_dict().items())
    assert torch.equal(torch.get_rng_state(), chance)


def tiny_loss(model):
    ids = torch.tensor([[2, 6, 7, 3]])
    return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.square().sum()


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(task, tmp_path):
    path, steps = tmp_path / "one.safetensors", []

    def objective(model, batch, chosen, done):
        steps.append(len(steps) + 1)
        loss = task.loss(model(**forward.model_inputs(batch)), batch)
        return loss * (float("nan") if steps[-1] == 7 else 1.0)

    with pytest.raises(TrainingError, match="the loss became nan at step 7; lower the learning rate"):
        train(task, path, objective=objective)
    model = tiny.bert()
    assert restore_(path, model, torch.optim.AdamW(model.parameters())).step == 6
    assert all(parameter.isfinite().all() for parameter in model.parameters())
