"""The two trainings of movement pruning: one in which units go, and one after the filling; a teacher in both."""

import copy
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ConfigError
from core.models import dimensions, encoder
from core.pruning import pack, removal
from core.pruning.masks import WeightScores
from core.pruning.movement import Moving, density_at, groups, regularised
from core.pruning.removal import Kept
from core.techniques.operations import require_hidden, teacher_of, train_copy_, unit_importance, without_units
from core.techniques.technique import Context, State, Tensors
from core.training import distillation
from core.training.loop import TIMES, Objective, Recipe, hold_, task_loss

SCORES = "movement-scores"  # under which they are remembered, for the pictures
BEFORE = 1 / 2  # share of the training before the filling
WARM, RAMP = 0.05, 0.65  # of the training in which units go: until then all of them stay, from then on no more go
LIKELY = 0.1  # a unit whose score has a sigmoid below it goes, as in nn_pruning


@dataclass(frozen=True)
class Plan:
    """What goes and how it is learnt.

    side: of the attention's blocks, 0 where whole heads go. filled: is the density that of what is filled again?
    penalty: of the scores; None where only their order counts. times: of the learning rate, that of the scores.
    ordered: do the scores begin with the order of Fisher's importance?
    """

    density: float
    side: int
    filled: bool
    penalty: float | None
    alpha: float
    temperature: float
    teacher: str
    times: float
    ordered: bool

    @property
    def blocks(self) -> bool:
        """Are there zeros inside of heads that stay?"""
        return self.side > 0 and not self.filled

    @classmethod
    def of(cls, config: Any) -> "Plan":
        """What movement's Config asks for."""
        return cls(
            density=config.density,
            side=0 if config.variant == "structured" else config.block,
            filled=config.variant == "hybrid-filled",
            penalty=config.penalty if config.threshold == "sigmoid" else None,
            alpha=config.alpha,
            temperature=config.temperature,
            teacher=config.teacher,
            times=config.score_rate / config.learning_rate,
            ordered=config.start == "fisher",
        )


@dataclass(frozen=True)
class Moved:
    """A model whose units have gone, with the masks of those that stay, and its training."""

    model: nn.Module
    masks: Mapping[str, Tensor]
    kept: Kept
    curve: Sequence[Sequence[float]]
    seconds: float
    scores: Tensors


def moved(state: State, plan: Plan, recipe: Recipe, context: Context) -> Moved:
    """Train a copy of the model while units go; what lies inside of a head that is to be filled keeps its weights."""
    model = copy.deepcopy(state.model).to(context.device)
    moving = Moving(model, groups(model, plan.side), filled=plan.filled)
    if plan.ordered and context.trains:
        moving.begin_(unit_importance(state, "fisher", context))
    for score in moving.scores.values():
        setattr(score, TIMES, plan.times)

    def masks_at(step: int, steps: int) -> Tensors:
        moving.keep_(density_at(step, steps, plan.density, WARM, RAMP))
        if plan.penalty is not None:
            moving.keep_likely_(LIKELY)
        return {}

    with moving.masked(), taught(model, plan, context, state, moving) as objective:
        trained = train_copy_(model, state, recipe, context, objective=objective, masks_at=masks_at)
    masks_at(1, 1)  # what stays in the end, also where nothing was trained
    masks = {name: mask & state.masks.get(name, mask) for name, mask in moving.weight_masks().items()}
    if not plan.filled:
        hold_(model, masks)
    curves = trained.facts.get("curves", [])[len(state.facts.get("curves", [])) :]
    scores = {name: score.detach().cpu() for name, score in moving.scores.items()}
    seconds = trained.training_s - state.training_s
    return Moved(model, masks, moving.surviving(), curves[0] if curves else [], seconds, scores)


def surviving_at(levels: int, model: nn.Module, plan: Plan, scores: Tensors) -> list[Kept]:
    """What the scores let stay of the model at each level of a slider, in percent of the linear weights that go."""
    moving, found = _scored(model, plan, scores), []
    for level in range(levels):
        moving.keep_(1 - level / 100)
        found.append(moving.surviving())
    return found


def weight_scores(model: nn.Module, plan: Plan, scores: Tensors) -> WeightScores:
    """The place of each weight of the model in the order in which its unit goes, from 0."""
    return WeightScores(_scored(model, plan, scores).places(), "global")


def _scored(model: nn.Module, plan: Plan, scores: Tensors) -> Moving:
    moving = Moving(model, groups(model, plan.side), filled=plan.filled)
    with torch.no_grad():
        for name, values in scores.items():
            moving.scores[name].copy_(values)
    return moving


@contextmanager
def taught(
    model: nn.Module, plan: Plan, context: Context, state: State, moving: Moving | None = None, *, hidden: float = 0.0
) -> Iterator[Objective]:
    """The loss of a copy of the state's model beside its teacher, with the penalty where there is one.

    hidden: the share of the training in which hidden states are learnt, before answers.
    """
    task, dense, alone = context.task, context.dense, task_loss(context.task)
    assert dense is not None
    weights = distillation.LossWeights(plan.alpha, plan.temperature, hidden, 0.0)
    layers = state.facts.get("layers", range(len(encoder.blocks(model))))
    channels = torch.arange(dimensions.hidden_size(model))
    teaches = plan.alpha > 0 and context.trains
    teacher = teacher_of(dense, plan.teacher, context, state.tokenizer) if teaches else None
    lesson = distillation.objective(model, teacher, task, weights, layers, channels) if teacher else nullcontext()
    with lesson as beside:

        def loss(student: nn.Module, batch: dict[str, Tensor], chosen: Sequence[int], done: float) -> Tensor:
            found = (beside or alone)(student, batch, chosen, done)
            if moving is not None and plan.penalty is not None:
                found = found + regularised(moving.scores.values(), plan.penalty)
            return found

        yield loss


