"""The reviews that are shipped: short texts of several kinds, for work without the internet."""

import functools

from core import paths
from core.spec import SHORT
from core.tasks.classification import SENTIMENT, classification, without_examples
from core.tasks.tables import read_table
from core.tasks.task import Origin, Task, TaskEntry

REVIEWS = paths.ASSETS / "reviews"


def read(origin: Origin) -> Task:
    """The reviews in assets/reviews."""
    train, test = read_table(REVIEWS / "train.csv"), read_table(REVIEWS / "test.csv")
    return classification("reviews", train, test, SENTIMENT, SHORT)


TASK = TaskEntry("reviews", read, functools.partial(without_examples, "reviews", max_tokens=SHORT))
