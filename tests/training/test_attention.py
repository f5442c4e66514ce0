"""Attention for training: the same numbers and gradients as PyTorch's, and only while it is asked for."""

import copy

import pytest
import torch
from torch.nn import functional

from core.models.forward import autocast
from core.training import attention
from tests.support import heads, tiny


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("masked", [False, True])
def test_it_is_attention_and_its_gradients_are(dtype, masked):
    torch.manual_seed(0)
    parts = [torch.randn(3, 4, 7, 8, dtype=dtype, requires_grad=True) for _ in range(3)]
    others = [part.detach().clone().requires_grad_() for part in parts]
    mask = torch.ones(3, 1, 7, 7, dtype=torch.bool)
    if masked:
        mask[0, :, :, 5:] = False
    found, _ = attention.attention(torch.nn.Identity(), *parts, mask if masked else None, scaling=0.3)
    wanted = functional.scaled_dot_product_attention(*others, attn_mask=mask, scale=0.3).transpose(1, 2)
    close = {"atol": 1e-5, "rtol": 1e-5} if dtype is torch.float32 else {"atol": 3e-2, "rtol": 3e-2}
    torch.testing.assert_close(found, wanted, **close)
    weights = torch.randn_like(wanted)
    (found * weights).sum().backward()
    (wanted * weights).sum().backward()
    for part, other in zip(parts, others, strict=True):
        torch.testing.assert_close(part.grad, other.grad, **close)


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert, lambda: heads.model("token")])
def test_a_model_has_the_same_gradients_and_is_as_before_afterwards(build):
    model = build().eval()
    other, usual = copy.deepcopy(model), model.config._attn_implementation
    torch.manual_seed(0)
    ids = torch.randint(5, 20, (4, 9))
    batch = {"input_ids": ids, "attention_mask": (torch.arange(9)[None] < torch.tensor([[9], [4], [6], [9]])).long()}
    with attention.quick(model):
        assert model.config._attn_implementation == attention.NAME
        model(**batch).logits.square().mean().backward()
    assert model.config._attn_implementation == usual
    other(**batch).logits.square().mean().backward()
    largest = max(float(p.grad.abs().max()) for p in other.parameters() if p.grad is not None)
    rounding = 1e-5 * largest  # sums in another order; of the bias of K, which changes nothing, only this is left
    for (name, one), (_, two) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        if two.grad is not None:
            torch.testing.assert_close(one.grad, two.grad, atol=rounding, rtol=0, msg=name)


def test_a_failure_leaves_the_model_as_it_was():
    model = tiny.bert()
    usual = model.config._attn_implementation
    with pytest.raises(RuntimeError), attention.quick(model):
        raise RuntimeError
    assert model.config._attn_implementation == usual


def test_it_computes_in_the_precision_of_the_model():
    model, ids = tiny.bert(), torch.randint(5, 20, (2, 6))
    with attention.quick(model), autocast():
        model(input_ids=ids).logits.float().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
