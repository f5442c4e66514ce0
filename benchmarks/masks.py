"""One slider position over a BERT-base-shaped encoder: ranks compared against torch.nn.utils.prune."""

import time
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils import prune

from core.environment import here, load_average
from core.intervals import median_interval
from core.pruning.masks import mask_at, percentile_ranks

SHAPES = [(768, 768)] * 4 + [(3072, 768), (768, 3072)]
LAYERS = 12
POSITIONS = (10, 30, 50, 70, 90)


def measure(data: str) -> dict[str, Any]:
    """Seconds for all masks of one position, by turns; 85 M random weights. `data` is not used."""
    del data
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(shape, generator=generator) * 0.02 for _ in range(LAYERS) for shape in SHAPES]
    start = time.perf_counter()
    ranks = percentile_ranks([weight.abs() for weight in weights], "layer")
    preparation = time.perf_counter() - start
    kept = [np.empty(rank.shape, dtype=bool) for rank in ranks]
    ours, peer, differences = [], [], []
    for position in POSITIONS:
        start = time.perf_counter()
        for rank, out in zip(ranks, kept, strict=True):
            mask_at(rank, position, out)
        ours.append(time.perf_counter() - start)
        seconds, masks = _peer(weights, position / 100)
        peer.append(seconds)
        differences.append(_difference(kept, masks))
    ratios = [p / o for o, p in zip(ours, peer, strict=True)]
    return {
        "what": "seconds for the masks of one slider position over 72 matrices, 85 M weights",
        "ours_s": median(ours),
        "peer": "torch.nn.utils.prune.l1_unstructured",
        "peer_s": median(peer),
        "ratio": median(ratios),
        "interval": median_interval(ratios),
        "target": 100.0,
        "preparation_s": preparation,
        "preparation_in_peer_positions": preparation / median(peer),
        "preparation_target": 2.0,
        "different_weights_percent": 100 * max(differences),
        "machine": here().machine,
        "load": load_average(),
    }


def _peer(weights: list[torch.Tensor], amount: float) -> tuple[float, list[torch.Tensor]]:
    layers = [nn.Linear(weight.shape[1], weight.shape[0], bias=False) for weight in weights]
    for layer, weight in zip(layers, weights, strict=True):
        layer.weight.data = weight
    start = time.perf_counter()
    for layer in layers:
        prune.l1_unstructured(layer, "weight", amount=amount)
    seconds = time.perf_counter() - start
    return seconds, [layer.weight_mask for layer in layers]


def _difference(ours: list[Any], theirs: list[torch.Tensor]) -> float:
    """Share of weights on which the picture's mask and the exact one differ."""
    different = sum(int((mine != mask.bool().numpy()).sum()) for mine, mask in zip(ours, theirs, strict=True))
    return different / sum(mask.numel() for mask in theirs)
