"""The entities that are shipped: short sentences with people, places, organisations and dates, for work without the
internet."""

import functools

from core import paths
from core.spec import SHORT
from core.tasks.entities import entities, without_examples
from core.tasks.tagged import read_tagged
from core.tasks.task import Origin, Task, TaskEntry

ENTITIES = paths.ASSETS / "entities"


def read(origin: Origin) -> Task:
    """The sentences in assets/entities."""
    train, test = read_tagged(ENTITIES / "train.conll"), read_tagged(ENTITIES / "test.conll")
    return entities("entities", train, test, max_tokens=SHORT)


TASK = TaskEntry("entities", read, functools.partial(without_examples, "entities", "", SHORT), model="demo-entities")
