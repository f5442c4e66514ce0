"""Another model to learn from: named NAME@REVISION, so that another content is another experiment."""

import re

import torch
from torch import Tensor

from core import models
from core.models import Loaded, ModelError, Source
from core.options import ConfigError
from core.tasks import Task

PINNED = re.compile(r"(?P<name>.+)@(?P<revision>[0-9a-f]{16})")


def pinned(name: str) -> str:
    """The model as NAME@REVISION; "" stays. Raises ConfigError, also where it is pinned to another revision."""
    try:
        source = _source(name) if name else None
    except ModelError as error:
        raise ConfigError(str(error)) from error
    return f"{source.name}@{source.revision}" if source else ""


def load(name: str, task: Task) -> Loaded:
    """The model of that name, which has to tell as many classes apart as the task. Raises ModelError."""
    return models.load(_source(name), labels=len(task.labels))


def require_knowing(name: str, answers: Tensor, task: Task) -> None:
    """Raise ModelError where another model's logits (training examples, labels) are worse than one label for all."""
    labels = torch.tensor([example.label for example in task.train])
    right = (answers.argmax(-1) == labels).double().mean().item()
    usual = labels.bincount().max().item() / len(labels)
    if name and right <= usual:
        raise ModelError(
            f"the teacher '{name.partition('@')[0]}' is right in {right:.0%} of the training examples, and saying one "
            f"label always in {usual:.0%}; are its labels the task's, in the same order ({', '.join(task.labels)})?"
        )


def _source(name: str) -> Source:
    found = PINNED.fullmatch(name)
    source = models.resolve(found["name"] if found else name)
    if found and source.revision != found["revision"]:
        raise ModelError(f"'{source.name}' has changed on disk since it was chosen; choose it again")
    return source
