"""What a student learns from its teacher: soft answers, hidden states, and how tokens relate in attention.

Hidden states of matching layers, before any answers: Jiao et al. 2020 (TinyBERT), equation 8 and section 3.2. Soft
answers: Hinton et al. 2015, section 2, by the distance of the head (core/models/head.py). Relations among queries, keys
and values of the last layer: Wang et al. 2021 (MiniLMv2), section 3; they need no equal widths. Another model
as the teacher is named NAME@REVISION, so that another content is another experiment.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.control import held_up
from core.errors import ConfigError, DataError, ModelError, Words
from core.labels import match
from core.models import encoder
from core.models.find import class_names, pinned_source
from core.models.forward import autocast, model_inputs
from core.models.load import Loaded, load, with_classes
from core.runtimes import pytorch
from core.tasks.evaluate import evaluate
from core.tasks.task import Feature, Task
from core.training.loop import Objective

MOST_RELATION_HEADS = 12
AHEAD = 5.0  # hidden states are learnt at so many times the rate: 1e-3 was best, at which answers are forgotten again
ANSWERS_BATCH = 64
ROLES = ("Q", "K", "V")


def load_teacher(name: str, task: Task) -> Loaded:
    """The model of that name, its classes in the task's order. Raises ModelError."""
    source = pinned_source(name)
    loaded = load(source, task.head)
    if task.in_classes is not None:
        names = class_names(source)
        try:
            classes = match(task.labels, names, task.words).classes
        except DataError:
            raise ModelError(
                "the teacher '{name}' has the classes {names} and the task {labels}; name one of the same classes",
                name=source.name,
                names=", ".join(names),
                labels=", ".join(task.labels),
            ) from None
        loaded = dataclasses.replace(loaded, model=with_classes(loaded.model, task.head, classes))
    return loaded


def require_knowing(name: str, model: nn.Module, tokenizer: Any, task: Task, cancelled: Callable[[], bool]) -> None:
    """Raise ModelError where another model knows the validation examples no better than one answer to all of them."""
    features, pad = task.features(tokenizer, task.validation), int(tokenizer.pad_token_id or 0)
    found = evaluate(pytorch.session(model), task, features, pad=pad, cancelled=cancelled).interval.value
    answer, usual = task.baseline(task.validation)
    if found <= usual:
        labels = ", ".join(task.labels)
        raise ModelError(
            "the teacher '{name}' reaches {found:.0%} on the validation examples, and '{answer}' as the answer to all "
            "of them {usual:.0%}; {advice}",
            name=name.partition("@")[0],
            found=found,
            answer=answer,
            usual=usual,
            advice=Words("are its classes those of the task ({labels})?", labels=labels)
            if labels
            else Words("take one that was trained on such a task"),
        )


@dataclass(frozen=True)
class Captured:
    """What a model's last run left: the states (batch, tokens, channels) after the embeddings and each layer, and what
    Q, K and V of its last layer with attention gave."""

    states: list[Tensor] = field(default_factory=list)
    roles: dict[str, Tensor] = field(default_factory=dict)


def hidden_difference(
    student: Sequence[Tensor], teacher: Sequence[Tensor], layers: Sequence[int], channels: Tensor, mask: Tensor
) -> Tensor:
    """Mean squared difference of the states after matching layers, over channels and the tokens that the mask shows.

    student, teacher: the states (batch, tokens, channels) after the embeddings and each layer. layers: which of the
    teacher's each of the student's answers to. channels: which of the teacher's channels the student has.
    """
    pairs = [(student[0], teacher[0]), *((student[i + 1], teacher[layer + 1]) for i, layer in enumerate(layers))]
    shown = mask.bool()
    found = [functional.mse_loss(mine[shown].float(), theirs[shown][:, channels].float()) for mine, theirs in pairs]
    return torch.stack(found).mean()


def relation_difference(student: Mapping[str, Tensor], teacher: Mapping[str, Tensor], mask: Tensor) -> Tensor:
    """Mean over Q, K and V of KL between the relations of their tokens in the teacher and in the student."""
    found = []
    for role in ROLES:
        mine, theirs = student[role], teacher[role]
        heads = math.gcd(mine.shape[-1], theirs.shape[-1])
        heads = max(count for count in range(1, min(heads, MOST_RELATION_HEADS) + 1) if heads % count == 0)
        found.append(_difference(_relation(mine, heads, mask), _relation(theirs, heads, mask), mask))
    return torch.stack(found).mean()


