"""The same recipe with other seeds: how much of a figure is chance."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import metrics
from core import spec as specs
from core.environment import here
from core.installation import badge
from core.left import EMBEDDINGS, FACT
from core.metrics import ACCURACY
from core.result import Comparison, Interval, Quality, Result, Speed, beside, compare, figure, finite
from core.spec import Spec

MOST = 10  # seeds 0 to 9 are looked for
UNSAID = ("curves", FACT, EMBEDDINGS)  # facts that are pictures, not lines of text


@dataclass(frozen=True)
class Spread:
    """Mean, smallest and largest of so many values."""

    count: int
    mean: float
    low: float
    high: float


def stored_seeds(spec: Spec, read: Callable[[str], Result | None]) -> dict[int, Result]:
    """What `read` finds of a recipe under its key with each seed."""
    found = {seed: read(dataclasses.replace(spec, seed=seed).key) for seed in range(MOST)}
    return {seed: result for seed, result in found.items() if result is not None}


def accuracy_spread(results: Mapping[int, Result]) -> Spread | None:
    """Of the percent that is right, over two seeds and more."""
    return _spread([100 * result.quality.interval.value for result in results.values()])


def gain_spread(results: Mapping[int, Result], others: Mapping[int, Result]) -> Spread | None:
    """Of the points by which the first are better, seed by seed, over two seeds and more that both have."""
    pairs = [(results[seed], others[seed]) for seed in results if seed in others]
    return _spread([100 * (one.quality.interval.value - other.quality.interval.value) for one, other in pairs])


def _spread(values: Sequence[float]) -> Spread | None:
    if len(values) < 2:
        return None
    return Spread(len(values), sum(values) / len(values), min(values), max(values))


def summary(result: Result, dense: Result, speed: Speed | None) -> dict[str, Any]:
    """key, spec, environment, quality, speed and size, derived figures included; shares in 0..1, times in ms."""
    return {
        "key": result.key,
        "spec": specs.to_json(result.spec),
        "environment": dataclasses.asdict(here()),
        "quality": _quality(result, dense),
        "speed": _speed(speed, result) if speed else None,
        "speed_vs_torch": _speed(total, result) if (total := vs_torch(result, speed)) else None,
        "size": dataclasses.asdict(result.size),
        "facts": dict(result.facts),
    }


def vs_torch(result: Result, speed: Speed | None) -> Speed | None:
    """The same times beside dense in PyTorch, where the runtime is another."""
    if speed is None:
        return None
    return result.speed(speed.environment.machine, speed.batch, speed.seq, speed.threads, specs.TORCH)


def _quality(result: Result, dense: Result) -> dict[str, Any]:
    quality = result.quality
    return {
        "metric": quality.metric,
        **dataclasses.asdict(quality.interval),
        "loss": finite(quality.loss),
        "invalid": quality.invalid,
        "cut": quality.cut,
        "precision": quality.precision,
        "environment": dataclasses.asdict(quality.environment),
        "measured_at": quality.measured_at,
        "badge": badge(quality),
        "kinds": {kind: dataclasses.asdict(interval) for kind, interval in quality.kinds.items()},
        "beside": {name: dataclasses.asdict(interval) for name, interval in beside(quality).items()},
        "vs_dense": dataclasses.asdict(compare(quality, dense.quality)),
    }


def _speed(speed: Speed, result: Result) -> dict[str, Any]:
    low, high = speed.interval
    return {
        "runtime": result.spec.runtime,
        "precision": result.spec.precision,
        "batch": speed.batch,
        "seq": speed.seq,
        "threads": speed.threads,
        "median_ms": speed.median_ms,
        "dense_median_ms": speed.dense_median_ms,
        "speedup": speed.speedup,
        "low": low,
        "high": high,
        "verdict": speed.verdict,
        "samples_per_second": speed.samples_per_second,
        "steps_per_second": speed.steps_per_second,
        "cpu_share": speed.cpu_share,
        "load": speed.load,
        "untrained": speed.untrained,
        "peak_bytes": speed.peak_bytes,
        "dense_peak_bytes": speed.dense_peak_bytes,
        "times_ms": speed.times_ms,
        "dense_times_ms": speed.dense_times_ms,
        "environment": dataclasses.asdict(speed.environment),
        "measured_at": speed.measured_at,
        "badge": badge(speed),
    }


def table(result: Result, dense: Result, speed: Speed | None) -> str:
    """The same for people: one line a figure, dense beside it."""
    quality, base, size = result.quality, dense.quality, result.size
    versus = compare(quality, base)
    lines = [
        specs.recipe(result.spec),
        f"model     {result.spec.model} ({result.spec.revision})   task {result.spec.task}   key {result.key}",
        f"{quality.metric:9} {scored(quality)}   dense {scored(base)}   n = {quality.interval.n}",
        f"          {change(versus)}",
        f"          {badge(quality)}, in {quality.precision}",
        *read_lines(result),
        f"loss      {quality.loss:.4f}   dense {base.loss:.4f}",
    ]
    lines += [f"  {kind:17} {percent(interval, quality.metric)}" for kind, interval in quality.kinds.items()]
    before = {name: figure(base.sample, name) for name in quality.beside}
    lines += [
        f"{name:9} {percent(i, name)}   dense {percent(before[name], name)}" for name, i in beside(quality).items()
    ]
    if speed:
        shape = f"{speed.batch} x {speed.seq}" if speed.seq else f"batches of {speed.batch}"
        lines += [
            f"latency   {speed.median_ms:.1f} ms   dense {speed.dense_median_ms:.1f} ms   ({ran_in(result)}, {shape}, "
            f"threads: {speed.threads})",
            f"          {speedup(speed)}: {speed.verdict}"
            + ("   (the machine was busy: --again takes it once more)" if speed.busy else "")
            + ("   (timed on an untrained model of the same shape)" if speed.untrained else ""),
            f"          {speed.samples_per_second:.1f} samples/s and {speed.steps_per_second:.1f} steps/s, "
            "slow rounds included",
            f"          {badge(speed)}",
        ]
    total = vs_torch(result, speed)
    if total:
        lines.append(
            f"          {speedup(total)} of dense in {total.against}, which takes "
            f"{total.dense_median_ms:.1f} ms: {total.verdict}"
        )
    if speed and speed.peak_bytes and speed.dense_peak_bytes:
        lines.append(
            f"memory    {speed.peak_bytes / 1e6:.0f} MB   dense {speed.dense_peak_bytes / 1e6:.0f} MB   (process)"
        )
    lines += [
        f"size      {size.bytes / 1e6:.1f} MB   zipped {size.zip_bytes / 1e6:.1f} MB   dense "
        f"{dense.size.bytes / 1e6:.1f} / {dense.size.zip_bytes / 1e6:.1f} MB",
        f"weights   {size.nonzero:,} of {size.params:,} are not zero",
        f"work      {size.macs / 1e6:,.0f} M MACs at {size.seq} tokens   dense {dense.size.macs / 1e6:,.0f} M",
        *(f"{name:9} {_counted(name, value)}" for name, value in result.facts.items() if name not in UNSAID),
    ]
    return "\n".join(lines)


def _counted(name: str, value: Any) -> Any:
    """A fact as people read it: layers are counted from 1."""
    return [layer + 1 for layer in value] if name == "layers" else value


def read_lines(result: Result) -> list[str]:
    """How many texts were not read to their end, and to how many the model's output was no number; none if none."""
    quality, total = result.quality, result.quality.interval.n
    where = f"texts, at {result.spec.max_tokens} tokens"
    if quality.cut_at:
        where = f"questions, at {quality.cut_at} tokens; passages are read to their end"
    lines = [f"cut       {quality.cut} of {total} {where}"] if quality.cut else []
    wrong = f"WARNING   {quality.invalid} of {total} outputs are no numbers (NaN or infinite); they count as wrong"
    return [*lines, wrong] if quality.invalid else lines


