"""The parts of an encoder: matrices and their roles, heads and widths, layers that go, embeddings that are kept."""

import contextlib
import copy

import pytest
import torch

from core.errors import ModelError
from core.models import dimensions, encoder
from core.pruning import removal
from core.pruning.removal import Kept
from tests.support import tiny

ROLES = ["Q", "K", "V", "O", "up", "down"]
FAMILIES = pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
CUT = Kept(((), (1, 3)), (tuple(range(13)), ()))


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_matrices_of_the_encoder_have_their_roles(build):
    found = encoder.matrices(build())
    assert [m.role for m in sorted(found, key=lambda m: (m.layer, ROLES.index(m.role)))] == ROLES * 2
    assert sorted(m.layer for m in found) == [0] * 6 + [1] * 6
    shapes = {m.role: (m.rows, m.columns) for m in found}
    assert shapes == {r: (32, 32) for r in "QKVO"} | {"up": (64, 32), "down": (32, 64)}
    assert {m.label for m in found} == {f"layer {layer} {role}" for layer in (1, 2) for role in ROLES}


@pytest.mark.parametrize(
    ("build", "others"),
    [
        (tiny.bert, ["bert.pooler.dense", "classifier"]),
        (tiny.roberta, ["classifier.dense", "classifier.out_proj"]),
        (tiny.distilbert, ["pre_classifier", "classifier"]),
    ],
)
def test_all_means_every_linear(build, others):
    model = build()
    found = encoder.matrices(model, "all")
    assert [m.name for m in found if m.layer < 0] == others
    assert [m.label for m in found if m.layer < 0] == others
    assert len(found) == 12 + 2 == sum(isinstance(m, torch.nn.Linear) for m in model.modules())


def test_patterns_name_matrices():
    model = tiny.bert()
    assert [m.role for m in encoder.matrices(model, "*query *key")] == ["Q", "K"] * 2
    assert [m.name for m in encoder.matrices(model, "classifier")] == ["classifier"]
    assert {m.layer for m in encoder.matrices(model, "*layer.1.*")} == {1}


@pytest.mark.parametrize("which", ["*nothing", "", "Encoder"])
def test_a_pattern_that_names_nothing(which):
    with pytest.raises(
        ModelError, match=f"no Linear layer is called like '{which.replace('*', '.')}'; try encoder, all"
    ):
        encoder.matrices(tiny.bert(), which)


@pytest.mark.parametrize(("build", "limit"), [(tiny.bert, 140), (tiny.roberta, 139), (tiny.distilbert, 140)])
def test_as_many_tokens_as_there_are_positions(build, limit):
    model = build()
    assert dimensions.max_tokens(model) == limit
    for count, fits in ((limit, True), (limit + 1, False)):
        ids = torch.full((1, count), 7)
        with torch.inference_mode(), contextlib.nullcontext() if fits else pytest.raises((RuntimeError, IndexError)):
            assert model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.isfinite().all()


def test_weight_is_the_parameter_itself():
    model = tiny.bert()
    assert encoder.weight(model, "classifier") is model.classifier.weight


@FAMILIES
def test_what_was_taken_out_is_no_matrix(build):
    small = removal.removed(build(), CUT)
    assert [(m.layer, m.role) for m in encoder.matrices(small)] == [(0, "up"), (0, "down")] + [
        (1, role) for role in ("Q", "K", "V", "O")
    ]
    assert len(encoder.matrices(small, "all")) == 6 + 2


@FAMILIES
def test_blocks_are_the_layers(build):
    model = build()
    found = encoder.blocks(model)
    assert [(b.heads, b.head_size, b.width) for b in found] == [(4, 8, 64)] * 2
    for layer, block in enumerate(found):
        assert sorted(block.names) == sorted(ROLES)
        expected = {m.role: m.name for m in encoder.matrices(model) if m.layer == layer}
        assert dict(block.names) == expected
        assert all(encoder.linear(model, name) is model.get_submodule(name) for name in block.names.values())


def test_layers_are_in_their_order_also_beyond_nine():
    model = tiny.bert(num_hidden_layers=12)
    assert [int(b.names["Q"].split(".")[3]) for b in encoder.blocks(model)] == list(range(12))


@FAMILIES
def test_blocks_of_a_model_that_was_cut(build):
    small = removal.removed(build(), CUT)
    assert [(b.heads, b.head_size, b.width) for b in encoder.blocks(small)] == [(0, 8, 13), (2, 8, 0)]
    assert sorted(encoder.blocks(small)[0].names) == ["O", "down", "up"]


@FAMILIES
def test_the_shape_is_told_only_where_the_config_does_not(build):
    model = build()
    assert encoder.shape_of(model) is None
    assert encoder.shape_of(encoder.keep_layers(model, [0])) is None
    small = removal.removed(model, CUT)
    assert encoder.shape_of(small) == [{"heads": 0, "width": 13}, {"heads": 2, "width": 0}]


