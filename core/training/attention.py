"""Attention for training on a CPU without dropout: twice to three times as fast at 180 tokens as what PyTorch has.

PyTorch's own backward pass is the half of a step there (docs/benchmarks.md); here the shares of attention are kept in
the precision of the model, and both passes are matrix products and one pass over the shares each. At 384 tokens there
is no difference any more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from core.models.quiet import import_models

NAME = "bonsai"  # under which transformers finds it
FAR = -1e4  # what is added to the product with a token that is only padding


class _Attention(torch.autograd.Function):
    """softmax(scale q k^T + bias) v, and its gradients (Vaswani et al. 2017, section 3.2.1)."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
        """q, k, v (rows, tokens, channels); bias (rows, 1, tokens)."""
        with torch.autocast("cpu", enabled=False):
            shares = torch.softmax(torch.baddbmm(bias, q, k.transpose(1, 2), alpha=scale), -1)
            found = torch.bmm(shares, v)
        ctx.save_for_backward(q, k, v, shares)
        ctx.scale = scale
        return found

    @staticmethod
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor | None, ...]:
        """Of q, k and v."""
        q, k, v, shares = ctx.saved_tensors
        with torch.autocast("cpu", enabled=False):
            of_values = torch.bmm(shares.transpose(1, 2), wanted)
            of_shares = torch.bmm(wanted, v.transpose(1, 2))
            products = torch.ops.aten._softmax_backward_data(of_shares, shares, -1, shares.dtype)
            of_queries = torch.bmm(products, k) * ctx.scale
            of_keys = torch.bmm(products.transpose(1, 2), q) * ctx.scale
        return of_queries, of_keys, of_values, None, None


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """As transformers calls it: (batch, heads, tokens, channels) each -> (batch, tokens, heads, channels)."""
    rows, heads, tokens, channels = query.shape
    bias = query.new_zeros(rows, 1, 1, tokens)
    if attention_mask is not None:  # (batch, 1, tokens, tokens), every row of an example alike
        bias = bias.masked_fill(~attention_mask[:, :, :1], FAR)
    flat = [part.reshape(rows * heads, tokens, channels) for part in (query, key, value)]
    bias = bias.expand(rows, heads, 1, tokens).reshape(rows * heads, 1, tokens)
    found: Tensor = _Attention.apply(*flat, bias, scaling if scaling is not None else channels**-0.5)  # type: ignore[no-untyped-call]
    return found.view(rows, heads, tokens, channels).transpose(1, 2), None


@contextmanager
def quick(model: nn.Module) -> Iterator[None]:
    """While open, a model on the CPU attends so, where it is of a family that can."""
    usual = model.config._attn_implementation  # type: ignore[union-attr]
    from transformers import masking_utils

    device = next(model.parameters()).device.type
    if device != "cpu" or not getattr(model, "_supports_attention_backend", False):
        yield
        return
    import_models()
    transformers.AttentionInterface.register(NAME, attention)
    transformers.AttentionMaskInterface.register(NAME, masking_utils.sdpa_mask)
    model.set_attn_implementation(NAME)  # type: ignore[operator]
    try:
        yield
    finally:
        model.set_attn_implementation(usual)  # type: ignore[operator]
