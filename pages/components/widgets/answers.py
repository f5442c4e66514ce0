"""An answer as people read it: a label by its name, and of entities each span in the colour of its type, and named."""

from core.answers import APART
from core.models.head import REGRESSION, SPAN
from core.tasks.task import Example, Task
from pages.components.widgets.text import called, kind_of
from pages.components.widgets.tiles import Marked, literal

COLOURS = ("blue", "orange", "violet", "green", "red", "gray")  # Streamlit's; the name beside says the same


def cell(task: Task, example: Example, answer: str) -> str:
    """An answer to an example, for a table."""
    if task.head is SPAN:  # of several right answers all that are different
        return " / ".join(dict.fromkeys(answer.split(APART))) or "–"
    if task.head is REGRESSION and answer:
        return f"{float(answer):.4g}"
    if task.named is None:
        return called(task, answer)
    types = sorted({label.partition("-")[2] for label in task.labels} - {""})
    spans = [
        f":{colour}-background[{literal(words)} :{colour}[**{literal(kind_of(one))}**]]"
        for words, one in task.named(example, answer)
        for colour in (COLOURS[types.index(one) % len(COLOURS) if one in types else -1],)
    ]
    return Marked(" ".join(spans) or "–")
