"""What came out: quality, speed and size with their raw values, units and environment."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

from core import metrics
from core import spec as specs
from core.environment import Environment
from core.intervals import LEVEL, faster_or_slower, median_interval
from core.metrics import Sample
from core.resampling import RESAMPLES
from core.spec import Spec

Verdict = Literal["faster", "slower", "no difference shown", "busy"]


@dataclass(frozen=True)
class Interval:
    """A figure of n examples with its 95 % interval, all at most 1, and of shares at least 0."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Quality:
    """How well a model answers the validation examples; answers and scores are in the task's order.

    metric: a name in core.metrics, which says how they are summed up and compared; beside: others that are shown with
    it. truths: the right answers, where a metric counts them.
    """

    metric: str
    interval: Interval
    loss: float
    kinds: dict[str, Interval]
    answers: tuple[str, ...]
    scores: tuple[float, ...]
    precision: str
    seconds: float
    environment: Environment
    measured_at: str = ""  # ISO 8601, UTC
    invalid: int = 0  # examples whose output was no number: they count as wrong, and the loss is that of the others
    cut: int = 0  # examples of which the model did not read all, as they have more tokens than the Spec's max_tokens
    cut_at: int = 0  # tokens of a question, where only these are cut and passages are read whole
    beside: tuple[str, ...] = ()
    truths: tuple[str, ...] = ()

    @property
    def sample(self) -> Sample:
        """What metrics are taken of."""
        return Sample(self.scores, self.answers, self.truths)


@dataclass(frozen=True)
class Comparison:
    """A model against dense on the same examples, by their metric; delta in -1..1, flipped are example numbers."""

    delta: float
    low: float
    high: float
    p: float
    agreement: float
    flipped: tuple[int, ...]

    @property
    def differs(self) -> bool:
        """Is it more than chance, p < 0.05? Then the interval, which is a little narrower, leaves zero out as well."""
        return self.p < LEVEL


@dataclass(frozen=True)
class Speed:
    """Raw times of interleaved pairs in one runtime, which the Result's Spec names; seq None: the validation batches,
    each at its own length."""

    batch: int
    seq: int | None
    threads: int
    times_ms: tuple[float, ...]
    dense_times_ms: tuple[float, ...]
    cpu_share: float  # CPU time / wall time / threads: far below 1 means that the machine was busy
    load: float
    examples: int  # sentences in one pass over the inputs that were timed
    environment: Environment
    peak_bytes: int | None = None  # of a process that loads and runs only this model, where it was asked for
    dense_peak_bytes: int | None = None
    against: str = ""  # the runtime of the dense model beside it, where it is another one
    untrained: bool = False  # of a model of the same shape, whose weights were not trained for that
    measured_at: str = ""  # ISO 8601, UTC

    @property
    def settings(self) -> tuple[str, int, int | None, int, str]:
        """Where and how it was taken; of two with the same settings the newer one holds."""
        return self.environment.machine, self.batch, self.seq, self.threads, self.against

    @property
    def median_ms(self) -> float:
        """Median time of a batch."""
        return median(self.times_ms)

    @property
    def dense_median_ms(self) -> float:
        """Median time of the dense model's batch in the same pairs."""
        return median(self.dense_times_ms)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Dense time over compressed time, pair by pair: above 1 is faster."""
        return tuple(d / t for d, t in zip(self.dense_times_ms, self.times_ms, strict=True))

    @property
    def speedup(self) -> float:
        """Median of the ratios."""
        return median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of the median ratio, 95 % or more."""
        return median_interval(self.ratios)

    @property
    def verdict(self) -> Verdict:
        """Faster or slower only if the whole interval lies beyond 2 % of 1, and the machine was not busy."""
        low, high = self.interval
        if self.busy:  # two of seven such times made zeroed weights 1.17x and 1.19x as fast
            return "busy"
        return faster_or_slower(low, high)

    @property
    def samples_per_second(self) -> float:
        """Sentences per second over all timed batches."""
        return self.examples / sum(self.times_ms) * 1000

    @property
    def steps_per_second(self) -> float:
        """Batches per second over all timed batches."""
        return len(self.times_ms) / sum(self.times_ms) * 1000

    @property
    def busy(self) -> bool:
        """Was the machine doing something else? Then the times are to be taken again."""
        return self.cpu_share < 0.8