def ran_in(result: Result) -> str:
    """ "torch int8-dynamic": the runtime and the precision that its times are of."""
    return f"{result.spec.runtime} {result.spec.precision}"


def scored(quality: Quality) -> str:
    """ "91.2 % [89.1, 92.9]": its leading figure."""
    return percent(quality.interval, quality.metric)


def percent(interval: Interval, metric: str = ACCURACY) -> str:
    """ "91.2 % [89.1, 92.9]"; of a coefficient, such as a correlation, a hundred times as much without the unit."""
    return f"{hundredfold(interval.value, metric)} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def hundredfold(value: float, metric: str) -> str:
    """ "91.2 %", or "60.5" of a coefficient."""
    return f"{100 * value:.1f}{unit(metric)}"


def unit(metric: str) -> str:
    """ " %" of a share; "" of a coefficient, whose hundredfold is shown."""
    return " %" if metrics.of(metric).share else ""


def speedup(speed: Speed) -> str:
    """ "2.58x [2.56, 2.61]"."""
    low, high = speed.interval
    return f"{speed.speedup:.2f}x [{low:.2f}, {high:.2f}]"


def p_value(p: float) -> str:
    """A p value in words: "p < 0.001", "p = 0.03"."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.01 else f"p = {p:.3f}"


def change(versus: Comparison) -> str:
    """The paired difference in points with its interval and p, and how many answers changed."""
    points = f"{100 * versus.delta:+.1f} points [{100 * versus.low:+.1f}, {100 * versus.high:+.1f}]"
    p = "p < 0.001" if versus.p < 0.001 else f"p = {versus.p:.3f}"
    return f"{points}, {p}, {len(versus.flipped)} answers changed"
