"""The chosen model and task in plain words: what the model is and how good, and what the task's examples look like."""

from core.labels import listed
from core.metrics import ACCURACY
from core.models.head import MULTI_LABEL, SPAN, TOKEN
from core.result import Result
from core.tasks.classification import SENTIMENT
from core.tasks.task import Task
from pages.components.widgets import tiles
from pages.components.widgets.answers import cell, heading, shown
from pages.components.widgets.text import kind_of, leading, literal, metric_title, say, say_or, shown_score

EXAMPLES = 6


def model(name: str, result: Result) -> str:
    """How large it is, and how good."""
    size, interval = result.size, result.quality.interval
    what = say(
        "start.model",
        model=literal(name),
        params=f"{size.params / 1e6:.1f}",
        prunable=f"{size.prunable / 1e6:.1f}",
        mb=f"{size.bytes / 1e6:.0f}",
    )
    low, high = f"{100 * interval.low:.1f}", f"{100 * interval.high:.1f}"
    value, metric = shown_score(interval.value), leading()
    if metric == ACCURACY:
        return f"{what} {say('start.right', accuracy=value, low=low, high=high, n=interval.n)}"
    title = metric_title(metric)
    return f"{what} {say('start.scored', metric=title, accuracy=value, low=low, high=high, n=interval.n)}"


def task(task: Task) -> str:
    """What is asked, and how many examples there are."""
    name = literal(say_or(f"frame.task_{task.name}", task.name))
    counts = {"train": f"{len(task.train):,}", "validation": f"{len(task.validation):,}"}
    if task.head is TOKEN:
        types = ", ".join(kind_of(one[2:]) for one in task.labels if one.startswith("B-"))
        return say("start.task_entities", name=name, labels=literal(types), **counts)
    if task.words == SENTIMENT:
        return say("start.task", name=name, **counts)
    if task.head is SPAN:
        return say("start.task_questions", name=name, **counts)
    if not task.labels:
        return say("start.task_numbers", name=name, **counts)
    if task.head is MULTI_LABEL:
        return say("start.task_several", name=name, labels=literal(listed(task.names)), **counts)
    return say("start.task_own", name=name, labels=literal(listed(task.names)), **counts)


def examples(task: Task) -> None:
    """The first of its validation examples as a table."""
    rows = [
        {
            heading(task): shown(example),
            say("measured.right"): cell(task, example, task.right(example)),
            say("measured.kind"): kind_of(example.kind),
        }
        for example in task.validation[:EXAMPLES]
    ]
    tiles.table(rows, say("start.examples_alt"))