def recipe_of(config: Any, context: Context, share: float = 1.0) -> Recipe:
    """The recipe of a share of the training."""
    steps = None if config.steps is None else max(1, round(share * config.steps))
    whole = Recipe.of(config, context.seed)
    return dataclasses.replace(whole, epochs=share * config.epochs, steps=steps, embeddings=False, dropout=False)


def remembered(state: State, config: Any, context: Context) -> tuple[Kept, Tensors]:
    """What the training in which units go leaves, computed once: heads and neurons that stay, and their weights."""

    def compute() -> Tensors:
        after = moved(state, Plan.of(config), recipe_of(config, context, BEFORE), context)
        keep_scores(after.scores, config, context)
        small = removal.removed(after.model, after.kept)
        weights = {f"weight.{name}": value.detach() for name, value in small.named_parameters()}
        curve = torch.tensor(after.curve, dtype=torch.float64).reshape(-1, 3)
        told = {"curve": curve, "seconds": torch.tensor(after.seconds, dtype=torch.float64)}
        return {**weights, **removal.packed([after.kept], state.model), **told}

    words = [dataclasses.asdict(config), context.seed, context.trains]
    found = context.remember(f"movement-{_hashed(words)}", compute)
    (kept,) = removal.unpacked(found, state.model)
    return kept, found


def keep_scores(scores: Tensors, config: Any, context: Context) -> None:
    """Remember what was learnt, for the pictures of this Config at any density."""
    if context.trains:
        context.remember(_scores_name(config), lambda: scores)


def _scores_name(config: Any) -> str:
    """Under which the scores of a Config are kept; its density does not matter."""
    return f"{SCORES}-{_hashed(dataclasses.asdict(dataclasses.replace(config, density=1.0)))}"


def _hashed(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def scores_of(config: Any, context: Context) -> Tensors:
    """The scores that `keep_scores` remembers. Raises ConfigError where nothing was learnt yet."""

    def refuse() -> Tensors:
        raise ConfigError(
            "movement learns what goes while it trains, so there is no picture before the first training of this "
            "model on this task; train it at one position, or open what is recorded"
        )

    return context.remember(_scores_name(config), refuse)


def packed(after: Moved, state: State) -> State:
    """The state without what is dead; the zeros that are left inside of heads stay zero."""
    folded, kept = pack.living(after.model)
    masks = removal.cut_masks(folded, kept, {**state.masks, **after.masks})
    zeros = {name: mask for name, mask in masks.items() if not mask.all()}
    smaller = without_units(_learnt(state, after.curve, after.seconds), kept)
    return dataclasses.replace(smaller, model=removal.removed(folded, kept), masks=zeros)


def filled(state: State, config: Any, context: Context) -> State:
    """Let units go, make what survives dense again, and train that as a student whose teacher is the model before."""
    assert context.dense is not None
    require_hidden(config, state, context.dense)
    kept, found = remembered(state, config, context)
    start = refilled(removal.removed(state.model, kept), found, kept, state)
    model, turn = copy.deepcopy(start.model), config.hidden if config.alpha else 0.0
    recipe = dataclasses.replace(recipe_of(config, context, 1 - BEFORE), turn=turn, ahead=distillation.AHEAD)
    with taught(model, Plan.of(config), context, start, hidden=config.hidden) as objective:
        return train_copy_(model, start, recipe, context, objective=objective)


def refilled(model: nn.Module, found: Tensors, kept: Kept, state: State) -> State:
    """The state with a model of the weights that `found` holds, whose heads and neurons are those that were kept."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(found[f"weight.{name}"])
    masks = removal.cut_masks(state.model, kept, state.masks)
    smaller = without_units(_learnt(state, found["curve"].tolist(), found["seconds"].item()), kept)
    return dataclasses.replace(smaller, model=model, masks=masks)


def _learnt(state: State, curve: Sequence[Sequence[float]], seconds: float) -> State:
    """The state with the curve of one more training, where there was any, and its seconds."""
    points = [[int(step), loss, score] for step, loss, score in curve]
    curves = [*state.facts.get("curves", []), *([points] if points else [])]
    facts = {**state.facts, "curves": curves}
    return dataclasses.replace(state, facts=facts, training_s=state.training_s + seconds)


def counted(after: State, before: State) -> State:
    """The state with the shares of the weights of the linear layers, and of all, that are left of those before in its
    facts."""
    linear = [
        sum(int(encoder.weight(one.model, matrix.name).count_nonzero()) for matrix in encoder.matrices(one.model))
        for one in (after, before)
    ]
    every = [sum(int(p.count_nonzero()) for p in one.model.parameters()) for one in (after, before)]
    shares = {"density": linear[0] / linear[1], "density_all": every[0] / every[1]}
    return dataclasses.replace(after, facts={**after.facts, **shares})
