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
from typing import Any, TypeVar

from torch import Tensor

from core import metrics as core_metrics
from core import visitors
from core.errors import Words
from core.metrics import Sample
from core.models.head import SEQUENCE, Head

MANY = 1000  # files of a folder that are looked at
LONG = 512  # tokens of a text that are read, where neither the model nor the task has fewer
# what is right, in numbers: that of a class; one to be met; those of all labels that it has, or of each word's tag
Label = Any
Item = TypeVar("Item")


@dataclass(frozen=True)
class Origin:
    """Where a task's examples come from.

    task: "reviews", "sst2", or a .csv/.tsv/.jsonl file (or a folder of train.* and test.*) of your own.
    path: folder with train.tsv and dev.tsv for sst2; "" takes BONSAI_DATA, then the hub.
    text_column, label_column: of your own file; "" detects them. labels: "label=class,..." where the names of the
    table and of the model do not say which is which, see core.labels.match. metric: the leading one, of your own file;
    "" takes the one that is usual for it. Pearson or Spearman take its labels for numbers. null_threshold: of questions
    that may have no answer, see Spec. tuning: ask a part of the training examples instead of the validation examples,
    see core.tasks.tuning.
    """

    task: str
    path: str = ""
    text_column: str = ""
    label_column: str = ""
    labels: str = ""
    metric: str = ""
    null_threshold: float = 0.0
    tuning: bool = False


@dataclass(frozen=True)
class Example:
    """One input with its answer; kind is "" where the task has no kinds, second where it is no pair of texts."""

    text: str
    label: Label
    kind: str = ""
    second: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts that a tokenizer reads of it."""
        return (self.text, self.second) if self.second else (self.text,)


@dataclass(frozen=True)
class Feature:
    """One model input: token ids, the index of its example, what the loss needs, and whether its text was longer.

    types: of a pair, which text each token is of, where the model is told. part: its number among those of its example.
    """

    ids: Sequence[int]
    example: int
    target: Label
    cut: bool = False
    types: Sequence[int] = ()
    part: int = 0


@dataclass(frozen=True)
class Outcome:
    """What the model answered for one feature: score in 0..1, loss in nats, confidence to choose among features.

    A loss that is no number says that the model's output was none: such an outcome is no answer. margin: by how much
    the answer is more probable than the next one. part: the number of the feature among those of its example.
    """

    example: int
    answer: str
    score: float
    loss: float
    confidence: float
    margin: float = 1.0
    part: int = 0


def surest(outcomes: Sequence[Outcome]) -> Outcome:
    """Of the outcomes of an example's features, that of which the model is most confident."""
    return max(outcomes, key=lambda outcome: outcome.confidence)


def by_kind(examples: Sequence[Example], sample: Sample) -> dict[str, Sample]:
    """The sample of each kind of example; of none where examples have no kinds."""
    kinds = sorted({example.kind for example in examples} - {""})
    places = {kind: [i for i, example in enumerate(examples) if example.kind == kind] for kind in kinds}
    return {kind: sample.of(which) for kind, which in places.items()}


