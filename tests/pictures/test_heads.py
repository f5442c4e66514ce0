"""Importance, shares and stripes of heads are those of the model and of the method."""

import numpy as np
import pytest
import torch

from core.models import encoder
from core.pictures.heads import CRITERIA, STRIPES, draw, draw_head, importance, read, stripes
from core.pictures.levels import levels
from core.pruning.masks import keep_mask, keep_masks
from core.pruning.removal import Kept, removed
from core.spec import Step
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, magnitude, structured
from core.techniques.operations import gate_scores
from core.techniques.technique import Context, State
from tests.support import tiny

L1 = Step("magnitude", magnitude.Config())


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def state(model=None):
    return State(model or tiny.bert(), tokenizer=tiny.tokenizer())


def test_importance_is_that_of_the_gates(context):
    found, gates = importance(state(), context), gate_scores(state(), context)
    assert found.keys() == set(CRITERIA) and found["fisher"].shape == (2, 4)
    for layer in range(2):
        assert torch.equal(found["fisher"][layer], gates[f"heads.{layer}.fisher"])
        assert torch.equal(found["taylor"][layer], gates[f"heads.{layer}.taylor"])


def test_layers_with_fewer_heads_are_filled_with_nan(context):
    every = tuple(range(64))
    smaller = removed(tiny.bert(), Kept(((0, 2), (0, 1, 2, 3)), (every, every)))
    found = read(draw(state(smaller), levels(state(smaller), L1, context), context))
    assert np.isnan(found.importance["fisher"]).tolist() == [[False] * 2 + [True] * 2, [False] * 4]
    assert np.isnan(found.kept[30]).tolist() == [[False] * 2 + [True] * 2, [False] * 4]


def test_the_share_kept_of_a_head(context):
    model, config = tiny.bert(), magnitude.Config(scope="global")
    found = read(draw(state(model), levels(state(model), Step("magnitude", config), context), context))
    assert found.kept.shape == (101, 2, 4) and (found.kept[0] == 1).all() and (found.kept[100] == 0).all()
    exact = keep_masks(magnitude.scores(state(model), config, context), 0.4)
    for layer, block in enumerate(encoder.blocks(model)):
        masks = {role: exact[f"{block.names[role]}.weight"] for role in STRIPES}
        for head in range(4):
            rows = slice(8 * head, 8 * head + 8)
            share = np.mean([(m[:, rows] if r == "O" else m[rows]).float().mean() for r, m in masks.items()])
            assert found.kept[40, layer, head] == pytest.approx(share, abs=0.015)


def test_removed_heads_are_not_kept(context):
    config = structured.Config(keep_macs=0.5)
    found = read(draw(state(), levels(state(), Step("structured", config), context), context))
    left = TECHNIQUES["structured"].apply(state(), config, context).facts["heads"]
    assert (found.kept[50] > 0).sum(1).tolist() == left
    assert set(np.unique(found.kept)) <= {0.0, 1.0}


@pytest.mark.parametrize("level", [0, 50, 100])
def test_stripes_are_rows_of_q_k_v_and_columns_of_o(level, context):
    model = tiny.bert()
    payload = draw_head(state(model), levels(state(model), L1, context), 1, 2)
    found, block = stripes(payload, level), encoder.blocks(model)[1]
    weights = {role: encoder.weight(model, block.names[role]).detach() for role in STRIPES}
    largest = max(float((w[:, 16:24] if r == "O" else w[16:24]).abs().max()) for r, w in weights.items())
    for role, weight in weights.items():
        stripe = weight[:, 16:24].T if role == "O" else weight[16:24]
        mask = keep_mask(weight.abs(), level / 100)
        mask = mask[:, 16:24].T if role == "O" else mask[16:24]
        assert (np.isnan(found[role]) != ~mask.numpy()).mean() <= 0.02
        shown = ~np.isnan(found[role])
        assert np.allclose(found[role][shown], (stripe.numpy() / largest)[shown], atol=2e-3)


def test_a_removed_head_has_empty_stripes(context):
    found = levels(state(), Step("structured", structured.Config()), context)
    heads = read(draw(state(), found, context)).kept[60]
    for layer, head in np.argwhere(heads == 0).tolist()[:1] + np.argwhere(heads == 1).tolist()[:1]:
        shown = stripes(draw_head(state(), found, layer, head), 60)
        assert all(np.isnan(stripe).all() == (heads[layer, head] == 0) for stripe in shown.values())
