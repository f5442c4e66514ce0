"""An answer as people read it: a label by its name, and of entities each span in the colour of its type, and named."""

from core.answers import APART
from core.models.head import REGRESSION, SPAN
from core.tasks.questions import Question
from core.tasks.task import Example, Task
from pages.components.widgets.text import Marked, called, kind_of, literal, say

AROUND = 80  # letters of a passage before and after an answer
COLOURS = ("blue", "orange", "violet", "green", "red", "gray")  # Streamlit's; the name beside says the same


def shown(example: Example) -> str:
    """An example as a table shows it: of a question its passage about the right answer only."""
    if not isinstance(example, Question):
        return " / ".join(example.texts)
    passage, (place, text) = example.second, example.label[0] if example.label else (0, "")
    begin, end = max(0, place - AROUND), min(len(passage), place + len(text) + AROUND)
    begin = passage.rfind(" ", 0, begin) + 1 if begin else 0
    end = passage.find(" ", end) if passage.find(" ", end) >= 0 else len(passage)
    return f"{example.text} / {'… ' if begin else ''}{passage[begin:end]}{' …' if end < len(passage) else ''}"


def heading(task: Task) -> str:
    """What a column of its examples is called."""
    return say("measured.question") if task.head is SPAN else say("measured.sentence")


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
