"""What each token attends to: the shares of one layer's heads, as the model computes them itself."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.models import encoder
from core.models.forward import model_inputs

NAME = "_attn_implementation"  # of a config: how transformers computes attention; only "eager" tells the shares
ALONE = threading.Lock()  # the setting belongs to the model, which others may be asking


def shares(model: nn.Module, batch: Mapping[str, Tensor], layer: int) -> Tensor | None:
    """softmax(q k^T / sqrt(d)) of one layer for the first row of a batch: (heads, tokens, tokens), each row sums to 1
    (Vaswani et al. 2017, section 3.2.1). layer: from 0. None where that layer or its attention was taken out.
    """
    blocks = encoder.blocks(model)
    if layer >= len(blocks) or "Q" not in blocks[layer].names:
        return None
    place = blocks[layer].names["Q"].rpartition(".")[0]
    found: list[Tensor] = []

    def see(module: nn.Module, given: Any, output: Any) -> None:
        found.append(output[1])

    first = {name: value[:1] for name, value in model_inputs(batch).items()}
    with ALONE, _eager(model), torch.inference_mode():
        handle = model.get_submodule(place).register_forward_hook(see)
        try:
            model(**first, output_attentions=True)
        finally:
            handle.remove()
    return found[0][0].float()


@contextmanager
def _eager(model: nn.Module) -> Iterator[None]:
    """Every part of the model computes attention step by step."""
    configs = {id(part.config): part.config for part in model.modules() if hasattr(part, "config")}
    before = {key: getattr(config, NAME, None) for key, config in configs.items()}
    try:
        for config in configs.values():
            setattr(config, NAME, "eager")
        yield
    finally:
        for key, config in configs.items():
            setattr(config, NAME, before[key])
