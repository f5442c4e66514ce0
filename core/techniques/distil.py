"""Train a smaller student to answer as its teacher does (Hinton et al. 2015; Sanh et al. 2019; Wang et al. 2021).

The teacher is the model before any step, or another; the student the model by now, or one of fewer layers or channels:
after pruning this is recovery. alpha = 0 trains the same student alone. One teacher, not several.
"""

import copy
import dataclasses
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from core.config import option, validate
from core.errors import ConfigError, Words
from core.models import dimensions, encoder
from core.techniques.operations import (
    gate_scores,
    input_norms,
    keep_layers,
    renewed,
    require_examples,
    require_hidden,
    require_teacher,
    teacher_of,
    train_copy_,
)
from core.techniques.technique import Context, Legend, Start, State, Technique
from core.training import distillation, students
from core.training.loop import Recipe, training_option

WIDTHS = ("1", "0.75", "0.5", "0.25")


@dataclass(frozen=True)
class Config:
    """The student's size, where it starts, what it learns from, and how it is trained."""

    layers: int | None = option(None, "layers of the student; as many as there are when left out", minimum=1)
    width: str = option("1", "share of the channels, heads and neurons that the student has", choices=WIDTHS)
    start: str = option("teacher", "begin as a part of the model, or anew", choices=("teacher", "scratch"))
    copied: str = option("spread", "which layers it begins with", choices=students.COPIED)
    teacher: str = option("", "another model to learn from, with hidden=0; else the one before any step", model=True)
    alpha: float = option(0.9, "weight of the teacher's answers; 0 trains alone", minimum=0.0, maximum=1.0)
    temperature: float = option(1.0, "how far the teacher's answers are softened", minimum=0.1, maximum=20.0)
    hidden: float = option(0.5, "share of the training for hidden states, before answers", minimum=0.0, maximum=1.0)
    relations: float = option(0.0, "weight of the difference of relations among tokens", minimum=0.0, maximum=1000.0)
    embeddings: bool = option(False, "train the embeddings too, as a narrower or fresh student always does")
    dropout: bool = option(False, "leave out activations at random, as the model's config says")
    learning_rate: float = training_option("learning_rate", 2e-4)
    batch_size: int = training_option("batch_size", 64)
    epochs: float = training_option("epochs", 1.0)
    steps: int | None = training_option("steps", None)
    weight_decay: float = training_option("weight_decay", 0.01)

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class _Pair:
    """A student before it is trained; which of the teacher's layers each of its own answers to, and which channels."""

    state: State
    layers: tuple[int, ...]
    stream: Tensor


def apply(state: State, config: Config, context: Context) -> State:
    """Make the student and train it."""
    require_examples("distil", context.task)
    dense = context.dense or state
    require_hidden(config, state, dense)
    taught = config.alpha and context.trains
    pair = _student(state, config, context)
    model = copy.deepcopy(pair.state.model)
    embeddings = config.embeddings or config.width != "1" or config.start == "scratch"  # they are not the teacher's
    turn = config.hidden if config.alpha else 0.0
    recipe = dataclasses.replace(
        Recipe.of(config, context.seed), embeddings=embeddings, turn=turn, ahead=distillation.AHEAD
    )
    weights = distillation.LossWeights(config.alpha, config.temperature, config.hidden, config.relations)
    teacher = teacher_of(dense, config.teacher, context, pair.state.tokenizer) if taught else None
    parts = (context.task, weights, pair.layers, pair.stream)
    with distillation.objective(model, teacher, *parts) if teacher else nullcontext() as objective:
        return train_copy_(model, pair.state, recipe, context, objective=objective)


def require(config: Config, start: Start) -> None:
    """Raise a UserError without a teacher that knows the task."""
    if config.alpha > 0:
        require_teacher("distil", config.teacher, start)


def _student(state: State, config: Config, context: Context) -> _Pair:
    there = len(encoder.blocks(state.model))
    wanted = there if config.layers is None else config.layers
    width, kept = Fraction(config.width), students.copied(there, wanted, config.copied)
    if (width != 1 or config.start == "scratch") and state.masks:
        raise ConfigError("a narrower or fresh student keeps no zeros; put distil before what sets weights to zero")
    answering = tuple(state.facts.get("layers", range(there))[layer] for layer in kept)
    stream = torch.arange(dimensions.hidden_size(state.model))
    if config.start == "scratch":
        fresh = students.fresh(state.model, wanted, width, context.seed)
        return _Pair(renewed(state, kept, fresh), answering, stream[: dimensions.hidden_size(fresh)])
    if width == 1:
        return _Pair(state if wanted == there else keep_layers(state, kept), answering, stream)
    encoder.require_own_heads(state.model)
    cut = students.chosen(state.model, kept, width, gate_scores(state, context), input_norms(state, context))
    return _Pair(renewed(state, kept, students.cut_out(state.model, cut)), answering, torch.tensor(cut.stream))


def told(config: Config) -> Words:
    """The size of the student, and whether it had a teacher."""
    if config.layers is None and config.width == "1":
        return Words("training by the dense model") if config.alpha else Words("further training")
    layers = Words("one layer") if config.layers == 1 else Words("{layers} layers", layers=config.layers)
    size = layers if config.layers else Words("all layers")
    if config.width != "1":
        size = Words("{layers} at {width} of the width", layers=size, width=config.width)
    taught = Words("a student of {size}", size=size)
    return taught if config.alpha else Words("{student} without a teacher", student=taught)


LEGEND = Legend(("taught", "alone"), lambda config: "taught" if config.alpha else "alone", family="students")
TECHNIQUE = Technique("distil", "train", Config, apply, needs_data=True, legend=LEGEND, require=require, told=told)
