"""movement: units go while the model learns; what is dead is taken out; the budget holds for what is filled, too."""

import copy
import dataclasses

import pytest
import torch

from core.engine import recipes
from core.errors import ConfigError, DataError
from core.left import read
from core.models import encoder
from core.pictures.levels import levels
from core.pruning import left as leftover
from core.pruning import removal
from core.pruning.masks import LEVELS
from core.spec import Step
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import distil, layers, movement, moving
from core.techniques.movement import Config
from core.techniques.moving import SCORES
from core.techniques.technique import Context, State
from tests.support import tiny, tiny_qa, tiny_squad

QUICK = Config(density=0.4, block=8, learning_rate=1e-3, batch_size=8, steps=12, score_rate=0.05)
VARIANTS = ("structured", "hybrid", "hybrid-filled")


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def fresh():
    return State(tiny.bert(), tokenizer=tiny.tokenizer())


def pruned(context, state=None, **changes):
    return movement.apply(state or fresh(), dataclasses.replace(QUICK, **changes), context)


def left(state):
    """Weights of the encoder's linear layers that are not zero, and all that there are."""
    weights = [encoder.weight(state.model, matrix.name) for matrix in encoder.matrices(state.model)]
    return sum(int(w.count_nonzero()) for w in weights), sum(w.numel() for w in weights)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("threshold", ["topk", "sigmoid"])
def test_at_most_the_asked_share_is_left_and_the_facts_say_how_much(context, variant, threshold):
    after = pruned(context, variant=variant, threshold=threshold, start="zero")
    total = left(fresh())[1]
    nonzero, stored = left(after)
    assert 0.2 < nonzero / total <= 0.4 and after.facts["density"] == pytest.approx(nonzero / total)
    assert stored < total  # heads or neurons are gone
    shapes = encoder.layer_shapes(after.model)
    assert [(s["heads"], s["width"]) for s in shapes] == list(
        zip(after.facts["heads"], after.facts["widths"], strict=True)
    )
    assert (variant == "hybrid") == bool(after.masks) and (nonzero == stored) == (variant != "hybrid")
    assert after.facts["density_all"] > after.facts["density"]  # embeddings are not pruned


def test_zeros_inside_of_heads_are_held_by_masks_and_those_of_before_stay(context):
    state = fresh()
    name = f"{encoder.blocks(state.model)[0].names['up']}.weight"
    mask = torch.ones_like(state.model.get_parameter(name), dtype=torch.bool)
    mask[:, ::2] = False
    with torch.no_grad():
        state.model.get_parameter(name).mul_(mask)
    after = pruned(context, dataclasses.replace(state, masks={name: mask}), variant="hybrid")
    for which, kept in after.masks.items():
        assert not after.model.get_parameter(which)[~kept].any()
    assert not after.model.get_parameter(name)[:, ::2].any()


def test_the_given_state_is_left_alone_and_the_same_seed_gives_the_same(context):
    state = fresh()
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    one, two = (pruned(context, state, variant="structured") for _ in range(2))
    assert all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())
    assert all(torch.equal(a, b) for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True))


def test_units_go_by_what_is_learnt(context):
    """Other examples, other heads and neurons: the scores are no accident of the order."""
    first = pruned(context, variant="structured")
    turned = tuple(dataclasses.replace(e, label=1 - e.label) for e in context.task.train)
    other = pruned(
        dataclasses.replace(context, task=dataclasses.replace(context.task, train=turned)), variant="structured"
    )
    kept = [state.model.state_dict() for state in (first, other)]
    assert first.facts["widths"] != other.facts["widths"] or any(
        kept[0][name].shape != kept[1][name].shape or not torch.equal(kept[0][name], kept[1][name]) for name in kept[0]
    )


def test_what_was_pruned_before_the_filling_is_remembered(context):
    known, calls = {}, []

    def remember(name, compute):
        if name not in known:
            calls.append(name)
            known[name] = compute()
        return known[name]

    keeping = dataclasses.replace(context, remember=remember)
    one = pruned(keeping)
    two = pruned(keeping)
    moved = [name for name in calls if name.startswith("movement-") and SCORES not in name]
    assert len(moved) == 1 and one.facts == two.facts and len(one.facts["curves"]) == 2
    pruned(keeping, density=0.3)
    assert len([name for name in calls if name.startswith("movement-") and SCORES not in name]) == 2


def keeping_in_mind(context):
    """The context, which remembers."""
    kept = {}

    def remember(name, compute):
        if name not in kept:
            kept[name] = compute()
        return kept[name]

    return dataclasses.replace(context, remember=remember)


