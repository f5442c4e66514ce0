"""Attention with its gradients in training on the CPU: ours against PyTorch's fused one and one written out."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.environment import here, load_average
from core.intervals import median_interval
from core.training.attention import attention

SHAPES = ((16, 180), (32, 180), (16, 384))  # rows and tokens of windows over SQuAD's passages
HEADS, CHANNELS = 12, 32
ROUNDS = 9
Attend = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def measure(data: str) -> dict[str, Any]:
    """Milliseconds of a forward and backward pass in bf16, by turns; every core for all."""
    found = {f"{rows} x {tokens}": _against(rows, tokens) for rows, tokens in SHAPES}
    return {"what": "ms, forward and backward", **found, "machine": here().machine, "load": load_average()}


def _ours(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    return attention(nn.Identity(), q, k, v, mask)[0]


def _fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2)


def _written_out(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    scores = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return (functional.softmax(scores, -1, dtype=torch.float32).to(q.dtype) @ v).transpose(1, 2)


def _against(rows: int, tokens: int) -> dict[str, Any]:
    torch.manual_seed(0)
    parts = [torch.randn(rows, tokens, HEADS, CHANNELS).bfloat16().transpose(1, 2) for _ in range(3)]
    mask = (torch.arange(tokens)[None] < tokens - torch.arange(rows)[:, None] % 9)[:, None, None].expand(
        -1, 1, tokens, -1
    )
    times: dict[str, list[float]] = {"ours": [], "fused": [], "written_out": []}
    ways: dict[str, Attend] = {"ours": _ours, "fused": _fused, "written_out": _written_out}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            leaves = [part.detach().requires_grad_() for part in parts]
            start = time.perf_counter()
            way(*leaves, mask).float().square().mean().backward()  # type: ignore[no-untyped-call]
            times[name].append(1000 * (time.perf_counter() - start))
    best = "fused" if median(times["fused"]) < median(times["written_out"]) else "written_out"
    ratios = [other / own for own, other in zip(times["ours"], times[best], strict=True)]
    return {
        **{f"{name}_ms": median(values) for name, values in times.items()},
        "best_peer": best,
        "ratio": median(ratios),
        "interval": median_interval(ratios),
    }
