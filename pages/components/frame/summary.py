"""What was understood of model and data, in the sidebar: what is scored, on what, and where a guess may be wrong."""

import streamlit as st

from core.engine.understood import doubt, notes
from core.labels import listed
from core.models import find
from core.spec import Spec
from core.tasks import TASKS, load_task
from core.tasks.task import Origin
from pages.components.widgets.text import literal, metric_title, say, say_or, sentence, told

MOST = 200  # sentences about rows


def show(spec: Spec, origin: Origin) -> None:
    """For a table or a model of one's own; the demo on its own tasks needs no explanation. Raises ModelError."""
    task, found = load_task(origin), notes(spec, origin)
    unclear = doubt(spec, origin)  # stands above the page
    for note in found[len(task.problems) :]:
        if note != unclear:
            (st.info if note in task.notes else st.warning)(literal(sentence(note)))
    if task.name in TASKS and spec.model == "demo":
        return
    source = find.resolve(spec.model)
    with st.expander(say("understood.title")):
        lines = [(say("understood.head"), say_or(f"head.{task.head.name}", task.head.title))]
        if task.labels and not spec.new_head and source.head == task.head.name:
            lines.append((say("understood.classes"), listed(find.class_names(source))))
        if task.labels:
            lines.append((say("understood.labels"), listed(task.names)))
        lines += [
            (say("understood.rows"), say("understood.parts", train=len(task.train), validation=len(task.validation))),
            (say("understood.skipped"), str(len(task.problems))),
            (say("understood.tokens"), str(spec.max_tokens)),
            (say("understood.metric"), ", ".join(map(metric_title, task.metrics))),
        ]
        st.markdown("  \n".join(f"{name}: **{literal(value)}**" for name, value in lines))
        if task.problems:
            st.text("\n".join(map(told, task.problems[:MOST])))