@pytest.mark.parametrize("layers", [[(0, 13), (2, 0)], [(4, 64), (1, 1)], [(0, 0), (0, 0)], [(3, 63), (4, 64)]])
@FAMILIES
def test_a_fresh_model_is_given_a_shape(build, layers):
    wanted = [{"heads": heads, "width": width} for heads, width in layers]
    kept = Kept(tuple(tuple(range(h)) for h, _ in layers), tuple(tuple(range(w)) for _, w in layers))
    small, fresh = removal.removed(build(), kept), build()
    encoder.fit_(fresh, wanted)
    assert encoder.shape_of(fresh) == wanted
    shapes = [{name: p.shape for name, p in m.state_dict().items()} for m in (small, fresh)]
    assert shapes[0] == shapes[1]
    fresh.load_state_dict(small.state_dict())
    assert torch.equal(tiny.logits(fresh), tiny.logits(small))


@FAMILIES
def test_without_its_attention_a_layer_adds_the_bias_of_its_output(build):
    model = tiny.shaken(build())
    block = encoder.blocks(model)[0]
    expected = copy.deepcopy(model)
    with torch.no_grad():
        encoder.weight(expected, block.names["O"]).zero_()
    encoder.without_attention_(model, block)
    assert torch.allclose(tiny.logits(model), tiny.logits(expected), atol=1e-6)
    assert encoder.blocks(model)[0].heads == 0 and "Q" not in encoder.blocks(model)[0].names
    assert f"{block.names['O']}.bias" in model.state_dict()


@FAMILIES
def test_without_its_ffn_a_layer_adds_the_bias_of_down(build):
    model = tiny.shaken(build())
    block = encoder.blocks(model)[1]
    expected = copy.deepcopy(model)
    with torch.no_grad():
        encoder.weight(expected, block.names["down"]).zero_()
    encoder.without_ffn_(model, block)
    assert torch.allclose(tiny.logits(model), tiny.logits(expected), atol=1e-6)
    assert encoder.blocks(model)[1].width == 0


@FAMILIES
def test_lines_for_transformers_name_each_attention_that_went(build):
    assert encoder.lines_without_attention(build()) == []
    small = removal.removed(build(), Kept(((), ()), ((*range(64),),) * 2))
    lines = encoder.lines_without_attention(small)
    assert len(lines) == 6
    for layer, line in enumerate(lines[::3]):
        assert f".layer.{layer}.attention" in line and "bias of its output" in line


@pytest.mark.parametrize("kept", [[0], [1], [0, 2, 3], [1, 2], [0, 1, 2, 3]])
@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_layers_that_are_kept(family, kept):
    changes = {"n_layers": 4} if family == "distilbert" else {"num_hidden_layers": 4}
    model = tiny.shaken(getattr(tiny, family)(**changes))
    small = encoder.keep_layers(model, kept)
    assert len(encoder.layer_modules(small)) == small.config.num_hidden_layers == len(kept)
    assert len(encoder.layer_modules(model)) == model.config.num_hidden_layers == 4
    names = {encoder.in_kept_layer(name, kept): name for name, _ in model.named_parameters()}
    names.pop(None, None)
    assert set(names) == {name for name, _ in small.named_parameters()}
    assert all(torch.equal(p, model.get_parameter(names[name])) for name, p in small.named_parameters())
    tiny.logits(small)


@pytest.mark.parametrize(
    ("name", "kept", "expected"),
    [
        ("bert.encoder.layer.3.output.dense.weight", [1, 3], "bert.encoder.layer.1.output.dense.weight"),
        ("bert.encoder.layer.2.output.dense.weight", [1, 3], None),
        ("distilbert.transformer.layer.10.ffn.lin1.bias", [0, 10], "distilbert.transformer.layer.1.ffn.lin1.bias"),
        ("classifier.weight", [1], "classifier.weight"),
    ],
)
def test_the_name_of_a_weight_once_layers_went(name, kept, expected):
    assert encoder.in_kept_layer(name, kept) == expected


@FAMILIES
def test_pieces_that_are_kept(build):
    model = tiny.shaken(build())
    small = encoder.keep_pieces(model, [0, 3, 5, 20], 0)
    old, new = (m.get_input_embeddings().weight for m in (model, small))
    assert torch.equal(new, old[[0, 3, 5, 20]])
    assert encoder.vocabulary_size(small) == small.config.vocab_size == 4
    assert encoder.vocabulary_size(model) == model.config.vocab_size == len(tiny.VOCABULARY)
    assert small.config.pad_token_id == small.get_input_embeddings().padding_idx == 0


@FAMILIES
def test_the_width_of_the_stream(build):
    assert dimensions.hidden_size(build()) == 32
    assert dimensions.hidden_size(removal.removed(build(), CUT)) == 32
