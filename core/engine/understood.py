"""What was made of a model and a table before anything is computed: said beside every figure that follows from it."""

from core.engine.prepare import classes_of
from core.errors import Words
from core.labels import SHOWN, unnamed
from core.models import find
from core.models.head import SEQUENCE
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Origin

SKEWED = 2 / 3  # share of the commonest class from which an accuracy is shown beside it


def notes(spec: Spec, origin: Origin) -> tuple[Words, ...]:
    """Sentences that a reader needs to take the figures for what they are; rows that were skipped come first.

    No weight is read for it. Raises ModelError, DataError.
    """
    task, source = load_task(origin), find.resolve(spec.model)
    found = [*task.problems, *task.notes]
    if len(task.problems) > 1:
        total = len(task.problems) + len(task.train) + len(task.validation)
        found.insert(0, Words("{count} of {total} rows cannot be used", count=len(task.problems), total=total))
    if not task.labels or not task.validation:
        return tuple(found)
    answer, share = task.commonest(task.validation)
    name, labels = task.called(answer) or "O", task.names
    scored = not spec.new_head and source.head == task.head.name and task.in_classes is not None
    if scored and not origin.labels and classes_of(source, task, "").foreign:
        names = find.class_names(source)
        known = _unnamed(labels, share, name) if unnamed(names) else _foreign(labels, names, name, share)
        found.append(known)
    elif share >= SKEWED and task.head is SEQUENCE:
        found.append(
            Words("one answer to everything, '{name}', would be right in {share:.1f} %", name=name, share=100 * share)
        )
    return tuple(found)


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
