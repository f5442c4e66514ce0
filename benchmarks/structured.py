"""Structured pruning of the demo at equal MACs: our Fisher search beside torch-pruning's GroupTaylor."""

import copy
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch_pruning
import transformers
from torch import nn

from core.control import PAIRS, Control
from core.engine import latency
from core.engine.prepare import Prepared, prepare
from core.engine.run import context_for, make_spec
from core.engine.store import Store
from core.environment import here, load_average
from core.models import encoder, macs
from core.models.forward import model_inputs
from core.pruning import importance, removal
from core.pruning.choose import choose
from core.runtimes import pytorch
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin
from core.techniques import structured
from core.techniques.operations import unit_importance

KEEP = 0.5
POSITIONS = tuple(round(0.05 * i, 2) for i in range(1, 20))


def measure(data: str) -> dict[str, Any]:
    """Accuracy, seconds and speed; every figure of one run. data: folder of SST-2."""
    origin = Origin("sst2", data)
    spec = make_spec("demo", origin)
    ready = prepare(spec, origin)
    latency.use_all_cores()
    with TemporaryDirectory() as place:
        context = context_for(spec, ready, Store(Path(place) / "results"), Control())
        config = structured.Config(keep_macs=KEEP)
        pass_s, _ = _seconds(lambda: unit_importance(ready.state, config.criterion, context))
        units = unit_importance(ready.state, config.criterion, context)
        costs = macs.unit_costs(ready.loaded.model, structured.SEQ)
        search = [_seconds(lambda k=keep: choose(units, costs, k, 8))[0] for keep in POSITIONS]  # type: ignore[misc]
        kept = choose(units, costs, KEEP, 8)
        removal_s, _ = _seconds(lambda: removal.removed(ready.loaded.model, kept))
        ours = {
            f"ours_{keep}_{refit}": _accuracy(
                structured.apply(ready.state, structured.Config(keep_macs=keep, refit=refit), context).model, ready
            )
            for keep in (0.6, KEEP)
            for refit in ("weights", "scale", "none")
        }
        smaller = structured.apply(ready.state, config, context).model
    base_s, base_graph = _bert_base()
    peers = {"peer_uniform": _group_taylor(ready, False), "peer_global": _group_taylor(ready, True)}
    speed = _speed(ready.loaded.model, smaller)
    best = max(peers.values(), key=lambda found: found[0])
    return {
        "what": "demo on SST-2 validation without retraining; accuracy in percent",
        "dense": _accuracy(ready.loaded.model, ready),
        **ours,
        "peer": "torch-pruning GroupTaylorImportance, hidden size kept",
        **{name: {"accuracy": accuracy, "macs_share": share} for name, (accuracy, share) in peers.items()},
        "ours_macs_share": macs.macs(smaller, 128) / macs.macs(ready.loaded.model, 128),
        "better_by_points": ours[f"ours_{KEEP}_weights"] - best[0],
        "better_by_points_target": 2.0,
        "fisher_pass_s": pass_s,
        "fisher_pass_target_s": 10.0,
        "position_ms": 1000 * median(search),
        "position_worst_ms": 1000 * max(search),
        "position_target_ms": 50.0,
        "removal_s": removal_s,
        "removal_target_s": 1.0,
        "removal_bert_base_s": base_s,
        "removal_bert_base_target_s": 3.0,
        "bert_base_params": base_graph,
        "speedup": speed.speedup,
        "speedup_interval": speed.interval,
        "speedup_target": 1.7,
        "machine": here().machine,
        "load": load_average(),
    }


def _seconds(work: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def _accuracy(model: nn.Module, ready: Prepared) -> float:
    return 100 * evaluate(pytorch.session(model), ready.task, ready.features, pad=ready.pad).interval.value


def _bert_base() -> tuple[float, int]:
    """Seconds to cut a BERT-base shape to half, and the parameters that are left."""
    model = transformers.BertForSequenceClassification(transformers.BertConfig()).eval()
    kept = choose(importance.from_weights(model), macs.unit_costs(model, structured.SEQ), KEEP, 8)
    seconds, smaller = _seconds(lambda: removal.removed(model, kept))
    return seconds, sum(p.numel() for p in smaller.parameters())


def _group_taylor(ready: Prepared, everywhere: bool) -> tuple[float, float]:
    """Accuracy and MACs of the peer: gradients of the same sentences, half of the heads and of the neurons."""
    model = copy.deepcopy(ready.loaded.model)
    features = importance.training_features(ready.task, ready.loaded.tokenizer, 0)
    features.sort(key=lambda feature: len(feature.ids))
    for start in range(0, len(features), 64):
        batch = ready.task.collate(features[start : start + 64], ready.pad)
        ready.task.loss(model(**model_inputs(batch)), batch).backward()
    blocks = encoder.blocks(model)
    streams = {block.names[role] for block in blocks for role in ("O", "down")}
    others = [m.name for m in encoder.matrices(model, "all") if m.layer < 0]
    heads = {encoder.linear(model, b.names[role]): b.heads for b in blocks for role in ("Q", "K", "V")}
    example = {name: torch.ones(1, 8, dtype=torch.long) for name in ("input_ids", "attention_mask")}
    pruner = torch_pruning.pruner.BasePruner(
        model,
        example,
        importance=torch_pruning.importance.GroupTaylorImportance(),
        global_pruning=everywhere,
        pruning_ratio=1 - KEEP,
        ignored_layers=[encoder.linear(model, name) for name in (*streams, *others)]
        + [m for m in model.modules() if isinstance(m, nn.Embedding | nn.LayerNorm)],
        num_heads=heads,
        prune_num_heads=True,
        prune_head_dims=False,
        head_pruning_ratio=1 - KEEP,
        round_to=None,
    )
    pruner.step()
    return _accuracy(model.eval(), ready), macs.macs(model, 128) / macs.macs(ready.loaded.model, 128)


def _speed(dense: nn.Module, smaller: nn.Module) -> Any:
    item = latency.random_input(1, latency.SEQ, encoder.vocabulary_size(dense))
    runs = [pytorch.runner(model) for model in (dense, smaller)]
    rounds = latency.rounds(runs, [[item] * PAIRS] * 2, batch=1, seq=latency.SEQ)
    return rounds.speed(1, 0)
