"""What an experiment starts from: the loaded model, its task and the validation examples as tokens."""

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from core.errors import DataError, ModelError
from core.labels import Match, match
from core.models import find
from core.models.head import REGRESSION, last_parameters
from core.models.load import Loaded, load, require_head
from core.spec import Spec
from core.tasks import load_task
from core.tasks.regression import spread
from core.tasks.task import Feature, Origin, Task
from core.techniques.technique import State


@dataclass(frozen=True)
class Prepared:
    """A loaded model, its task and the encoded validation examples: shared, never to be changed."""

    loaded: Loaded
    task: Task
    features: tuple[Feature, ...]

    @property
    def state(self) -> State:
        """The model before any step."""
        return State(self.loaded.model, self.loaded.masks, self.loaded.tokenizer)

    @property
    def pad(self) -> int:
        """The token that fills short rows."""
        return self.state.pad


def prepare(spec: Spec, origin: Origin) -> Prepared:
    """Load what a Spec needs; the last few are kept in memory. Raises ModelError, DataError."""
    seed = spec.seed if spec.new_head else 0
    return _prepare(spec.model, spec.revision, spec.data, origin, spec.new_head, seed, spec.classes, spec.max_tokens)


@functools.lru_cache(maxsize=3)
def _prepare(
    name: str, revision: str, data: str, origin: Origin, new_head: bool, seed: int, classes: str, max_tokens: int
) -> Prepared:
    source, task = find.resolve(name), load_task(origin)
    if source.revision != revision:
        raise ModelError("'{name}' has changed on disk since it was chosen; choose it again", name=name)
    if task.data != data:
        raise DataError(
            "the examples of '{task}' are not those the experiment was made for; choose the task again", task=task.name
        )
    if not new_head:
        require_head(source, task.head)
        task = in_classes_of(source, task, classes)
    task = dataclasses.replace(task, max_tokens=max_tokens)
    loaded = load(source, task.head, labels=task.names, new_head=new_head, seed=seed)
    if new_head and task.head is REGRESSION:
        _centre_(loaded.model, task)
    return Prepared(loaded, task, tuple(task.features(loaded.tokenizer, task.validation)))


def _centre_(model: nn.Module, task: Task) -> None:
    """Let a new head begin at the mean of the numbers to be met, in their scale: at the rate of a fine-tuning it would
    hardly get there."""
    numbers = torch.tensor([float(example.label) for example in task.train or task.validation])
    weight, bias = last_parameters(model, task.head)
    with torch.no_grad():
        weight.mul_(spread(numbers))
        bias.fill_(float(numbers.mean()))


def classes_of(source: find.Source, task: Task, said: str) -> Match:
    """The model's class of each of the task's labels; said: see Origin.labels.

    Raises DataError, ConfigError.
    """
    names = find.class_names(source)
    return match(_fitted(task, names).labels, names, task.words, said)


def _fitted(task: Task, names: Sequence[str]) -> Task:
    return task.fitted(names) if task.fitted is not None else task


def written(classes: Sequence[int], count: int) -> str:
    """Classes as a Spec has them: "" where they are all of a model's, in order."""
    return "" if tuple(classes) == tuple(range(count)) else ",".join(map(str, classes))


def in_classes_of(source: find.Source, task: Task, classes: str) -> Task:
    """The task in the classes of a model; classes: as `written`."""
    names = find.class_names(source)
    task = _fitted(task, names)
    if task.in_classes is None:
        return task
    numbers = tuple(map(int, classes.split(","))) if classes else tuple(range(len(names)))
    return task.in_classes(numbers, names)
