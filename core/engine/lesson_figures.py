"""What a lesson reveals: each figure is read from what was measured, never written into the lesson."""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import pareto
from core.choice import MS, on_axis, speed_of
from core.engine import choose, floor
from core.engine.recipes import ablation
from core.engine.store import Store
from core.errors import ConfigError, UserError
from core.intervals import holm
from core.models import find, macs, weights
from core.models.macs import outline
from core.result import Comparison, Result, compare
from core.spec import TORCH, Spec
from core.summary import p_value
from core.tasks.task import Origin
from core.techniques import parse_step, words_of

MODEL = "demo"
SIZE = "zip_mb"
EMBEDDINGS, ATTENTION = re.compile(r"(^|\.)embeddings\."), re.compile(r"\.attention\.")
LAYER = re.compile(r"\.layer\.\d+\.")


@dataclass(frozen=True)
class Found:
    """What was measured: the value that decides which prediction was right, and what the words of the lesson name."""

    value: float
    values: Mapping[str, Any]


def reveal(figure: Mapping[str, Any], task: str, store: Store) -> Found | None:
    """The figure of a lesson for a task; None where what it needs is not stored. Raises ConfigError."""
    name = str(figure["name"])
    if name not in FIGURES:
        raise ConfigError("there is no figure '{name}'; take {names}", name=name, names=", ".join(FIGURES))
    try:
        dense = choose.dense_of(MODEL, Origin(task))
    except UserError:
        return None
    return FIGURES[name](figure, dense, store)


def _result(figure: Mapping[str, Any], dense: Spec, store: Store, steps: str = "steps") -> Result | None:
    parsed = tuple(parse_step(step) for step in figure.get(steps, ()))
    return store.read(dataclasses.replace(dense, steps=parsed, runtime=figure.get("runtime", TORCH)).key)


def _pair(figure: Mapping[str, Any], dense: Spec, store: Store) -> tuple[Result, Result] | None:
    """The recipe of a lesson, and dense."""
    one, before = _result(figure, dense, store), store.read(dense.key)
    return (one, before) if one is not None and before is not None else None


