"""What stays at every position of the slider is what the technique leaves there."""

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.models import encoder
from core.models.macs import unit_costs
from core.pictures.levels import levels
from core.pruning.choose import choose
from core.pruning.masks import keep_masks
from core.pruning.removal import weight_masks
from core.spec import Step
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import magnitude, parse_step, structured, wanda
from core.techniques.operations import unit_importance
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
    found = masks_at(levels(state(), Step("magnitude", config), context), level)
    exact = keep_masks(magnitude.scores(state(), config, context), level / 100)
    for name, mask in exact.items():
        assert (found[name] != mask).float().mean() <= 0.01


@pytest.mark.parametrize("level", [0, 25, 50, 100])
def test_ranks_of_wanda_are_its_masks_row_by_row(level, context):
    found = masks_at(levels(state(), Step("wanda", wanda.Config()), context), level)
    exact = wanda.apply(state(), wanda.Config(level / 100), context).masks
    assert all(torch.equal(found[name], mask) for name, mask in exact.items())


@pytest.mark.parametrize("criterion", structured.CRITERIA)
@pytest.mark.parametrize("level", [0, 20, 50, 70])
def test_lines_are_the_heads_and_neurons_of_structured(criterion, level, context):
    config = structured.Config(criterion=criterion)
    found = masks_at(levels(state(), Step("structured", config), context), level)
    units = unit_importance(state(), criterion, context)
    kept = choose(units, unit_costs(tiny.bert(), structured.SEQ), 1 - level / 100, 8)
    exact = weight_masks(tiny.bert(), kept)
    assert found.keys() == exact.keys() and all(torch.equal(found[name], mask) for name, mask in exact.items())


def test_a_choice_of_matrices_is_kept(context):
    found = levels(state(), parse_step("magnitude:layers=*query"), context)
    assert [m.role for m in found.matrices] == ["Q", "Q"] and set(found.ranks) == {m.name for m in found.matrices}


def test_the_model_is_left_as_it_was(context):
    given = state()
    before = {name: tensor.clone() for name, tensor in given.model.state_dict().items()}
    for name in ("magnitude", "wanda", "structured"):
        levels(given, parse_step(name), context)
    assert all(torch.equal(before[name], tensor) for name, tensor in given.model.state_dict().items())
    assert np.all([p.requires_grad for p in given.model.parameters()])
    assert encoder.shape_of(given.model) is None


def test_there_is_no_picture_of_what_has_no_slider(context):
    with pytest.raises(ConfigError, match="vocabulary ranks nothing that a slider could prune"):
        levels(state(), parse_step("vocabulary"), context)
