"""Packing a BERT-base shape with 48 of 144 heads gone and 36 % of its linear weights left, as in nn_pruning's card."""

import time
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertForQuestionAnswering

from core.engine import latency
from core.environment import here, load_average
from core.models import dimensions, encoder, macs
from core.models.head import SPAN
from core.pruning import optimize
from core.runtimes import pytorch

GONE, DENSITY = 48, 0.36  # heads, and the share of the weights of the linear layers that is left
ROUNDS = 15
SHAPES = ((1, 128), (1, 384), (8, 384))
PEER = "nn_pruning 0.1.2, torch fp32, two cores, on another day"  # it does not run beside transformers 5
PEER_SPEEDUPS, PEER_SECONDS, PEER_APART = (2.6, 2.5, 2.4), 0.6, 8e-7


def measure(data: str) -> dict[str, Any]:
    """Seconds to pack, how far the logits move, and dense and packed by turns; every core for both."""
    latency.use_all_cores()
    model = _with_zeros(BertForQuestionAnswering(BertConfig()).eval())
    start = time.perf_counter()
    small = optimize(model)
    seconds = time.perf_counter() - start
    models = (model, small)
    return {
        "what": f"BERT-base shape, {GONE} of 144 heads and {1 - DENSITY:.0%} of the linear weights zero",
        "pack_s": seconds,
        "params": [sum(p.numel() for p in one.parameters()) for one in models],
        "linear_left": _linear(small) / _linear(model),
        "macs_ratio": macs.macs(model, 384) / macs.macs(small, 384),
        "logits_apart": _apart(model, small),
        **{f"{batch} x {seq}": _speed(models, batch, seq) for batch, seq in SHAPES},
        "peer": PEER,
        "peer_speedups": dict(zip((f"{batch} x {seq}" for batch, seq in SHAPES), PEER_SPEEDUPS, strict=True)),
        "peer_pack_s": PEER_SECONDS,
        "peer_logits_apart": PEER_APART,
        "machine": here().machine,
        "load": load_average(),
    }


def _with_zeros(model: nn.Module) -> nn.Module:
    """The same model with zeros: as many heads of each layer, and as many neurons as the density asks for."""
    blocks = encoder.blocks(model)
    heads, hidden = GONE // len(blocks), dimensions.hidden_size(model)
    head_weights = sum(4 * (block.heads - heads) * block.head_size * hidden for block in blocks)
    neurons = int((DENSITY * _linear(model) - head_weights) / (2 * hidden) / len(blocks))
    with torch.no_grad():
        for block in blocks:
            size = heads * block.head_size
            for role in ("Q", "K", "V"):
                encoder.weight(model, block.names[role])[:size] = 0
            encoder.weight(model, block.names["O"])[:, :size] = 0
            encoder.weight(model, block.names["up"])[neurons:] = 0
            encoder.weight(model, block.names["down"])[:, neurons:] = 0
    return model


def _linear(model: nn.Module) -> int:
    return sum(encoder.weight(model, matrix.name).numel() for matrix in encoder.matrices(model))


def _apart(model: nn.Module, small: nn.Module) -> float:
    ids = torch.randint(1000, 20000, (4, 128), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        first, second = (one(input_ids=ids) for one in (model, small))
    return max((first[name] - second[name]).abs().max().item() for name in SPAN.outputs)


def _speed(models: tuple[nn.Module, nn.Module], batch: int, seq: int) -> dict[str, Any]:
    item = latency.random_input(batch, seq, encoder.vocabulary_size(models[0]))
    sessions = [pytorch.session(one, exact=True).run for one in models]
    inputs = [[item] * ROUNDS] * len(models)
    cores = torch.get_num_threads()
    speed = latency.rounds(sessions, inputs, batch=batch, seq=seq, threads=cores).speed(1, 0)
    times = {"dense_ms": speed.dense_median_ms, "packed_ms": speed.median_ms}
    return {**times, "ratio": speed.speedup, "interval": speed.interval}
