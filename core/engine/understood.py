"""What was made of a model and a table before anything is computed: said beside every figure that follows from it."""

import numpy as np

from core.counting import numbers
from core.engine.prepare import classes_of
from core.errors import Words
from core.labels import SHOWN, unnamed
from core.metrics import of
from core.models import find
from core.models.head import SEQUENCE
from core.result import Quality
from core.spec import Spec
from core.summary import hundredfold
from core.tasks import load_task
from core.tasks.regression import BY_NUMBERS
from core.tasks.task import Origin, Task, constant

SKEWED = 2 / 3  # share of the commonest class from which an accuracy is shown beside it


def notes(spec: Spec, origin: Origin) -> tuple[Words, ...]:
    """Sentences that a reader needs to take the figures for what they are; rows that were skipped come first.

    No weight is read for it. Raises ModelError, DataError.
    """
    task = load_task(origin)
    found = [*task.problems, *task.notes]
    if len(task.problems) > 1:
        total = len(task.problems) + len(task.train) + len(task.validation)
        found.insert(0, Words("{count} of {total} rows cannot be used", count=len(task.problems), total=total))
    if not task.labels or not task.validation:
        return tuple(found)
    unclear = doubt(spec, origin)
    answer, share = task.commonest(task.validation)
    if unclear is not None:
        found.append(unclear)
    elif share >= SKEWED and task.head is SEQUENCE:
        name = task.called(answer)
        found.append(
            Words("one answer to everything, '{name}', would be right in {share:.1f} %", name=name, share=100 * share)
        )
    return tuple(found)


def doubt(spec: Spec, origin: Origin) -> Words | None:
    """That the model's classes were only counted off, so that its figures may be those of exchanged ones; None where
    their names say which is which. Raises ModelError, DataError."""
    task, source = load_task(origin), find.resolve(spec.model)
    scored = not spec.new_head and source.head == task.head.name and task.in_classes is not None
    if not scored or origin.labels or not task.validation or not classes_of(source, task, "").foreign:
        return None
    answer, share = task.commonest(task.validation)
    name, names = task.called(answer) or "O", find.class_names(source)
    return _unnamed(task.names, share, name) if unnamed(names) else _foreign(task.names, names, name, share)


def unlearnt(quality: Quality, task: Task) -> Words | None:
    """That nothing shows a model to answer better than one answer to everything would; None where something does, or
    where these are not the answers to the task's examples."""
    if len(task.validation) != len(quality.scores):
        return None
    # of the truths as they are written there, in the order of a model's classes
    usual = constant(quality.truths) if quality.truths else task.constant(task.validation)
    if quality.metric in BY_NUMBERS.values() and (far := _far(quality)) is not None:
        return far
    delta, low, high, _ = of(quality.metric).difference(usual, quality.sample)
    if low > 0:
        return None
    return Words(
        "one answer to everything, '{name}', has {metric} {value}: this model is {points} points from it [{low}, "
        "{high}], so nothing shows that it knows the task; train longer, or compress less",
        name=task.called(usual.answers[0]) or "-",
        metric=Words(quality.metric),
        value=hundredfold(of(quality.metric).figure(usual), quality.metric),
        points=f"{100 * delta:+.1f}",
        low=f"{100 * low:+.1f}",
        high=f"{100 * high:+.1f}",
    )


def _far(quality: Quality) -> Words | None:
    """That numbers are no nearer to the true ones than their mean, however they rise and fall with them."""
    said, true = numbers(quality.answers), numbers(quality.truths)
    error, spread = float(np.sqrt(np.mean((said - true) ** 2))), float(true.std())
    if error < spread:
        return None
    return Words(
        "its numbers are typically {error:.3g} from the true ones, and the mean of these would be {spread:.3g}, so "
        "nothing shows that it knows the task; train longer, or compress less",
        error=error,
        spread=spread,
    )


def _unnamed(labels: tuple[str, ...], share: float, name: str) -> Words:
    return Words(
        "the model has no names for its classes; they are taken to be {pairs} (one answer to everything, '{name}', is "
        'right in {share:.1f} %); if that is wrong, say which is which with --labels "{first}=CLASS,..."',
        pairs=", ".join(f"{number} = {label}" for number, label in list(enumerate(labels))[:SHOWN]),
        share=100 * share,
        name=name,
        first=labels[0],
    )


def _foreign(labels: tuple[str, ...], names: tuple[str, ...], name: str, share: float) -> Words:
    return Words(
        "the labels of the table ({labels}) and the classes of the model ({names}) have nothing in common but their "
        "number; they are taken in this order, so the accuracy may be that of exchanged classes (one answer to "
        "everything, '{name}', is right in {share:.1f} %); say which is which with --labels \"{first}=CLASS,...\"",
        labels=", ".join(labels),
        names=", ".join(names),
        name=name,
        share=100 * share,
        first=labels[0],
    )
