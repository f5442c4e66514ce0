"""Find it for me: recipes are chosen on examples that were held out of the training part, and reported on others.

A model that was trained before knows the held-out examples better than others, so that a limit of quality is taken as
a distance from dense, on either part.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from core.budget import Answer, Budget, answer, options
from core.control import Control, Event, Timing
from core.engine.choose import stored, to_json
from core.engine.run import make_spec, require, run
from core.engine.search import Found, search
from core.engine.store import Store
from core.errors import Cancelled, UserError
from core.models.macs import outline
from core.result import Result
from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec, Step
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import distil, quantize, structured, vocabulary

LAYERS = (4, 3, 2)  # of students
KEEPS = (0.75, 0.5, 0.35, 0.25)  # of the work in heads and neurons
PAIRS = 9  # turns of a time while it is searched; what is reported has the usual number
ONNX = "onnx"
REPORTED = 3  # of those that fit best on the held-out part


@dataclass(frozen=True)
class Part:
    """Some of a task's examples: their hash, how many they are, and dense's figure on them, 0..1."""

    data: str
    examples: int
    dense: float

    @classmethod
    def of(cls, dense: Result) -> "Part":
        """The examples of a result of dense."""
        return cls(dense.spec.data, len(dense.quality.answers), dense.quality.interval.value)


@dataclass(frozen=True)
class Report:
    """What a search came to: what was measured on the held-out part, and the best of it on the validation examples.

    chosen_on, reported_on: which examples these are.
    """

    found: Found
    reported: tuple[Result, ...]
    chosen_on: Part
    reported_on: Part

    def answer(self, budget: Budget) -> Answer:
        """What fits the budget by the examples that took no part in the choice."""
        return answer(options(self.reported), budget)


def held_to(budget: Budget, chosen_on: Part, reported_on: Part) -> Budget:
    """The budget on the part where recipes are chosen: its quality as far from dense as it is on the other part."""
    if budget.quality is None:
        return budget
    return dataclasses.replace(budget, quality=min(1.0, budget.quality + chosen_on.dense - reported_on.dense))


def candidates(dense: Spec, layers: int, trains: bool) -> list[Spec]:
    """Recipes of depth, structure, vocabulary, bits and runtime; trains: those with students and training too."""
    students = [()] + [(Step("distil", distil.Config(layers=n)),) for n in LAYERS if trains and n < layers]
    smaller = [()] + [(Step("structured", structured.Config(keep_macs=keep)),) for keep in KEEPS]
    after = [(), (Step("distil", distil.Config()),)] if trains else [()]
    words = [(), (Step("vocabulary", vocabulary.Config()),)]
    found = []
    for student, cut, training, fewer in product(students, smaller, after, words):
        if training and not cut:
            continue  # a student alone was taught already
        for runtime, bits in _ends():
            found.append(dataclasses.replace(dense, steps=(*student, *cut, *training, *fewer, *bits), runtime=runtime))
    return [spec for spec in found if spec != dense]


def _ends() -> list[tuple[str, tuple[Step, ...]]]:
    """PyTorch, and ONNX Runtime, plain and in integers, where it is installed."""
    plain: list[tuple[str, tuple[Step, ...]]] = [(TORCH, ())]
    if not RUNTIMES[ONNX].installed:
        return plain
    return [*plain, (ONNX, ()), (ONNX, (Step("quantize", quantize.Config()),))]


def find(
    model: str, origin: Origin, budget: Budget, most: int, store: Store, control: Control, trains: bool = True
) -> Iterator[Report]:
    """Search among the candidates with at most so many measurements; yields after each, and with what is reported last.

    What this installation has measured of them before is known. Raises UserError where nothing can be held out.
    """
    held = dataclasses.replace(origin, tuning=True)
    tuned, dense = make_spec(model, held), make_spec(model, origin)
    timing = Timing(pairs=PAIRS)
    on = Part.of(run(tuned, held, store, timing, control)), Part.of(run(dense, origin, store, None, control))
    asked = held_to(budget, *on)
    every = candidates(tuned, len(outline(tuned).shape.widths), trains)
    recipes = [spec for spec in every if _possible(spec, held, store)]
    known = [result for result in stored(tuned, store) if result.spec in set(recipes) and result.speeds]

    def measure(spec: Spec) -> Result:
        training = Control(lambda e: control.on_event(e) if e.stage == "train" else None, control.cancelled)
        return run(spec, held, store, timing, training)

    found = Found(tuple(known))
    for found in search(recipes, measure, asked, most, known, control):
        yield Report(found, (), *on)
    reported: list[Result] = []
    best = _best(found.results, asked)
    for place, result in enumerate(best):
        control.on_event(Event("report", place, len(best)))
        spec = dataclasses.replace(result.spec, data=dense.data)
        try:
            reported.append(run(spec, origin, store, Timing(), control))
        except Cancelled:
            break
    yield Report(found, tuple(reported), *on)


def _possible(spec: Spec, origin: Origin, store: Store) -> bool:
    try:
        require(spec, load_task(origin), store)
    except UserError:
        return False
    return True


def _best(results: Sequence[Result], budget: Budget) -> list[Result]:
    """Those that fit best, one after another; where none fits, the closest."""
    left, found = options(results), list[Result]()
    while left and len(found) < REPORTED:
        one = answer(left, budget)
        option = one.pick or (one.closest if not found else None)
        if option is None:
            break
        found.append(option.result)
        left = [other for other in left if other.result is not option.result]
    return found


def report_json(report: Report, budget: Budget) -> dict[str, Any]:
    """As `choose` has it, with which examples were looked at for the choice and which for the report."""
    return to_json(report.answer(budget), budget) | {
        "evaluations": len(report.found.results),
        "chosen_on": {**dataclasses.asdict(report.chosen_on), "part": "training, held out"},
        "reported_on": {**dataclasses.asdict(report.reported_on), "part": "validation"},
    }
