"""What several techniques do with a State: zero weights, take out units and layers, train, and ask the examples.

No function changes a State that it was given; each gives a new one.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from core.errors import ConfigError, DataError
from core.models import dimensions, encoder
from core.models.find import pinned_source
from core.models.head import REGRESSION, SEQUENCE, last_parameters
from core.models.load import require_head
from core.pruning import importance, removal
from core.pruning.importance import Units
from core.pruning.refit import Targets, refit_, targets
from core.pruning.removal import Kept
from core.runtimes import pytorch
from core.tasks.evaluate import evaluate
from core.tasks.regression import spread
from core.tasks.task import Feature, Task, spread_over
from core.techniques.technique import Context, Start, State, Tensors
from core.training import distillation
from core.training.distillation import Teacher
from core.training.loop import TIMES, Objective, Progress, Recipe, train_

Found = TypeVar("Found")

LOOKED_AT = 1000  # validation examples, at most, of a point of a training's curve: of SQuAD's 10,570 it took minutes


def train_copy_(
    model: nn.Module,
    state: State,
    recipe: Recipe,
    context: Context,
    *,
    objective: Objective | None = None,
    masks_at: Callable[[int, int], Tensors] | None = None,
) -> State:
    """Train `model`, a copy of the state's model; the state with it, and with its curve in its facts, and its seconds.

    objective, masks_at: see core.training.loop.train_. Nothing is trained where the context says so. Raises DataError
    where the examples are of one class only.
    """
    if not context.trains:
        return replace(state, model=model)
    task = context.task
    answer, share = task.commonest(task.train)
    if task.head is SEQUENCE and share == 1:
        raise DataError(
            "the training examples of '{task}' have one class only ({answer}); add some of the others",
            task=task.name,
            answer=answer,
        )
    if task.head is REGRESSION:  # a step of the head is as large as the numbers are apart
        for parameter in last_parameters(model, task.head):
            setattr(parameter, TIMES, spread(torch.tensor([float(example.label) for example in task.train])))
    looked = replace(task, validation=spread_over(task.validation, LOOKED_AT))
    validation = task.features(state.tokenizer, looked.validation)

    def score() -> float:
        quality = evaluate(
            pytorch.session(model.eval()), looked, validation, pad=state.pad, cancelled=context.cancelled
        )
        return quality.interval.value

    spent = [0.0]

    def on_step(progress: Progress) -> None:
        spent[0] = progress.spent
        context.on_step(progress)

    curve = train_(
        model.to(context.device),
        task,
        task.features(state.tokenizer, task.train),
        recipe,
        pad=state.pad,
        masks=state.masks,
        on_step=on_step,
        cancelled=context.cancelled,
        objective=objective,
        masks_at=masks_at,
        validate=score,
        checkpoint=context.checkpoint,
    )
    model.to("cpu")
    curves = [*state.facts.get("curves", []), [list(point) for point in curve]]
    spent_s = state.training_s + spent[0]
    return replace(state, model=model, facts={**state.facts, "curves": curves}, training_s=spent_s)


def keep_layers(state: State, kept: Sequence[int]) -> State:
    """A copy with only these layers; masks and facts follow those that stay."""
    renamed = {name: encoder.in_kept_layer(name, kept) for name in state.masks}
    masks = {new: state.masks[name] for name, new in renamed.items() if new is not None}
    facts = {**state.facts, "layers": _origins(state, kept)}
    facts |= {name: [facts[name][layer] for layer in kept] for name in ("heads", "widths") if name in facts}
    units = state.kept and Kept(
        *(tuple(one[layer] for layer in kept) for one in (state.kept.heads, state.kept.neurons))
    )
    return replace(state, model=encoder.keep_layers(state.model, kept), masks=masks, facts=facts, kept=units)


def renewed(state: State, kept: Sequence[int], model: nn.Module) -> State:
    """The state with a model of other widths, whose layers stand for those of the larger one."""
    shapes = encoder.layer_shapes(model)
    facts = {
        "layers": _origins(state, kept),
        "hidden": dimensions.hidden_size(model),
        "heads": [shape["heads"] for shape in shapes],
        "widths": [shape["width"] for shape in shapes],
    }
    return replace(state, model=model, facts={**state.facts, **facts}, kept=None)


def without_units(state: State, kept: Kept) -> State:
    """What the state knows of its heads and neurons where only these stay: how many, and which they were at first."""
    before = state.kept or removal.everything(state.model)
    heads, neurons = (
        tuple(tuple(there[unit] for unit in units) for there, units in zip(layers, stay, strict=True))
        for layers, stay in ((before.heads, kept.heads), (before.neurons, kept.neurons))
    )
    facts = {**state.facts, "heads": [*map(len, heads)], "widths": [*map(len, neurons)]}
    return replace(state, facts=facts, kept=Kept(heads, neurons))


def _origins(state: State, kept: Sequence[int]) -> list[int]:
    """Which layers these are, numbered as before any step."""
    before = state.facts.get("layers", range(len(encoder.blocks(state.model))))
    return [before[layer] for layer in kept]


def gate_scores(state: State, context: Context) -> Tensors:
    """Fisher and Taylor scores of every head, neuron and layer (core.pruning.importance.fisher); one pass a model."""
    return context.remember("gates", lambda: importance.fisher(_pass(importance.gate_gradients, state, context)))


def unit_importance(state: State, criterion: str, context: Context) -> Units:
    """The importance of every head and neuron by one of importance.CRITERIA.

    Those of gradients take a pass over training examples. Raises DataError without any.
    """
    if criterion in importance.OF_GRADIENTS:
        return importance.from_gradients(gate_scores(state, context), criterion)
    if criterion == "magnitude":
        return importance.from_weights(state.model)
    return importance.by_chance(state.model, context.seed)


def input_norms(state: State, context: Context) -> Tensors:
    """Norm of each input of each Linear over training sentences, by module name; one pass a model."""
    return context.remember("inputs", lambda: _pass(importance.input_norms, state, context))


def require_examples(technique: str, task: Task) -> None:
    """Raise DataError where there is nothing to train on."""
    if not task.train:
        raise DataError(
            "'{task}' has no training examples, which {technique} needs; add a train file beside its test",
            task=task.name,
            technique=technique,
        )


def require_teacher(technique: str, name: str, start: Start) -> None:
    """Raise ModelError where the teacher of that name answers something else than the task asks, ConfigError where the
    model is to learn from itself and knows nothing yet."""
    if name:
        require_head(pinned_source(name), start.task.head)
    elif start.new_head:
        raise ConfigError(
            "{technique} learns from the model before any step, whose new head knows nothing; fine-tune it first and "
            "save it (--step finetune:epochs=3 --save FOLDER), name a teacher=FOLDER, or set alpha=0",
            technique=technique,
        )


def require_hidden(config: Any, state: State, dense: State) -> None:
    """Raise a ConfigError where hidden states are to be learnt that the teacher does not have."""
    same = not config.teacher and dimensions.hidden_size(state.model) == dimensions.hidden_size(dense.model)
    if config.alpha * config.hidden > 0 and not same:
        raise ConfigError(
            "hidden={hidden:g} needs a student cut out of its teacher in one step; set hidden=0", hidden=config.hidden
        )


def teacher_of(dense: State, name: str, context: Context, tokenizer: Any) -> Teacher:
    """The model before any step as a teacher, or another one of that name; its answers to all training examples are
    computed once. tokenizer: the student's. Raises ModelError where it knows nothing, ConfigError where it would answer
    for other tokens than the student has."""
    if name:
        other = distillation.load_teacher(name, context.task)
        dense = State(other.model, tokenizer=other.tokenizer)
    task, model = context.task, copy.deepcopy(dense.model).eval().to(context.device)
    features = task.features(dense.tokenizer, task.train)

    if name:
        distillation.require_knowing(name, model, dense.tokenizer, task, context.cancelled)
    if task.head.per_token:  # as many answers as tokens are computed with each batch rather than kept
        _require_same_tokens(task, tokenizer, features, dense.tokenizer)
        return Teacher(model, features, dense.pad)

    def compute() -> Tensors:
        return distillation.answers(model, task, features, dense.pad, context.on_progress, context.cancelled)

    return Teacher(model, features, dense.pad, context.remember_dense(f"answers{name.rpartition('@')[2]}", compute))


def _require_same_tokens(task: Task, tokenizer: Any, theirs: Sequence[Feature], other: Any) -> None:
    """Raise ConfigError unless both read the same pieces of the same texts, whatever the numbers of these are."""
    if tokenizer is other or tokenizer.backend_tokenizer.to_str() == other.backend_tokenizer.to_str():
        return
    mine = task.features(tokenizer, task.train)
    words, others = tokenizer.convert_ids_to_tokens, other.convert_ids_to_tokens
    pairs = zip(mine, theirs, strict=False)
    if len(mine) != len(theirs) or any(words(list(a.ids)) != others(list(b.ids)) for a, b in pairs):
        raise ConfigError(
            "the teacher answers for each of its tokens, and the student has others; put vocabulary after this step, "
            "name a teacher with the same tokenizer, or set alpha=0"
        )


def _pass(measure: Callable[..., Found], state: State, context: Context) -> Found:
    """What core.pruning.importance measures of a model on training sentences, with progress and cancel."""
    return measure(
        state.model,
        context.task,
        importance.training_features(context.task, state.tokenizer, context.seed),
        state.pad,
        on_batch=lambda done, total: context.on_progress("importance", done, total),
        cancelled=context.cancelled,
    )


def zero(state: State, keep: Mapping[str, Tensor]) -> State:
    """A copy of the model with the weights outside the masks set to zero; what was zeroed before stays so."""
    model, masks = copy.deepcopy(state.model), dict(state.masks)
    for name, mask in keep.items():
        masks[name] = masks[name] & mask if name in masks else mask
    with torch.no_grad():
        for name, mask in masks.items():
            model.get_parameter(name).mul_(mask)
    return replace(state, model=model, masks=masks)


def keep_units(state: State, kept: Kept, context: Context, *, refit: str = "none", remove: bool = True) -> State:
    """The state with only these heads and neurons, refitted, and its masks cut to match; remove False only zeroes.

    Raises ModelError where heads are not a layer's own.
    """
    encoder.require_own_heads(state.model)
    smaller, masks = removal.removed(state.model, kept), removal.cut_masks(state.model, kept, state.masks)
    if refit != "none" and context.task.train and kept != removal.everything(state.model):
        refit_(smaller, _targets(state, context), refit)
    after = without_units(state, kept)
    small = zero(replace(after, model=smaller, masks=masks), {})
    if remove:
        return small
    whole = removal.zeroed(state.model, kept, small.model)
    return zero(replace(state, model=whole, facts=after.facts), removal.weight_masks(state.model, kept))


def _targets(state: State, context: Context) -> Targets:
    """What a refit of this model reaches for; one pass a Context, however many positions are made of it."""
    model, known = context.memo.get("targets", (None, None))
    if model is not state.model:
        features = importance.training_features(context.task, state.tokenizer, context.seed)
        known = targets(state.model, context.task, features, state.pad)
        context.memo["targets"] = state.model, known
    found: Targets = known
    return found