def _relation(values: Tensor, heads: int, mask: Tensor) -> Tensor:
    """Log of the softmax of scaled products of every token with every other: (batch, heads, tokens, tokens)."""
    batch, tokens, channels = values.shape
    split = values.float().view(batch, tokens, heads, channels // heads).transpose(1, 2)
    products = split @ split.transpose(2, 3) / math.sqrt(channels // heads)
    return functional.log_softmax(products.masked_fill(~mask.bool()[:, None, None, :], -1e4), -1)


def _difference(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    each = (teacher.exp() * (teacher - student)).sum(-1)  # (batch, heads, tokens)
    shown = mask[:, None, :].expand_as(each).bool()
    return each[shown].mean()


@contextmanager
def captured(model: nn.Module) -> Iterator[Captured]:
    """While open, every run leaves its states, and what Q, K and V of the last layer with attention gave, if any has.

    transformers' own way to ask for states does not see layers that were taken out of a copy.
    """
    found = Captured()
    layers = encoder.layer_modules(model)
    block = next((block for block in reversed(encoder.blocks(model)) if block.heads), None)

    def begin(module: nn.Module, inputs: Any, named: dict[str, Any]) -> None:
        found.states[:] = [inputs[0] if inputs else named["hidden_states"]]

    def after(module: nn.Module, inputs: Any, output: Any) -> None:
        found.states.append(output[0] if isinstance(output, tuple) else output)

    def keep(role: str, module: nn.Module, inputs: Any, output: Tensor) -> None:
        found.roles[role] = output

    handles = [layers[0].register_forward_pre_hook(begin, with_kwargs=True)]
    handles += [layer.register_forward_hook(after) for layer in layers]
    for role, name in ((role, block.names[role]) for role in ROLES) if block else ():
        handles.append(encoder.linear(model, name).register_forward_hook(partial(keep, role)))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def answers(
    model: nn.Module,
    task: Task,
    features: Sequence[Feature],
    pad: int,
    on_progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool],
) -> dict[str, Tensor]:
    """What the model answers to every feature, (features, ...) by the name of the output, in fp32. Raises Cancelled."""
    found: dict[int, Tensor] = {}
    (name,) = task.head.outputs
    device = next(model.parameters()).device
    order = sorted(range(len(features)), key=lambda index: len(features[index].ids))
    with torch.inference_mode(), autocast(device):
        for start in range(0, len(order), ANSWERS_BATCH):
            held_up(cancelled)
            chosen = order[start : start + ANSWERS_BATCH]
            batch = model_inputs(task.collate([features[i] for i in chosen], pad))
            output = model(**{name: value.to(device) for name, value in batch.items()})
            found.update(zip(chosen, getattr(output, name).float().cpu(), strict=True))
            on_progress("teacher", start + len(chosen), len(order))
    return {name: torch.stack([found[index] for index in range(len(features))])}


@dataclass(frozen=True)
class LossWeights:
    """What is learnt: hidden states for that share of the training, from its beginning, and answers in the rest of it.

    alpha: weight of the teacher's answers against the true ones; relations: of the relations of tokens, all the time.
    """

    alpha: float
    temperature: float
    hidden: float
    relations: float


@dataclass(frozen=True)
class Teacher:
    """The model to learn from, and the training examples in the numbers that it reads.

    answers: its outputs for each of them, by name; None where it is run with each batch.
    """

    model: nn.Module
    features: Sequence[Feature]
    pad: int
    answers: Mapping[str, Tensor] | None = None


@contextmanager
def objective(
    student: nn.Module, teacher: Teacher, task: Task, weights: LossWeights, layers: Sequence[int], channels: Tensor
) -> Iterator[Objective]:
    """The loss of a student that learns from its teacher, to be used while this is open.

    layers: which of the teacher's each of the student's answers to. channels: which of its channels the student has.
    """
    with captured(student) as mine, captured(teacher.model) as theirs:

        def loss(model: nn.Module, batch: dict[str, Tensor], chosen: Sequence[int], done: float) -> Tensor:
            device, mask, looking = batch["input_ids"].device, batch["attention_mask"], done < weights.hidden
            with autocast(device):
                output = model(**model_inputs(batch))
            said: Any = None
            if looking or weights.relations > 0 or teacher.answers is None:
                said = _look(teacher, task, batch, chosen)
            if looking:
                total = hidden_difference(mine.states, theirs.states, layers, channels.to(device), mask)
            else:
                if teacher.answers is not None:
                    kept = {name: values[chosen].to(device) for name, values in teacher.answers.items()}
                    said = SimpleNamespace(**kept)
                taught = task.head.distance(output, said, mask, weights.temperature)
                total = (1 - weights.alpha) * task.loss(output, batch) + weights.alpha * taught
            if weights.relations > 0 and mine.roles and theirs.roles:
                total = total + weights.relations * relation_difference(mine.roles, theirs.roles, mask)
            return total

        yield loss


def _look(teacher: Teacher, task: Task, batch: Mapping[str, Tensor], chosen: Sequence[int]) -> Any:
    """Run the teacher on the same examples; its output, and what it leaves is captured."""
    device = batch["input_ids"].device
    same = task.collate([teacher.features[index] for index in chosen], teacher.pad)
    if same["input_ids"].shape != batch["input_ids"].shape:
        raise ConfigError("hidden and relations need the teacher's tokens; put vocabulary after distil")
    with torch.no_grad(), autocast(device):
        return teacher.model(**{name: value.to(device) for name, value in model_inputs(same).items()})
