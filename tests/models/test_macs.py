"""Multiply-accumulates by hand, by torch's own counter and by the formula; where one part overtakes another."""

import dataclasses
import math

import pytest
import torch
import transformers

from core.models import dimensions, encoder, find, macs, save
from core.models.encoder import matrices
from core.models.load import load
from core.models.macs import BASE, LARGE, crossings, outline, shape_of, work
from core.pruning import removal
from core.result import Shape
from tests.support import tiny

SEQ = 128
# two layers of Q, K, V, O (32 x 32) and two of 32 x 64, for each of 128 tokens; QK^T and AV: 128 x 128 x 32 each
LAYER = SEQ * (4 * 32 * 32 + 2 * 32 * 64) + 2 * SEQ * SEQ * 32
UNEVEN = removal.Kept(((0,), (0, 1, 3)), (tuple(range(40)), (1, 2)))
BARE = removal.Kept(((), (0, 1)), (tuple(range(64)), ()))


def outside(model):
    """The work of what is not in the encoder, the same at every length."""
    return sum(m.rows * m.columns for m in matrices(model, "all") if m.layer < 0)


def test_macs_by_hand():
    # the pooler (32 x 32) and the classifier (32 x 2) see the first token only
    assert macs.macs(tiny.bert(), SEQ) == 2 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.bert(num_hidden_layers=5), SEQ) == 5 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.roberta(), SEQ) == macs.macs(tiny.distilbert(), SEQ) == 2 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.bert(), 1) == 2 * (8192 + 2 * 32) + 32 * 32 + 32 * 2


def test_macs_against_torchs_own_counter():
    from torch.utils.flop_counter import FlopCounterMode

    model = tiny.bert()
    model.set_attn_implementation("eager")
    ids = torch.randint(5, 20, (1, 64))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert 2 * macs.macs(model, 64) == counter.get_total_flops()


@pytest.mark.parametrize("width", [32, 16])
def test_macs_of_narrow_embeddings(width):
    from torch.utils.flop_counter import FlopCounterMode

    config = transformers.ElectraConfig(**tiny.SHAPE, embedding_size=width)
    model = transformers.ElectraForSequenceClassification(config).eval()
    model.set_attn_implementation("eager")
    ids = torch.randint(5, 20, (1, 64))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert 2 * macs.macs(model, 64) == counter.get_total_flops()


@pytest.mark.parametrize("tokens", [1, 16, 128, 140])
@pytest.mark.parametrize(
    "model",
    [
        tiny.bert(),
        tiny.distilbert(),
        tiny.roberta(),
        removal.removed(tiny.bert(), UNEVEN),
        removal.removed(tiny.distilbert(), BARE),
    ],
    ids=["bert", "distilbert", "roberta", "uneven", "bare"],
)
def test_the_parts_add_up_to_the_work_of_the_model(model, tokens):
    parts = work(shape_of(model), tokens)
    assert parts.total == macs.macs(model, tokens) - outside(model)
    assert parts.attention == parts.projections + parts.products and parts.total == parts.attention + parts.ffn
    assert sum(parts.shares) == pytest.approx(100) and parts.shares[2] == pytest.approx(100 * parts.ffn / parts.total)


def test_each_part_is_that_of_its_matrices():
    parts, tokens, model = work(shape_of(tiny.bert()), 10), 10, tiny.bert()
    counts = {role: sum(m.rows * m.columns for m in matrices(model) if m.role == role) for role in encoder.ROLES}
    assert parts.projections == tokens * sum(counts[role] for role in "QKVO")
    assert parts.ffn == tokens * (counts["up"] + counts["down"])
    assert parts.products == 2 * tokens**2 * 32 * 2  # QK^T and AV, of 32 channels, in two layers


def first(condition):
    """The least number of tokens at which something holds, by trying."""
    return next(n for n in range(1, 10_000) if condition(n))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [(BASE, 1536), (LARGE, 2048), (Shape(384, (384,) * 6, (1536,) * 6), 768), (Shape(32, (32, 8), (64, 40)), None)],
)
def test_crossings_are_where_trying_finds_them(shape, expected):
    found = crossings(shape)
    assert expected is None or found.attention_ffn == expected
    tried = {
        "attention_ffn": first(lambda n: work(shape, n).attention > work(shape, n).ffn),
        "products_projections": first(lambda n: work(shape, n).products > work(shape, n).projections),
        "products_ffn": first(lambda n: work(shape, n).products > work(shape, n).ffn),
    }
    assert {name: math.floor(value) + 1 for name, value in dataclasses.asdict(found).items()} == tried


def test_crossings_of_models_without_one_of_the_parts():
    assert crossings(Shape(32, (32,), (16,))).attention_ffn == 0  # more attention from the first token on
    assert set(dataclasses.asdict(crossings(Shape(32, (0,), (64,)))).values()) == {math.inf}
    assert work(Shape(32, (0,), (64,)), 16).attention == 0


@pytest.mark.parametrize("model", [tiny.bert(), tiny.distilbert(), tiny.roberta(), removal.removed(tiny.bert(), BARE)])
def test_an_outline_needs_no_weights(tmp_path, model):
    spec = tiny.spec(model=tiny.folder(tmp_path / "model", model))
    loaded = load(find.resolve(spec.model)).model
    found = outline(spec)
    assert found.shape == shape_of(loaded) and found.longest == dimensions.max_tokens(loaded)


def test_a_saved_smaller_model_has_its_own_shape(tmp_path):
    smaller = removal.removed(tiny.bert(), UNEVEN)
    save.save(smaller, tiny.tokenizer(), tmp_path / "saved")
    found = outline(tiny.spec(model=str(tmp_path / "saved"))).shape
    assert found == shape_of(smaller) == Shape(32, (8, 24), (40, 2))


@pytest.mark.parametrize(
    "kind, every", [("SequenceClassification", False), ("TokenClassification", True), ("QuestionAnswering", True)]
)
def test_a_head_that_answers_for_each_token_works_for_each(kind, every):
    model = getattr(transformers, f"BertFor{kind}")(tiny.bert().config)
    more = macs.macs(model, 16) - work(shape_of(model), 16).total
    assert more == (16 if every else 1) * outside(model) > 0