@dataclass(frozen=True)
class Task:
    """Examples and the functions that read and score them; `data` is the hash of the examples.

    problems: rows that were skipped. notes: what was understood of a table, and might have been meant otherwise.

    metrics: names in core.metrics: how answers are summed up, and how two models are compared; the first one leads, the
    others are shown beside it. Raises ValueError.
    encode: tokenizer, examples and the most tokens -> features. collate: features and the number of the padding -> the
    tensors of a batch. loss: a model's output and the batch -> mean loss. outcomes: what was answered to each feature;
    joined: those of one example's features, in their order -> its outcome. named: where answers name parts of a text,
    an example and an answer -> these parts with their types. exact: are answers numbers, of which fp32 is asked at
    once? kinds: the figures are also taken of these.
    right: the right answer of an example, as `outcomes` writes answers. head: what the model needs on top. words: what
    a label is called, where it is not itself; results keep the label. in_classes: the same task in the classes of a
    model: classes of its labels, in their order, and the names of all -> the task; None where answers have no labels.
    fitted: the names of a model's classes -> the task with those labels that such a model can have. program: of this
    task, what an exported program has to know of it, as plain JSON values by name. null_threshold: see Spec; None where
    every example has an answer. question: of the most tokens, those of the first text that are read where only this one
    is cut and the second is read in windows; None where a text is cut as a whole.
    """

    name: str
    data: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    problems: tuple[Words, ...]
    encode: Callable[[Any, Sequence[Example], int], list[Feature]]
    collate: Callable[[Sequence[Feature], int], dict[str, Tensor]]
    loss: Callable[[Any, dict[str, Tensor]], Tensor]
    outcomes: Callable[[Any, dict[str, Tensor], Sequence[Feature]], list[Outcome]]
    right: Callable[[Example], str]
    head: Head = SEQUENCE
    words: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()
    max_tokens: int = LONG
    in_classes: "Callable[[Sequence[int], Sequence[str]], Task] | None" = None
    exact: bool = False
    named: Callable[[Example, str], Sequence[tuple[str, str]]] | None = None
    fitted: "Callable[[Sequence[str]], Task] | None" = None
    joined: Callable[[Sequence[Outcome]], Outcome] = surest
    kinds: Callable[[Sequence[Example], Sample], Mapping[str, Sample]] = by_kind
    program: "Callable[[Task], Mapping[str, Any]]" = lambda task: {}
    null_threshold: float | None = None
    question: Callable[[int], int] | None = None

    def __post_init__(self) -> None:
        for name in self.metrics:
            core_metrics.of(name)

    @property
    def metric(self) -> str:
        """The leading one."""
        return self.metrics[0]

    def called(self, label: str) -> str:
        """A label, or the answer of a result, as people read it."""
        return self.words.get(label, label)

    def features(self, tokenizer: Any, examples: Sequence[Example]) -> list[Feature]:
        """The examples in the numbers of a tokenizer, cut at max_tokens."""
        return self.encode(tokenizer, examples, self.max_tokens)

    @property
    def names(self) -> tuple[str, ...]:
        """What its labels are called, in their order."""
        return tuple(map(self.called, self.labels))

    def commonest(self, examples: Sequence[Example]) -> tuple[str, float]:
        """The right answer that most of these examples have, and their share."""
        answer, count = collections.Counter(map(self.right, examples)).most_common(1)[0]
        return answer, count / len(examples)

    def constant(self, examples: Sequence[Example]) -> Sample:
        """The right answer that most of these examples have as the answer to all of them: what a model must beat."""
        return constant(tuple(map(self.right, examples)))

    def baseline(self, examples: Sequence[Example]) -> tuple[str, float]:
        """That answer, and what it comes to by the leading metric."""
        sample = self.constant(examples)
        return sample.answers[0], core_metrics.of(self.metric).figure(sample)


def constant(truths: Sequence[str]) -> Sample:
    """The commonest of these right answers as the answer to all of their examples."""
    answer, _ = collections.Counter(truths).most_common(1)[0]
    return Sample(tuple(float(truth == answer) for truth in truths), (answer,) * len(truths), tuple(truths))


def spread_over(items: Sequence[Item], most: int) -> tuple[Item, ...]:
    """At most so many of them, at equal distances."""
    count = min(len(items), most)
    return tuple(items[place * len(items) // count] for place in range(count))


def stamp(place: str) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of a file, or of the files of a folder: another one where they were written anew; () where
    there is nothing of that name."""
    path = visitors.place(place)
    try:
        if path is None or not path.exists():
            return ()
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        found = [(file.name, file.stat()) for file in files[:MANY] if file.is_file()]
    except OSError:  # a name that is none, or what may not be read: reading it says so
        return ()
    return tuple((name, about.st_mtime_ns, about.st_size) for name, about in found)


def always(origin: Origin) -> bool:
    """For a task whose examples are shipped."""
    return True


@dataclass(frozen=True)
class TaskEntry:
    """A task that is chosen by its name.

    read: where its examples come from -> the task with them. Raises DataError. bare: the same without any example, for
    pictures of what was recorded. is_here: can they be read without asking the hub? data: the hash of its official
    examples, under which recorded results are found where the examples are not at hand; "" where there are none.
    official: is it one of many that others publish, offered only where its examples are here? model: what is shipped
    for it. part_of: the task of which it has some validation examples, and all that are trained on.
    """

    name: str
    read: Callable[[Origin], Task]
    bare: Callable[[], Task]
    is_here: Callable[[Origin], bool] = always
    data: str = ""
    official: bool = False
    model: str = "demo"
    part_of: str = ""


def content_hash(parts: Sequence[Sequence[Example]]) -> str:
    """16 hex digits that stand for the examples, in order."""
    total = hashlib.sha256()
    for part in parts:
        rows = [[e.text, e.label, e.kind, *e.texts[1:]] for e in part]
        total.update(json.dumps(rows, ensure_ascii=False).encode())
    return total.hexdigest()[:16]
