"""Steps one after another through a whole run: shapes, zeros, tokenizers and facts reach the result and the disk."""

import dataclasses
import json

import pytest
import torch

from core.control import Control, Timing
from core.engine.prepare import prepare
from core.engine.run import compress, run
from core.engine.store import Store
from core.errors import ConfigError
from core.left import read
from core.models import encoder, find, macs, save
from core.models.load import load
from core.techniques import parse_step
from tests.support import tiny

TUNE = "finetune:learning_rate=1e-3,batch_size=8,steps=3"
ORDERS = {
    "magnitude, structured, finetune": ("magnitude:amount=0.5", "structured:keep_macs=0.5", TUNE),
    "structured after vocabulary": ("vocabulary:min_count=40", "structured:keep_macs=0.5"),
    "vocabulary after structured": ("structured:keep_macs=0.5,criterion=taylor", "vocabulary:min_count=40"),
    "layers after structured": ("structured:keep_macs=0.6", "layers:drop=1,which=top"),
    "structured after layers": ("layers:drop=1", "structured:keep_macs=0.4,refit=scale"),
    "structured twice": ("structured:keep_macs=0.7", "structured:keep_macs=0.5"),
    "heads, structured, wanda": ("heads:remove=1.1 1.2 1.3 1.4", "structured:keep_macs=0.5", "wanda:amount=0.5"),
    "zeroed, finetune": ("structured:keep_macs=0.5,remove=false", TUNE),
    "vocabulary, finetune, structured": ("vocabulary:min_count=40", TUNE, "structured:keep_macs=0.5"),
}
EACH = pytest.mark.parametrize("steps", ORDERS.values(), ids=ORDERS.keys())


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


def experiment(tmp_path, steps, model=None):
    return tiny.experiment(tmp_path, *map(parse_step, steps), model=model or tiny.shaken(tiny.bert()))


def answers(state):
    return tiny.logits(state.model, words=state.tokenizer)


def same(first, second):
    return torch.allclose(first, second, rtol=0, atol=1e-6)


