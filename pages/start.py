"""What is this, and what can I do in two minutes? A card for each page, and the model and task in plain words."""

import streamlit as st

from core.tasks import TASKS, load_task
from pages.components.frame import sidebar
from pages.components.widgets import empty, session, tiles
from pages.components.widgets.text import called, kind_of, say

st.title("BERT Bonsai")
st.markdown(say("start.lead"))

for row in (("slide", "heads", "matrices"), ("quantize", "distil", "tradeoffs"), ("compare", "lab", "report")):
    for column, name in zip(st.columns(len(row)), row, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(say(f"start.{name}_title"))
            st.markdown(say(f"start.{name}_text"))
            st.page_link(f"pages/{name}.py", label=say(f"start.{name}_go"), icon=":material/arrow_forward:")

choice = sidebar.chosen()
result = session.store().read(choice.dense.key)
st.subheader(say("start.present"))
if result is not None:
    size, interval = result.size, result.quality.interval
    st.markdown(
        say(
            "start.model",
            model=choice.dense.model,
            params=f"{size.params / 1e6:.1f}",
            prunable=f"{size.prunable / 1e6:.1f}",
            mb=f"{size.bytes / 1e6:.0f}",
            accuracy=f"{100 * interval.value:.1f}",
            low=f"{100 * interval.low:.1f}",
            high=f"{100 * interval.high:.1f}",
            n=interval.n,
        )
    )
else:
    empty.show("unmeasured", say("start.unmeasured", model=choice.dense.model), empty.slide())
if not choice.runnable:
    empty.show("sentences", say("start.recorded"), empty.on_reviews())
else:
    task = load_task(choice.origin)
    counts = {"train": f"{len(task.train):,}", "validation": f"{len(task.validation):,}"}
    if choice.origin.task in TASKS:
        st.markdown(say("start.task", name=task.name, **counts))
    else:
        st.markdown(say("start.task_own", name=task.name, labels=", ".join(task.labels), **counts))
    rows = [
        {
            say("measured.sentence"): example.text,
            say("measured.right"): called(task, task.right(example)),
            say("measured.kind"): kind_of(example.kind),
        }
        for example in task.validation[:6]
    ]
    tiles.table(rows, say("start.examples_alt"))
    session.jobs().warm_up(choice.dense.model, choice.origin)
