"""About how long it takes to compute what is not stored, by the pace of what is: for a button to say it beforehand."""

from collections.abc import Iterable, Mapping
from statistics import median

from core.control import PAIRS
from core.engine import latency, lengths
from core.models.macs import outline, work
from core.result import Result
from core.spec import TORCH, Spec
from core.techniques import TECHNIQUES, precision_of

PREPARED_S = 2.0  # to compress, weigh and zip a small model, once measured on two cores
BUILT_S = {"onnx": 6.0, "executorch": 40.0, "openvino": 12.0}  # to write a runtime's file, once measured there too
TRAINED = 3.0  # answers that an example takes as long as when it is trained on: there and back
Paces = Mapping[tuple[str, str], float]


def paces(results: Iterable[Result]) -> Paces:
    """Seconds that one multiply-accumulate of one example took in each runtime and precision, the median of results."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in results:
        if one.quality.interval.n and one.size.macs:
            pace = one.quality.seconds / one.quality.interval.n / one.size.macs
            found.setdefault(_kind(one.spec), []).append(pace)
    return {kind: median(values) for kind, values in found.items()}


def seconds(specs: Iterable[Spec], train: int, validation: int, known: Paces, timed: bool) -> float:
    """About how long it takes to compute Specs of one model one after another, by the pace of what is stored.

    train, validation: how many examples there are. timed: are their times measured too? Raises ModelError.
    """
    return sum(_seconds(spec, train, validation, known, timed) for spec in specs)


def _seconds(spec: Spec, train: int, validation: int, known: Paces, timed: bool) -> float:
    macs = work(outline(spec).shape, latency.SEQ).total
    guess = macs / lengths.GUESS
    learnt = sum(float(one.config.epochs) for one in spec.steps if TECHNIQUES[one.technique].kind == "train") * train
    learning = TRAINED * learnt * known.get((TORCH, "fp32"), 1 / lengths.GUESS) * macs
    answering = validation * known.get(_kind(spec), 1 / lengths.GUESS) * macs
    timing = 3 * (PAIRS + latency.WARM_UP) * guess if timed else 0.0  # by turns with one or two dense models
    return PREPARED_S + BUILT_S.get(spec.runtime, 0.0) + learning + answering + timing


def _kind(spec: Spec) -> tuple[str, str]:
    return spec.runtime, precision_of(spec.steps).mode
