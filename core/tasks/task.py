"""What every task is: examples, and the functions that turn them into tensors and score an answer.

A Task carries its own functions, so that evaluation and training never ask which task they serve.
Extractive question answering fits the same interface: several features an example, an answer with a
confidence, a score between 0 and 1 (see tests/tasks/test_tasks.py).
"""

import collections
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from core import metrics
from core.errors import Words
from core.models.head import SEQUENCE, Head


@dataclass(frozen=True)
class Origin:
    """Where a task's examples come from.

    task: "reviews", "sst2", or a .csv/.tsv/.jsonl file (or a folder of train.* and test.*) of your own.
    path: folder with train.tsv and dev.tsv for sst2; "" takes BONSAI_DATA, then the hub.
    text_column, label_column: of your own file; "" detects them.
    """

    task: str
    path: str = ""
    text_column: str = ""
    label_column: str = ""


@dataclass(frozen=True)
class Example:
    """One input with its answer; kind is "" where the task has no kinds."""

    text: str
    label: int
    kind: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts that a tokenizer reads of it."""
        return (self.text,)


@dataclass(frozen=True)
class Feature:
    """One model input: token ids, the index of its example, and what the loss needs."""

    ids: tuple[int, ...]
    example: int
    target: int


@dataclass(frozen=True)
class Outcome:
    """What the model answered for one feature: score in 0..1, loss in nats, confidence to choose among features."""

    example: int
    answer: str
    score: float
    loss: float
    confidence: float


@dataclass(frozen=True)
class Task:
    """Examples and the functions that read and score them; `data` is the hash of the examples.

    metric: a name in core.metrics: how scores are summed up, and how two models are compared. Raises ValueError.
    encode: examples -> features, in the numbers of a tokenizer. collate: features and the number of the padding -> the
    tensors of a batch. loss: a model's output and the batch -> mean loss. outcomes: what was answered to each feature.
    right: the right answer of an example, as `outcomes` writes answers. head: what the model needs on top. words: what
    a label is called, where it is not itself; results keep the label.
    """

    name: str
    data: str
    metric: str
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    problems: tuple[Words, ...]
    encode: Callable[[Any, Sequence[Example]], list[Feature]]
    collate: Callable[[Sequence[Feature], int], dict[str, Tensor]]
    loss: Callable[[Any, dict[str, Tensor]], Tensor]
    outcomes: Callable[[Any, dict[str, Tensor], Sequence[Feature]], list[Outcome]]
    right: Callable[[Example], str]
    head: Head = SEQUENCE
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        metrics.of(self.metric)

    def called(self, label: str) -> str:
        """A label, or the answer of a result, as people read it."""
        return self.words.get(label, label)

    def commonest(self, examples: Sequence[Example]) -> tuple[str, float]:
        """The right answer that most of these examples have, and their share: what a model must beat."""
        answer, count = collections.Counter(map(self.right, examples)).most_common(1)[0]
        return answer, count / len(examples)


def always(origin: Origin) -> bool:
    """For a task whose examples are shipped."""
    return True


@dataclass(frozen=True)
class TaskEntry:
    """A task that is chosen by its name.

    read: where its examples come from -> the task with them. Raises DataError. bare: the same without any example, for
    pictures of what was recorded. is_here: can they be read without asking the hub? data: the hash of its official
    examples, under which recorded results are found where the examples are not at hand; "" where there are none.
    """

    name: str
    read: Callable[[Origin], Task]
    bare: Callable[[], Task]
    is_here: Callable[[Origin], bool] = always
    data: str = ""


def content_hash(parts: Sequence[Sequence[Example]]) -> str:
    """16 hex digits that stand for the examples, in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(json.dumps([[e.text, e.label, e.kind] for e in part], ensure_ascii=False).encode())
    return total.hexdigest()[:16]
