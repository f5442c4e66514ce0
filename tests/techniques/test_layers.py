"""Whole layers that go: the ones named by each rule, and an ordinary model with its masks afterwards."""

import dataclasses

import pytest
import torch
import transformers

from core.errors import ConfigError
from core.models import encoder, save, size
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import layers, magnitude, structured
from core.techniques.layers import Config
from core.techniques.operations import gate_scores
from core.techniques.technique import Context, State
from tests.support import tiny

BUILDS = {
    "bert": lambda: tiny.bert(num_hidden_layers=5),
    "roberta": lambda: tiny.roberta(num_hidden_layers=5),
    "distilbert": lambda: tiny.distilbert(n_layers=5),
}
FAMILIES = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS.keys())


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def state_of(build=BUILDS["bert"]):
    return State(tiny.shaken(build()), {}, tiny.tokenizer())


def apply(state, context, **fields):
    return layers.apply(state, Config(**fields), context)


def parameters(module):
    return [parameter for _, parameter in sorted(module.named_parameters())]


@pytest.mark.parametrize(
    ("which", "drop", "kept"),
    [
        ("top", 1, [0, 1, 2, 3]),
        ("top", 3, [0, 1]),
        ("top", 4, [0]),
        ("alternate", 1, [0, 1, 2, 4]),
        ("alternate", 2, [0, 2, 4]),
        ("alternate", 3, [0, 2]),
        ("alternate", 4, [0]),
    ],
)
@FAMILIES
def test_the_layers_that_stay(build, which, drop, kept, context):
    state = state_of(build)
    after = apply(state, context, which=which, drop=drop)
    assert after.facts == {"layers": kept} and after.model.config.num_hidden_layers == len(kept)
    old, new = encoder.layer_modules(state.model), encoder.layer_modules(after.model)
    assert len(new) == len(kept) and len(old) == 5
    for layer, module in zip(kept, new, strict=True):
        pairs = zip(parameters(old[layer]), parameters(module), strict=True)
        assert all(torch.equal(first, second) for first, second in pairs)


@pytest.mark.parametrize("drop", [1, 2, 4])
@FAMILIES
def test_fisher_takes_the_layers_of_least_loss(build, drop, context):
    state = state_of(build)
    losses = gate_scores(state, context)["layers"].tolist()
    worst = sorted(range(5), key=losses.__getitem__)[:drop]
    after = apply(state, context, which="fisher", drop=drop)
    assert after.facts["layers"] == [layer for layer in range(5) if layer not in worst]


@FAMILIES
def test_fisher_finds_the_layer_that_does_nothing(build, context):
    state = state_of(build)
    block = encoder.blocks(state.model)[2]
    with torch.no_grad():
        for role in ("O", "down"):
            encoder.weight(state.model, block.names[role]).mul_(1e-4)
    assert apply(state, context).facts["layers"] == [0, 1, 3, 4]


@pytest.mark.parametrize("which", ["top", "alternate"])
def test_no_training_example_is_needed(which, context):
    context = dataclasses.replace(context, task=dataclasses.replace(context.task, train=()))
    assert len(apply(state_of(), context, which=which).facts["layers"]) == 4


@pytest.mark.parametrize("drop", [5, 6])
def test_one_layer_must_stay(drop, context):
    with pytest.raises(ConfigError, match=rf"^drop={drop} is not allowed; this model has 5 layers and one must stay$"):
        apply(state_of(), context, drop=drop, which="top")


@FAMILIES
def test_masks_follow_their_layers(build, context):
    state = magnitude.apply(state_of(build), magnitude.Config(amount=0.5, layers="all"), context)
    after = apply(state, context, drop=2, which="alternate")
    assert len(after.masks) == len(state.masks) - 2 * 6
    for name, mask in after.masks.items():
        weight = after.model.get_parameter(name)
        assert weight.shape == mask.shape and torch.equal(weight != 0, mask)
    found = [encoder.blocks(after.model)[i].names["up"] + ".weight" for i in range(3)]
    before = [encoder.blocks(state.model)[i].names["up"] + ".weight" for i in (0, 2, 4)]
    assert all(torch.equal(after.masks[new], state.masks[old]) for new, old in zip(found, before, strict=True))


def test_parameters_and_work_fall_by_a_layer(context):
    before, after = (size.weigh(m) for m in (state_of().model, apply(state_of(), context, which="top").model))
    linears = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32
    assert before.params - after.params == linears + 4 * 32  # and two layer norms
    assert before.macs - after.macs == 128 * (4 * 32 * 32 + 2 * 32 * 64) + 2 * 128 * 128 * 32


@FAMILIES
def test_the_saved_folder_is_an_ordinary_one(build, context, tmp_path):
    after = apply(state_of(build), context, drop=2, which="alternate")
    assert save.save(after.model, after.tokenizer, tmp_path / "cut").ok
    assert "bonsai" not in (tmp_path / "cut" / "config.json").read_text()
    plain = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "cut").eval()
    assert torch.allclose(tiny.logits(plain), tiny.logits(after.model), atol=1e-6)


def test_shapes_in_the_facts_follow_their_layers(context):
    state = structured.apply(state_of(), structured.Config(criterion="random", round_to=1), context)
    after = apply(state, context, drop=3, which="alternate")
    blocks = encoder.blocks(after.model)
    assert after.facts["heads"] == [b.heads for b in blocks] == [state.facts["heads"][i] for i in (0, 2)]
    assert after.facts["widths"] == [b.width for b in blocks] == [state.facts["widths"][i] for i in (0, 2)]
    assert len(set(map(str, encoder.shape_of(state.model)))) > 1


def test_facts_name_the_layers_of_the_model_as_it_was(context):
    once = apply(state_of(), context, drop=1, which="alternate")  # 0 1 2 4
    assert apply(once, context, drop=1, which="alternate").facts["layers"] == [0, 1, 4]
