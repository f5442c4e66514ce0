"""What is this, and what can I do in two minutes? A card for each page, and the model and task in plain words."""

import streamlit as st

from core.labels import listed
from core.metrics import ACCURACY
from core.models.head import MULTI_LABEL, SPAN, TOKEN
from core.tasks import load_task
from core.tasks.classification import SENTIMENT
from pages.components.frame import sidebar
from pages.components.results import tree
from pages.components.widgets import empty, session, tiles
from pages.components.widgets.answers import cell, heading, shown
from pages.components.widgets.text import kind_of, leading, metric_title, say, say_or, shown_score

with st.container(key="beside"):
    words, picture = st.columns([5, 6], gap="medium", vertical_alignment="center")
with words:
    st.title("BERT Bonsai")
    st.markdown(say("start.lead"))

LAST = (("tryit", "tree", "card"), ("lab", "report"))
for row in (("slide", "heads", "matrices"), ("quantize", "distil", "tradeoffs", "compare"), *LAST):
    for column, name in zip(st.columns(len(row)), row, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(say(f"start.{name}_title"))
            st.markdown(say(f"start.{name}_text"))
            st.page_link(f"pages/{name}.py", label=say(f"start.{name}_go"), icon=":material/arrow_forward:")

choice = sidebar.chosen()
with picture:
    tree.greet(choice)
result = session.store().read(choice.dense.key)
st.subheader(say("start.present"))
if result is not None:
    size, interval = result.size, result.quality.interval
    low, high = f"{100 * interval.low:.1f}", f"{100 * interval.high:.1f}"
    value, metric = shown_score(interval.value), leading()
    model = say(
        "start.model",
        model=choice.dense.model,
        params=f"{size.params / 1e6:.1f}",
        prunable=f"{size.prunable / 1e6:.1f}",
        mb=f"{size.bytes / 1e6:.0f}",
    )
    if metric == ACCURACY:
        answers = say("start.right", accuracy=value, low=low, high=high, n=interval.n)
    else:
        title = metric_title(metric)
        answers = say("start.scored", metric=title, accuracy=value, low=low, high=high, n=interval.n)
    st.markdown(f"{model} {answers}")
else:
    empty.show("unmeasured", say("start.unmeasured", model=choice.dense.model), empty.slide())
if not choice.runnable:
    empty.show("sentences", say("start.recorded"), empty.on_reviews())
else:
    task = load_task(choice.origin)
    title = say_or(f"frame.task_{task.name}", task.name)
    counts = {"train": f"{len(task.train):,}", "validation": f"{len(task.validation):,}"}
    if task.head is TOKEN:
        types = ", ".join(kind_of(one[2:]) for one in task.labels if one.startswith("B-"))
        st.markdown(say("start.task_entities", name=title, labels=types, **counts))
    elif task.words == SENTIMENT:
        st.markdown(say("start.task", name=title, **counts))
    elif task.head is SPAN:
        st.markdown(say("start.task_questions", name=title, **counts))
    elif not task.labels:
        st.markdown(say("start.task_numbers", name=title, **counts))
    elif task.head is MULTI_LABEL:
        st.markdown(say("start.task_several", name=title, labels=listed(task.names), **counts))
    else:
        st.markdown(say("start.task_own", name=title, labels=listed(task.names), **counts))
    rows = [
        {
            heading(task): shown(example),
            say("measured.right"): cell(task, example, task.right(example)),
            say("measured.kind"): kind_of(example.kind),
        }
        for example in task.validation[:6]
    ]
    tiles.table(rows, say("start.examples_alt"))
    session.jobs().warm_up(choice.dense.model, choice.origin)