def _parts(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found:
    """Percent of the weights that are embeddings, of the stored shapes."""
    folder = find.resolve(MODEL).folder
    mb = dict.fromkeys(("embeddings", "attention", "ffn", "rest"), 0.0)
    for name, shape in weights.shapes(folder).items():
        if EMBEDDINGS.search(name):
            part = "embeddings"
        elif ATTENTION.search(name):
            part = "attention"
        else:
            part = "ffn" if LAYER.search(name) else "rest"
        mb[part] += 4 * math.prod(shape) / 1e6
    total, whole = sum(mb.values()), outline(dense)
    share = 100 * mb["embeddings"] / total
    sizes = {f"{part}_mb": value for part, value in mb.items()}
    layers = len(whole.shape.widths)
    heads = max(whole.shape.channels) // whole.head_size
    return Found(share, {**sizes, "total_mb": total, "share": share, "layers": layers, "heads": heads})


def _speedup(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """How many times as fast as dense in the same runtime."""
    pair = _pair(figure, dense, store)
    speed = speed_of(pair[0]) if pair else None
    if pair is None or speed is None:
        return None
    low, high = speed.interval
    times = {
        "speedup": speed.speedup,
        "low": low,
        "high": high,
        "ms": speed.median_ms,
        "dense_ms": speed.dense_median_ms,
    }
    told = p_value(compare(pair[0].quality, pair[1].quality).p)
    return Found(speed.speedup, {**times, **_accuracies(*pair), "p": told})


def _verdict(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """1 where it is faster, -1 where slower, 0 where no difference is shown."""
    found = _speedup(figure, dense, store)
    if found is None:
        return None
    return Found(float((found.values["low"] > 1) - (found.values["high"] < 1)), found.values)


def _loss(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """Points of accuracy that are lost; 0 where no difference is shown."""
    pair = _pair(figure, dense, store)
    if pair is None:
        return None
    versus = compare(pair[0].quality, pair[1].quality)
    sizes = {"mb": pair[0].size.bytes / 1e6, "dense_mb": pair[1].size.bytes / 1e6}
    return Found(-100 * versus.delta if versus.differs else 0.0, {**_accuracies(*pair), **_points(versus), **sizes})


def _better(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """1 where recipe a answers better than b, -1 where worse, 0 where no difference is shown."""
    a, b = (_result(figure, dense, store, name) for name in ("a", "b"))
    if a is None or b is None:
        return None
    versus = compare(a.quality, b.quality)
    values = {"a": 100 * a.quality.interval.value, "b": 100 * b.quality.interval.value, **_points(versus)}
    return Found(float((versus.delta > 0) - (versus.delta < 0)) if versus.differs else 0.0, values)


def _harmless(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """Percent of the heads that can go alone without a difference that is shown, over all of them (Holm 1979)."""
    before, whole = store.read(dense.key), outline(dense)
    heads = [channels // whole.head_size for channels in whole.shape.channels]
    specs = [ablation(dense, layer, head) for layer, count in enumerate(heads) for head in range(count)]
    alone = [store.read(spec.key) for spec in specs]
    if before is None or None in alone:
        return None
    found = [compare(result.quality, before.quality) for result in alone if result is not None]
    harmless = len(found) - sum(holm([versus.p for versus in found]))
    share = 100 * harmless / len(found)
    worst = -100 * min(versus.delta for versus in found)
    return Found(share, {"harmless": harmless, "heads": len(found), "share": share, "worst": worst})


def _floor(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """Points above the bag of words; 0 where no difference is shown."""
    pair, words = _pair(figure, dense, store), floor.read(dense.data, dense.metric or "accuracy", store)
    if pair is None or words is None:
        return None
    versus = compare(pair[0].quality, words.quality)
    values = {**_accuracies(*pair), **_points(versus), "floor": 100 * words.quality.interval.value}
    return Found(100 * versus.delta if versus.differs else 0.0, values)


def _length(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """How many times as long dense takes for longer texts, so many at once, of times that were taken beside a recipe:
    batches that only a sweep over lengths has, so that both are of one session."""
    one, short, long = _result(figure, dense, store), int(figure["short"]), int(figure["long"])
    batch = int(figure.get("batch", 1))
    if one is None:
        return None
    for machine in dict.fromkeys(speed.environment.machine for speed in one.speeds):
        before, after = (one.speed(machine, batch, tokens) for tokens in (short, long))
        if before is not None and after is not None:
            ratio = after.dense_median_ms / before.dense_median_ms
            work = macs.work(outline(dense).shape, long)
            times = {"short_ms": before.dense_median_ms, "long_ms": after.dense_median_ms}
            share = 100 * work.products / work.total
            return Found(ratio, {"ratio": ratio, "short": short, "long": long, "share": share, "batch": batch, **times})
    return None


def _front(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """Percent of the stored results that none beats in accuracy and in the size of the file."""
    points = on_axis(choose.stored(dense, store), str(figure.get("axis", SIZE)))
    if len(points) < 2 or figure.get("axis") == MS:
        return None
    front = pareto.front([p.cost for p in points], [p.result.quality.interval.value for p in points])
    share = 100 * len(front) / len(points)
    return Found(share, {"front": len(front), "count": len(points), "share": share})


def _smallest(figure: Mapping[str, Any], dense: Spec, store: Store) -> Found | None:
    """MB of the file of the smallest stored result that loses at most so many points."""
    before, most = store.read(dense.key), float(figure["points"])
    if before is None:
        return None
    least = before.quality.interval.value - most / 100
    fits = [result for result in choose.stored(dense, store) if result.quality.interval.value >= least]
    best = min(fits, key=lambda result: result.size.bytes)
    mb, whole = best.size.bytes / 1e6, before.size.bytes / 1e6
    return Found(
        mb, {"mb": mb, "dense_mb": whole, "points": most, "words": words_of(best.spec), **_accuracies(best, before)}
    )


def _accuracies(one: Result, before: Result) -> dict[str, float]:
    return {"accuracy": 100 * one.quality.interval.value, "dense": 100 * before.quality.interval.value}


def _points(versus: Comparison) -> dict[str, Any]:
    return {"points": 100 * versus.delta, "low": 100 * versus.low, "high": 100 * versus.high, "p": p_value(versus.p)}


FIGURES: dict[str, Callable[[Mapping[str, Any], Spec, Store], Found | None]] = {
    "parts": _parts,
    "speedup": _speedup,
    "verdict": _verdict,
    "loss": _loss,
    "better": _better,
    "harmless": _harmless,
    "floor": _floor,
    "length": _length,
    "front": _front,
    "smallest": _smallest,
}
