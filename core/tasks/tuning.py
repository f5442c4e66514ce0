"""A part of the training examples that is held out: what is chosen by looking at it is reported on the validation
examples, which took no part in the choice."""

import dataclasses
import functools
import random
from collections.abc import Callable, Sequence

from core.errors import DataError
from core.tasks.task import Example, Task, content_hash

LEAST = 200  # training examples, below which nothing can be spared
SHARE = 5  # one of so many is held out at most
SEED = 0


def held_out(task: Task) -> Task:
    """The same task, asked about a part of its training examples as large as its validation set, a fifth of them at
    most; what stands inside of a held-out text is not trained on either. Raises DataError where there are too few.
    """
    if len(task.train) < LEAST:
        raise DataError(
            "'{task}' has {count} training examples; {least} are needed to hold some out for choosing",
            task=task.name,
            count=len(task.train),
            least=LEAST,
        )
    count = min(len(task.validation) or len(task.train), len(task.train) // SHARE)
    asked = frozenset(_drawn(task.train, count))
    inside = _inside([task.train[place].text for place in asked])
    train = tuple(p for p, one in enumerate(task.train) if p not in asked and _folded(one.text) not in inside)
    parts = [[task.train[place] for place in places] for places in (train, sorted(asked))]
    return _split(task, train, tuple(sorted(asked)), content_hash(parts))


def _split(task: Task, train: Sequence[int], asked: Sequence[int], data: str) -> Task:
    """These training examples to train on and to ask; in other classes the same ones."""
    return dataclasses.replace(
        task,
        data=data,
        train=tuple(task.train[place] for place in train),
        validation=tuple(task.train[place] for place in asked),
        in_classes=_after(task.in_classes, train, asked, data),
        fitted=_after(task.fitted, train, asked, data),
    )


def _after(
    function: Callable[..., Task] | None, train: Sequence[int], asked: Sequence[int], data: str
) -> Callable[..., Task] | None:
    return None if function is None else functools.partial(_again, function, train, asked, data)


def _again(
    function: Callable[..., Task], train: Sequence[int], asked: Sequence[int], data: str, *arguments: object
) -> Task:
    return _split(function(*arguments), train, asked, data)


def _drawn(examples: Sequence[Example], count: int) -> list[int]:
    """By chance, of the longer half: fragments of sentences, as SST-2 has them, are no fair question."""
    order = sorted(range(len(examples)), key=lambda place: (-len(examples[place].text.split()), place))
    return random.Random(SEED).sample(order[: max(count, len(order) // 2)], count)


def _inside(texts: Sequence[str]) -> set[str]:
    """Every run of words of the texts."""
    found = set()
    for text in texts:
        words = _folded(text).split()
        found |= {" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)}
    return found


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
