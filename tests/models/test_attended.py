"""The shares of attention are those the model itself computes, and asking for them leaves no trace."""

import pytest
import torch
import transformers

from core.models import attended, encoder
from tests.support import tiny

BATCH = {"input_ids": torch.arange(18).reshape(2, 9) % 11 + 5, "attention_mask": torch.ones(2, 9, dtype=torch.long)}


def mpnet():
    """Its shares have a table of relative positions in them."""
    config = transformers.MPNetConfig(**{**tiny.SHAPE, "num_labels": 2, "pad_token_id": 0})
    return transformers.MPNetForSequenceClassification(config).eval()


@pytest.mark.parametrize("build", [tiny.bert, tiny.distilbert, tiny.roberta, mpnet])
def test_they_are_what_an_eager_model_tells(build):
    model = tiny.shaken(build())
    before = {id(part.config): dict(vars(part.config)) for part in model.modules() if hasattr(part, "config")}
    plain = model(**BATCH).logits
    found = [attended.shares(model, BATCH, layer) for layer in range(len(encoder.blocks(model)))]
    assert torch.equal(model(**BATCH).logits, plain)
    assert before == {id(part.config): dict(vars(part.config)) for part in model.modules() if hasattr(part, "config")}
    model.set_attn_implementation("eager")
    told = model(**BATCH, output_attentions=True).attentions
    assert len(told) == len(found)
    for ours, theirs in zip(found, told, strict=True):
        torch.testing.assert_close(ours, theirs[0])
        torch.testing.assert_close(ours.sum(-1), torch.ones(ours.shape[:2]))


def test_a_layer_without_attention_has_none_and_those_above_keep_their_own():
    model = tiny.shaken(tiny.bert())
    whole = attended.shares(model, BATCH, 0)
    encoder.without_attention_(model, encoder.blocks(model)[1])
    assert attended.shares(model, BATCH, 1) is None and attended.shares(model, BATCH, 99) is None
    torch.testing.assert_close(attended.shares(model, BATCH, 0), whole)
