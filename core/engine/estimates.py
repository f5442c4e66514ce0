"""About how long it takes to compute what is not stored, by the pace of what is: for a button to say it beforehand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

from core.control import PAIRS
from core.engine import latency, lengths
from core.models.macs import outline, work
from core.result import Result
from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec
from core.techniques import TECHNIQUES, precision_of
from core.techniques.operations import LOOKED_AT
from core.training.loop import VALIDATIONS

PREPARED_S = 2.0  # to compress, weigh and zip a small model, once measured on two cores
TRAINED = 4.0  # answers that an example takes as long as when it is trained on: there and back, and a teacher's
Paces = Mapping[tuple[str, ...], float]
Found = defaultdict[tuple[str, ...], list[float]]


def paces(results: Iterable[Result], machine: str, task: str = "") -> Paces:
    """Seconds that one multiply-accumulate of one example takes here in each runtime and precision, by stored results
    of that task, whose examples are as long, and of others where it has none.

    Where this machine has none, those of others count, as much slower or quicker as it is in what both have.
    """
    own, others = Found(list), Found(list)
    for one in results:
        if one.quality.interval.n and one.size.macs:
            place = own if one.quality.environment.machine == machine else others
            place[one.spec.task, *_kind(one.spec)].append(one.quality.seconds / one.quality.interval.n / one.size.macs)
    here, there = ({key: median(values) for key, values in found.items()} for found in (own, others))
    slower = median([here[key] / there[key] for key in here.keys() & there.keys()] or [1.0])
    every = {key: slower * pace for key, pace in there.items()} | here
    kinds = Found(list)
    for (name, *kind), pace in every.items():
        if name == task or (task, *kind) not in every:
            kinds[kind[0], kind[1]].append(pace)
    return {kind: median(values) for kind, values in kinds.items()}


def seconds(specs: Iterable[Spec], train: int, validation: int, known: Paces, timed: bool) -> float:
    """About how long it takes to compute Specs of one model one after another, by the pace of what is stored.

    train, validation: how many examples there are. timed: are their times measured too? Raises ModelError.
    """
    return sum(_seconds(spec, train, validation, known, timed) for spec in specs)


def _seconds(spec: Spec, train: int, validation: int, known: Paces, timed: bool) -> float:
    macs, unknown = work(outline(spec).shape, latency.SEQ).total, 1 / lengths.GUESS
    epochs = [float(one.config.epochs) for one in spec.steps if TECHNIQUES[one.technique].kind == "train"]
    learnt = sum(TRAINED * share * train + VALIDATIONS * min(validation, LOOKED_AT) for share in epochs)
    learning = learnt * known.get((TORCH, "fp32"), unknown) * macs
    answering = validation * known.get(_kind(spec), unknown) * macs
    built = RUNTIMES[spec.runtime].build_s
    # by turns with one or two dense models
    timing = 3 * (PAIRS + latency.WARM_UP) * unknown * macs if timed else 0.0
    return PREPARED_S + built + learning + answering + timing


def _kind(spec: Spec) -> tuple[str, str]:
    return spec.runtime, precision_of(spec.steps).mode
