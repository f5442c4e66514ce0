"""Find it for me: recipes that a multi-objective sampler proposes, measured one after another, for a budget.

The sampler is optuna's tree-structured Parzen estimator for several objectives under constraints (Ozaki et al. 2022,
section 4): it knows of each recipe which techniques it has and with which values, and what was measured so far.
"""

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.budget import AIMS, QUALITY, Answer, Budget, Option, answer, options
from core.control import Control, Event
from core.errors import Cancelled, ConfigError, UserError
from core.result import Result
from core.spec import Spec, Step

STARTUP = 12  # proposals by chance, before the sampler learns from them
KIND = "kind"  # the choice between kinds of recipes
UNKNOWN = 1e9  # the cost of what was not timed


@dataclass(frozen=True)
class Found:
    """What a search has come to: every result that it measured, in that order, and those that could not be."""

    results: tuple[Result, ...]
    failed: tuple[Spec, ...] = ()

    def answer(self, budget: Budget) -> Answer:
        """What fits the budget of what was measured."""
        return answer(options(self.results), budget)


def search(
    candidates: Sequence[Spec],
    measure: Callable[[Spec], Result],
    budget: Budget,
    most: int,
    known: Sequence[Result] = (),
    control: Control | None = None,
    seed: int = 0,
) -> Iterator[Found]:
    """Measure at most so many of the candidates, those first that promise most for the budget; yields after each.

    known: results of candidates that are there already: the sampler begins from them, and they do not count. measure
    may raise UserError, after which that candidate is left out. Ends early where it is cancelled: what was found stays.
    Raises ConfigError without candidates.
    """
    if not candidates:
        raise ConfigError("there is no recipe to choose from; allow a technique, a runtime or more sizes")
    control, space = control or Control(), Space.of(candidates)
    study, found = _study(budget, seed), Found(tuple(known))
    left = {spec: space.values[spec] for spec in candidates}
    for result in known:
        if result.spec in left:
            _tell(study, space, result, found.results, budget)
            del left[result.spec]
    for done in range(min(most, len(left))):
        if control.cancelled():
            return
        control.on_event(Event("finding", done, most))
        spec = _next(study, space, left)
        del left[spec]
        try:
            found = Found((*found.results, measure(spec)), found.failed)
            _tell(study, space, found.results[-1], found.results, budget)
        except Cancelled:
            return
        except UserError:
            found = Found(found.results, (*found.failed, spec))
        yield found


@dataclass(frozen=True)
class Space:
    """Recipes as values of named choices, so that a sampler can tell what they share.

    choices: name -> its values. values: of each Spec the value of each choice that it has: which kind of recipe it is,
    and the fields of its techniques in which recipes differ.
    """

    choices: Mapping[str, tuple[str, ...]]
    values: Mapping[Spec, Mapping[str, str]]

    @classmethod
    def of(cls, specs: Sequence[Spec]) -> "Space":
        """The kinds are the names of their techniques in their order, and the runtime."""
        told = {spec: _told(spec) for spec in specs}
        names = dict.fromkeys(name for values in told.values() for name in values)
        every = {name: tuple(dict.fromkeys(v[name] for v in told.values() if name in v)) for name in names}
        choices = {name: values for name, values in every.items() if len(values) > 1 or name == KIND}
        return cls(choices, {spec: {n: v for n, v in found.items() if n in choices} for spec, found in told.items()})


def _told(spec: Spec) -> dict[str, str]:
    """Its kind, and "distil.layers": "2", ... of each step; a technique that comes again is another one."""
    names = [step.technique for step in spec.steps]
    found, seen = {KIND: " + ".join((*names, spec.runtime)), "seed": str(spec.seed)}, list[str]()
    for step in spec.steps:
        place = step.technique + "'" * seen.count(step.technique)
        seen.append(step.technique)
        found |= {f"{place}.{name}": value for name, value in _fields(step).items()}
    return found


def _fields(step: Step) -> dict[str, str]:
    return {field.name: str(getattr(step.config, field.name)) for field in dataclasses.fields(step.config)}


def _study(budget: Budget, seed: int) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP, multivariate=True, group=True, seed=seed)
    return optuna.create_study(directions=["minimize"] * len(_objectives(budget)), sampler=sampler)


def _objectives(budget: Budget) -> tuple[str, ...]:
    """What is to be small: the goal, and what is limited besides; errors stand for quality."""
    return tuple(dict.fromkeys((AIMS[budget.goal], QUALITY, *budget.limits)))


def _costs(option: Option, budget: Budget) -> list[float]:
    return [min(UNKNOWN, option.cost(name, False)) for name in _objectives(budget)]


def _over(option: Option, budget: Budget) -> dict[str, float]:
    """By how much it is over each limit, as a share of what the limit allows; at most 0 where it is met."""
    costs = {name: min(UNKNOWN, option.cost(name, budget.sure)) for name in budget.limits}
    return {name: costs[name] / max(most, 1e-9) - 1 for name, most in budget.allowed.items()}


def _tell(study: Any, space: Space, result: Result, results: Sequence[Result], budget: Budget) -> None:
    """Let the sampler know of a result, whose costs are those beside the other ones."""
    import optuna

    values = space.values[result.spec]
    (option,) = [one for one in options(results) if one.result is result]
    study.add_trial(
        optuna.trial.create_trial(
            params=dict(values),
            distributions={name: optuna.distributions.CategoricalDistribution(space.choices[name]) for name in values},
            values=_costs(option, budget),
            constraints=_over(option, budget),
        )
    )


def _next(study: Any, space: Space, left: Mapping[Spec, Mapping[str, str]]) -> Spec:
    """The candidate that is left and most like what the sampler proposes: of that kind, and with most of its values."""
    import optuna

    trial = study.ask()
    kinds = dict.fromkeys(values[KIND] for values in left.values())
    kind = trial.suggest_categorical(KIND, list(space.choices[KIND]))
    if kind not in kinds:  # all of it were measured: the next best is whatever shares most with it
        kind = max(kinds, key=lambda one: len(set(one.split()) & set(kind.split())))
    of = {spec: values for spec, values in left.items() if values[KIND] == kind}
    names = dict.fromkeys(name for values in of.values() for name in values if name != KIND)
    wanted = {name: trial.suggest_categorical(name, list(space.choices[name])) for name in names}
    study.tell(trial, state=optuna.trial.TrialState.FAIL)  # what is measured instead of it is told
    return max(of, key=lambda spec: sum(of[spec].get(name) == value for name, value in wanted.items()))