@EACH
def test_facts_and_sizes_reach_the_disk(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    result, state = run(spec, origin, store), compress(spec, origin, store)
    assert {name: result.facts[name] for name in state.facts} == state.facts != {}
    linear = [encoder.weight(state.model, matrix.name) for matrix in encoder.matrices(state.model)]
    assert sum(one.nonzero for one in read(result.facts)) == sum(int(weight.count_nonzero()) for weight in linear)
    assert (result.facts.get("training_s", 0) > 0) == ("curves" in state.facts)
    again = Store(store.folder).read(spec.key)
    assert again == result and again.facts == json.loads(json.dumps(result.facts))
    assert result.size.params == sum(p.numel() for p in state.model.parameters())
    assert result.size.macs == macs.macs(state.model, 128)
    dense = store.read(spec.dense.key)
    assert result.size.nonzero < dense.size.nonzero and dense.facts == {}


@EACH
def test_the_facts_are_those_of_the_model(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    state = compress(spec, origin, store)
    blocks = encoder.blocks(state.model)
    if any(step.startswith("structured") for step in steps) and "remove=false" not in steps[0]:
        assert state.facts["heads"] == [b.heads for b in blocks]
        assert state.facts["widths"] == [b.width for b in blocks]
    if any(step.startswith("vocabulary") for step in steps):
        assert state.facts["pieces"] == encoder.vocabulary_size(state.model) == len(state.tokenizer)
        assert state.facts["pieces_before"] == len(tiny.VOCABULARY)
    for name, mask in state.masks.items():
        weight = state.model.get_parameter(name)
        assert weight.shape == mask.shape and not weight[~mask].any()


@EACH
def test_it_is_saved_and_loaded(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    state = compress(spec, origin, store)
    assert save.save(state.model, state.tokenizer, tmp_path / "saved", tiny.TEXTS).ok
    loaded = load(find.resolve(str(tmp_path / "saved")))
    assert same(tiny.logits(loaded.model, words=loaded.tokenizer), answers(state))


@EACH
def test_a_second_time_gives_the_same_model(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    first, second = (compress(spec, origin, store) for _ in range(2))  # the second reads what the first kept
    alone = compress(spec, origin, Store(tmp_path / "other" / "results"))
    assert same(answers(first), answers(second)) and same(answers(first), answers(alone))
    assert first.facts == second.facts == alone.facts
    assert first.masks.keys() == second.masks.keys() == alone.masks.keys()


def test_training_keeps_zeros_and_shapes(tmp_path, store):
    spec, origin = experiment(tmp_path, ORDERS["magnitude, structured, finetune"])
    before = compress(dataclasses.replace(spec, steps=spec.steps[:2]), origin, store)
    after = compress(spec, origin, store)
    assert encoder.shape_of(after.model) == encoder.shape_of(before.model) is not None
    assert after.masks.keys() == before.masks.keys() and len(after.masks) > 6
    for name, mask in after.masks.items():
        old, new = (s.model.get_parameter(name) for s in (before, after))
        assert torch.equal(mask, before.masks[name]) and 0.3 < mask.float().mean() < 0.7
        assert not new[~mask].any() and not torch.equal(old[mask], new[mask])


def test_training_keeps_zeroed_units_at_zero(tmp_path, store):
    spec, origin = experiment(tmp_path, ORDERS["zeroed, finetune"])
    state = compress(spec, origin, store)
    assert encoder.shape_of(state.model) is None
    for block, heads, width in zip(
        encoder.blocks(state.model), state.facts["heads"], state.facts["widths"], strict=True
    ):
        columns = {role: encoder.weight(state.model, block.names[role]).any(0) for role in ("O", "down")}
        assert int(columns["O"].sum()) == 8 * heads and int(columns["down"].sum()) == width


def test_the_model_after_each_step_has_scores_of_its_own(tmp_path, store):
    spec, origin = experiment(tmp_path, ORDERS["structured twice"])
    compress(spec, origin, store)
    once = dataclasses.replace(spec, steps=spec.steps[:1])
    names = sorted(path.name for path in (tmp_path / "cache" / "scores").iterdir())
    assert names == sorted(f"{key}-gates.safetensors" for key in (spec.dense.key, once.key))


def test_positions_of_the_slider_share_their_scores(tmp_path, store):
    stages = []
    control = Control(on_event=lambda event: stages.append(event.stage))
    for keep in (0.5, 0.4, 0.3):
        spec, origin = experiment(tmp_path, (f"structured:keep_macs={keep}",))
        run(spec, origin, store, None, control)
    assert stages.count("importance") == len(range(0, len(prepare(spec, origin).task.train), 64))
    assert len(list((tmp_path / "cache" / "scores").iterdir())) == 1


def test_the_examples_are_read_by_the_tokenizer_that_was_cut(tmp_path, store):
    spec, origin = experiment(tmp_path, ("vocabulary:min_count=40",))
    result, state = run(spec, origin, store), compress(spec, origin, store)
    task = prepare(spec, origin).task
    expected = tiny.logits(state.model, tuple(e.text for e in task.validation), state.tokenizer).argmax(1).tolist()
    assert list(result.quality.answers) == [task.labels[answer] for answer in expected]


@pytest.mark.parametrize("steps", [("vocabulary:min_count=40",), ("structured:keep_macs=0.5",), ("layers",)])
def test_a_speed_is_measured(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    (speed,) = run(spec, origin, store, Timing(seq=16, pairs=6)).speeds
    assert len(speed.times_ms) == len(speed.dense_times_ms) > 5


@pytest.mark.parametrize(
    "steps",
    [
        ("structured:keep_macs=0.5",),
        ("vocabulary:min_count=40",),
    ],
)
def test_a_speed_on_the_validation_examples(steps, tmp_path, store):
    spec, origin = experiment(tmp_path, steps)
    (speed,) = run(spec, origin, store, Timing(batch=8, seq=None)).speeds
    assert speed.times_ms


def test_a_step_that_cannot_be_done_leaves_no_result(tmp_path, store):
    spec, origin = experiment(tmp_path, ("layers:drop=1", "layers:drop=1"))
    with pytest.raises(ConfigError, match="this model has 1 layers and one must stay"):
        run(spec, origin, store)
    assert store.read(spec.key) is None and store.read(spec.dense.key) is not None
