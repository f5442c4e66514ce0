"""What stays at every position of the slider is what the technique leaves there."""

import numpy as np
import pytest
import torch

from core.models import encoder
from core.models.macs import unit_costs
from core.pictures.levels import cuts, levels
from core.pruning.removal import weight_masks
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import magnitude, structured, wanda
from core.techniques.structured import choose, units
from core.techniques.technique import Context, State
from tests.support import tiny


@pytest.fixture
def context(tmp_path):
    remembered = {}

    def remember(name, compute):
        if name not in remembered:
            remembered[name] = compute()
        return remembered[name]

    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))), remember=remember)


def state():
    return State(tiny.bert(), tokenizer=tiny.tokenizer())


def masks_at(found, level):
    """The mask of each matrix at a level, by weight name."""
    masks = {}
    for matrix in found.matrices:
        if matrix.name in found.ranks:
            kept = found.ranks[matrix.name] >= level
        else:
            rows, columns = found.lines[matrix.name]
            kept = (rows[level][:, None] & columns[level][None, :]).astype(bool)
        masks[f"{matrix.name}.weight"] = torch.from_numpy(kept)
    return masks


RANKED = (magnitude.Config(), magnitude.Config(scope="global"), magnitude.Config(criterion="random"))


@pytest.mark.parametrize("config", RANKED)
@pytest.mark.parametrize("level", [0, 30, 100])
def test_ranks_are_the_masks_of_magnitude(config, level, context):
    found = masks_at(levels(state(), config, context), level)
    exact = magnitude.masks(tiny.bert(), magnitude.Config(level / 100, config.criterion, config.scope))
    for name, mask in exact.items():
        assert (found[name] != mask).float().mean() <= 0.01


@pytest.mark.parametrize("level", [0, 25, 50, 100])
def test_ranks_of_wanda_are_its_masks_row_by_row(level, context):
    found = masks_at(levels(state(), wanda.Config(), context), level)
    exact = wanda.apply(state(), wanda.Config(level / 100), context).masks
    assert all(torch.equal(found[name], mask) for name, mask in exact.items())


@pytest.mark.parametrize("criterion", structured.CRITERIA)
@pytest.mark.parametrize("level", [0, 20, 50, 70])
def test_lines_are_the_heads_and_neurons_of_structured(criterion, level, context):
    config = structured.Config(criterion=criterion)
    found = masks_at(levels(state(), config, context), level)
    kept = choose(units(state(), config, context), unit_costs(tiny.bert(), structured.SEQ), 1 - level / 100, 8)
    exact = weight_masks(tiny.bert(), kept)
    assert found.keys() == exact.keys() and all(torch.equal(found[name], mask) for name, mask in exact.items())


def test_cuts_are_searched_once_and_come_back_the_same(context):
    config = structured.Config()
    first = cuts(state(), config, context)
    assert len(first) == 101 and first[0].neurons == (tuple(range(64)), tuple(range(64)))
    again = cuts(state(), config, context)
    assert first == again
    assert sum(map(len, first[100].heads)) == 1  # the least that can be reached: one head


def test_a_choice_of_matrices_is_kept(context):
    found = levels(state(), magnitude.Config(layers="*query"), context)
    assert [m.role for m in found.matrices] == ["Q", "Q"] and set(found.ranks) == {m.name for m in found.matrices}


def test_the_model_is_left_as_it_was(context):
    given = state()
    before = {name: tensor.clone() for name, tensor in given.model.state_dict().items()}
    for config in (magnitude.Config(), wanda.Config(), structured.Config()):
        levels(given, config, context)
    assert all(torch.equal(before[name], tensor) for name, tensor in given.model.state_dict().items())
    assert np.all([p.requires_grad for p in given.model.parameters()])
    assert encoder.shape_of(given.model) is None