@pytest.mark.parametrize("method, side", [("movement", 0), ("movement-blocks", 8)])
def test_a_slider_shows_whole_units_or_blocks_inside_of_heads(context, method, side):
    start = recipes.methods()[method]
    config = dataclasses.replace(QUICK, variant=start.config.variant)
    keeping, state = keeping_in_mind(context), fresh()
    with pytest.raises(ConfigError, match="no picture before the first training"):
        levels(state, Step("movement", config), keeping)
    after = movement.apply(state, config, keeping)
    found = levels(state, Step("movement", config), keeping)
    assert bool(found.ranks) == (side > 0) == (not found.lines)
    for matrix in found.matrices if side else ():
        there, nonzero = after_at_its_place(after, matrix)
        drawn = found.ranks[matrix.name] >= round(100 * (1 - config.density))
        assert drawn.sum() == pytest.approx(nonzero, abs=0.05 * drawn.size)  # a dead head's last blocks go with it
        if matrix.role not in ("up", "down"):
            tiles = drawn.reshape(drawn.shape[0] // side, side, drawn.shape[1] // side, side)
            assert (tiles.all((1, 3)) == tiles.any((1, 3))).all() and not (there & ~drawn).any()


def after_at_its_place(state, matrix):
    """In which blocks of a matrix of the dense model weights are left, (rows, columns), and how many."""
    facts = leftover.left(state.model, fresh().model, state.kept, None)
    (one,) = (one for one in read(facts) if (one.layer, one.role) == (matrix.layer, matrix.role))
    return one.cells.repeat(one.side, 0).repeat(one.side, 1)[: one.rows, : one.columns] > 0, one.nonzero


@pytest.mark.parametrize("variant", ["structured", "hybrid-filled"])
def test_the_pictures_follow_the_scores_of_the_first_training(context, variant):
    keeping, config = keeping_in_mind(context), dataclasses.replace(QUICK, variant=variant)
    with pytest.raises(ConfigError, match="no picture before the first training"):
        movement.cuts(fresh(), config, keeping)
    after = movement.apply(fresh(), config, keeping)
    found = movement.cuts(fresh(), dataclasses.replace(config, density=0.9), keeping)  # whichever density is asked
    assert len(found) == LEVELS and found[0] == removal.everything(fresh().model)
    assert found[round(100 * (1 - config.density))] == after.kept
    sizes = [sum(map(len, (*one.heads, *one.neurons))) for one in found]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 0
    movement.apply(fresh(), dataclasses.replace(config, density=0.7), keeping)
    assert movement.cuts(fresh(), config, keeping) == found


def test_what_is_filled_begins_with_what_it_held(context):
    """The blocks that went inside of a head that stays come back before the second training, and no unit else."""
    seen = {}
    original = moving.train_copy_

    def spy(model, state, recipe, inner, **named):
        seen["filled"] = state if "masks_at" not in named else seen.get("filled")
        return original(model, state, recipe, inner, **named)

    moving.train_copy_ = spy
    try:
        pruned(context, start="zero")  # in Fisher's order whole heads go at first
    finally:
        moving.train_copy_ = original
    shapes = encoder.layer_shapes(seen["filled"].model)
    zeros = sum(
        int((encoder.weight(seen["filled"].model, m.name) == 0).sum()) for m in encoder.matrices(seen["filled"].model)
    )
    assert zeros == 0 and left(pruned(context, variant="hybrid", start="zero"))[0] < left(seen["filled"])[1]
    assert any(shape["heads"] < 4 or shape["width"] < 64 for shape in shapes)


def test_hidden_states_are_learnt_of_the_model_before_only(context):
    with pytest.raises(ConfigError, match="hidden=0.5 needs a student cut out of its teacher"):
        pruned(context, teacher="another", hidden=0.5)
    seen = []
    original = moving.distillation.objective

    def spy(model, teacher, task, weights, layers, channels):
        seen.append((weights.hidden, list(layers), teacher.model))
        return original(model, teacher, task, weights, layers, channels)

    moving.distillation.objective = spy
    try:
        pruned(context, hidden=0.5, alpha=0.9)
    finally:
        moving.distillation.objective = original
    assert [(hidden, layers) for hidden, layers, _ in seen] == [(0.0, [0, 1]), (0.5, [0, 1])]  # after the filling
    assert seen[0][2] is not seen[1][2]


def test_it_prunes_a_model_that_reads(tmp_path):
    task = load_task(Origin("squad", tiny_squad.folder(tmp_path / "squad", train=10, dev=6)))
    state = State(tiny_qa.model(), tokenizer=tiny.tokenizer())
    after = movement.apply(state, QUICK, Context(task))
    assert after.facts["density"] <= 0.4 and left(after)[0] < left(state)[0]


@pytest.mark.parametrize("field", [{"density": 0.0}, {"density": 1.5}, {"variant": "rows"}, {"block": 0}])
def test_values_out_of_range_are_refused(field):
    with pytest.raises(ConfigError):
        Config(**field)


def test_a_block_that_does_not_fit_and_a_task_without_examples_are_refused_at_once(context, tmp_path):
    with pytest.raises(ConfigError, match="block=32 does not divide"):
        pruned(context, block=32)
    (tmp_path / "only").mkdir()
    tiny.csv_file(tmp_path / "only" / "test.csv", 30)
    bare = Context(load_task(Origin(str(tmp_path / "only"))))
    with pytest.raises(
        DataError, match="has no training examples, which movement needs; add a train file beside its test$"
    ):
        pruned(bare)


@pytest.mark.parametrize("build", [tiny.bert, tiny.distilbert, tiny.roberta])
def test_a_model_of_which_no_head_is_left_goes_on_learning(context, build):
    headless = _headless(State(build(), tokenizer=tiny.tokenizer()))
    after = pruned(context, headless, density=0.6)
    assert [shape["heads"] for shape in encoder.layer_shapes(after.model)] == [0, 0]
    assert 0 < left(after)[0] < left(headless)[0]
    taught = distil.apply(headless, distil.Config(steps=3, batch_size=8, layers=1, relations=1.0), context)
    assert len(encoder.layer_shapes(taught.model)) == 1


def _headless(state):
    """The same model without any attention."""
    model = copy.deepcopy(state.model)
    for block in encoder.blocks(model):
        encoder.without_attention_(model, block)
    return dataclasses.replace(state, model=model)


def test_the_share_that_is_left_is_that_of_the_dense_model(context):
    start = fresh()
    half = layers.apply(start, layers.Config(drop=1), context)
    after = pruned(dataclasses.replace(context, dense=start), half)
    nonzero, total = left(after)[0], left(start)[1]
    assert after.facts["density"] == pytest.approx(nonzero / total) and after.facts["density"] < 0.4 * 0.6
