"""The passages that are shipped: forty short texts with four questions each, for work without the internet."""

import functools

from core import paths
from core.tasks.questions import read as read_questions
from core.tasks.reading import reading, without_examples
from core.tasks.task import Origin, Task, TaskEntry

PASSAGES = paths.ASSETS / "passages"


def read(origin: Origin) -> Task:
    """The questions in assets/passages."""
    return reading("passages", read_questions(PASSAGES / "train.json"), read_questions(PASSAGES / "test.json"))


TASK = TaskEntry("passages", read, functools.partial(without_examples, "passages"), model="demo-squad")
