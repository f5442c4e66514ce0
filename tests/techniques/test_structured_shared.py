"""What positions of the slider of heads and neurons share: scores, cuts, and the pass of the dense model."""

import dataclasses
import functools

import pytest
import torch

from core.engine.store import Store
from core.errors import ConfigError
from core.pruning import refit, removal
from core.pruning.importance import CRITERIA, OF_GRADIENTS
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import operations, structured
from core.techniques.structured import Config, cuts
from core.techniques.technique import Context, State
from tests.support import tiny

EACH = pytest.mark.parametrize("criterion", CRITERIA)


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def state_of(build=tiny.bert):
    return State(tiny.shaken(build()), {}, tiny.tokenizer())


def apply(state, context, **fields):
    return structured.apply(state, Config(**fields), context)


@EACH
def test_the_gradients_are_computed_once(criterion, context):
    asked, kept = [], {}

    def remember(name, compute):
        asked.append(name)
        if name not in kept:
            kept[name] = compute()
        return kept[name]

    passes = []
    remembering = dataclasses.replace(context, remember=remember, on_progress=lambda *event: passes.append(event))
    state = state_of()
    first = apply(state, remembering, keep_macs=0.5, criterion=criterion)
    count = len(passes)
    assert asked == ["gates"] * (criterion in OF_GRADIENTS) and (count > 0) == (criterion in OF_GRADIENTS)
    assert all(stage == "importance" for stage, _, _ in passes)
    second = apply(state, remembering, keep_macs=0.3, criterion=criterion)
    assert len(passes) == count and sum(second.facts["widths"]) < sum(first.facts["widths"])
    direct = apply(state, context, keep_macs=0.3, criterion=criterion)
    assert direct.facts == second.facts and torch.equal(tiny.logits(direct.model), tiny.logits(second.model))


def test_a_file_of_scores_gives_the_same_model(context, tmp_path):
    store = Store(tmp_path / "results")
    remembering = dataclasses.replace(context, remember=functools.partial(store.remember, "key"))
    found = [tiny.logits(apply(state_of(), c, criterion="fisher").model) for c in (remembering, remembering, context)]
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["key-gates.safetensors"]
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


def test_cuts_are_searched_once_and_come_back_the_same(context, tmp_path):
    store = Store(tmp_path / "results")
    remembering = dataclasses.replace(context, remember=functools.partial(store.remember, "key"))
    first = cuts(state_of(), Config(), remembering)
    assert len(first) == 101 and first[0].neurons == (tuple(range(64)), tuple(range(64)))
    assert sum(map(len, first[100].heads)) == 1  # the least that can be reached: one head
    never = dataclasses.replace(remembering, on_progress=lambda *event: pytest.fail("searched again"))
    assert cuts(state_of(), Config(keep_macs=0.1), never) == first


@pytest.mark.parametrize("keep, drawn", [(0.5, True), (1.0, True), (0.505, False), (0.5, False)])
def test_what_the_pictures_have_is_what_goes(keep, drawn, context):
    state, config = state_of(), Config(keep_macs=keep)
    other = cuts(state, Config(criterion="random"), context)  # another machine's choice
    shipped = removal.packed(other, state.model) if drawn or keep != 0.5 else None
    after = structured.apply(state, config, dataclasses.replace(context, recall=lambda name: shipped))
    own = structured.apply(state, config, context)
    wanted = other[round(100 * (1 - keep))] if drawn else own.kept
    everything = removal.everything(state.model)
    assert (after.kept or everything) == (wanted or everything)
    assert (after.kept == own.kept) == (not drawn or keep == 1.0)


def test_what_cannot_be_reached_is_refused_whatever_the_pictures_have(context):
    state = state_of()
    shipped = removal.packed(cuts(state, Config(), context), state.model)
    with pytest.raises(ConfigError, match="cannot be reached"):
        structured.apply(state, Config(keep_macs=0.05), dataclasses.replace(context, recall=lambda name: shipped))


def test_positions_of_one_context_share_the_pass_of_the_dense_model(context, monkeypatch):
    made = []
    monkeypatch.setattr(operations, "targets", lambda model, *rest: made.append(model) or refit.targets(model, *rest))
    first, second = state_of(), state_of(tiny.distilbert)
    for state in (first, first, second):
        for keep in (0.5, 0.3):
            apply(state, context, keep_macs=keep)
    assert [model is state.model for model, state in zip(made, (first, second), strict=True)] == [True, True]