@dataclass(frozen=True)
class Shape:
    """What an encoder's work follows from: hidden size, channels of all heads and FFN width of each layer."""

    hidden: int
    channels: tuple[int, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Size:
    """Parameters, bytes of the saved file, the same deflated, multiply-accumulates of a sentence of `seq` tokens.

    shape: of its encoder; None in older files.
    """

    params: int
    nonzero: int
    prunable: int
    prunable_nonzero: int
    bytes: int
    zip_bytes: int
    macs: int
    seq: int
    shape: Shape | None = None


@dataclass(frozen=True)
class Result:
    """One experiment: quality and size hold anywhere, each speed only on its machine.

    facts: what the steps had to report, plain JSON values by name, such as heads left in each layer.
    """

    spec: Spec
    quality: Quality
    size: Size
    speeds: tuple[Speed, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The Spec's key."""
        return self.spec.key

    def speed(
        self, machine: str, batch: int = 1, seq: int | None = 128, threads: int = 1, against: str = ""
    ) -> Speed | None:
        """The figure measured on that machine with these settings, if there is one; against: see Speed."""
        wanted = (machine, batch, seq, threads, against)
        found = [s for s in self.speeds if s.settings == wanted]
        return found[-1] if found else None

    def with_speed(self, speed: Speed) -> "Result":
        """The same result with this speed in place of an older one with the same settings."""
        kept = tuple(s for s in self.speeds if s.settings != speed.settings)
        return dataclasses.replace(self, speeds=(*kept, speed))

    def with_speeds_of(self, other: "Result") -> "Result":
        """The same result with those speeds of the other that were taken with settings which it lacks."""
        own = {s.settings for s in self.speeds}
        return dataclasses.replace(self, speeds=(*self.speeds, *(s for s in other.speeds if s.settings not in own)))


def figure(sample: Sample, metric: str = metrics.ACCURACY, resamples: int = RESAMPLES) -> Interval:
    """What the sample comes to by that metric, with its interval; resamples: how many it may take, if it takes any."""
    chosen = metrics.of(metric)
    return Interval(chosen.figure(sample), *chosen.interval(sample, resamples), chosen.count(sample))


def beside(quality: Quality) -> dict[str, Interval]:
    """The figures that are shown with the leading one, by their metric."""
    return {name: figure(quality.sample, name) for name in quality.beside}


def compare(quality: Quality, dense: Quality) -> Comparison:
    """The paired comparison with dense by their metric; both must come from the same examples. Raises ValueError."""
    if quality.metric != dense.metric:
        raise ValueError(f"{quality.metric} and {dense.metric} cannot be compared")
    if len(quality.scores) != len(dense.scores):
        raise ValueError(f"{len(quality.scores)} and {len(dense.scores)} examples cannot be paired")
    metric = metrics.of(quality.metric)
    difference = metric.difference(dense.sample, quality.sample)
    flipped = metric.changed(dense.sample, quality.sample)
    agreement = 1 - len(flipped) / len(quality.answers) if quality.answers else 1.0
    return Comparison(*difference, agreement, flipped)


def to_json(result: Result) -> dict[str, Any]:
    """Everything that was measured, as plain JSON values; derived figures are left out."""
    values: dict[str, Any] = {"key": result.key, "spec": specs.to_json(result.spec)}
    values["quality"], values["size"] = quality_to_json(result.quality), dataclasses.asdict(result.size)
    values["speeds"] = [dataclasses.asdict(speed) for speed in result.speeds]
    return values | ({"facts": dict(result.facts)} if result.facts else {})


def quality_to_json(quality: Quality) -> dict[str, Any]:
    """Its raw values as plain JSON values."""
    values = {**dataclasses.asdict(quality), "loss": finite(quality.loss)}
    later = ("beside", "truths", "cut_at")  # empty ones are left out, as in files from before there were such metrics
    return {name: value for name, value in values.items() if value or name not in later}


def quality_from_json(quality: dict[str, Any]) -> Quality:
    """The inverse of quality_to_json. Raises KeyError, TypeError."""
    kinds = {name: Interval(**interval) for name, interval in quality["kinds"].items()}
    fresh = {
        "interval": Interval(**quality["interval"]),
        "kinds": kinds,
        "answers": tuple(quality["answers"]),
        "scores": tuple(quality["scores"]),
        "beside": tuple(quality.get("beside", ())),
        "truths": tuple(quality.get("truths", ())),
        "environment": Environment(**quality["environment"]),
        "loss": math.nan if quality["loss"] is None else quality["loss"],
    }
    return Quality(**{**quality, **fresh})


def from_json(values: dict[str, Any], spec: Spec) -> Result:
    """The inverse of to_json; the caller, who knows the techniques, parses the Spec. Raises KeyError, TypeError."""
    return Result(
        spec,
        quality_from_json(values["quality"]),
        _size(values["size"]),
        tuple(_speed(s) for s in values["speeds"]),
        values.get("facts", {}),
    )


def finite(value: float) -> float | None:
    """The value, or None for what JSON has no number for."""
    return value if math.isfinite(value) else None


def _size(values: dict[str, Any]) -> Size:
    shape = values.get("shape")
    known = shape and Shape(shape["hidden"], tuple(shape["channels"]), tuple(shape["widths"]))
    return Size(**{**values, "shape": known})


def _speed(values: dict[str, Any]) -> Speed:
    times = {name: tuple(values[name]) for name in ("times_ms", "dense_times_ms")}
    # older files name a runtime beside the Spec's, which said fp32 of every precision
    known = {name: value for name, value in values.items() if name != "runtime"}
    return Speed(**{**known, **times, "environment": Environment(**values["environment"])})
