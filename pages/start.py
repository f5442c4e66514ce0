"""What is this, and what can I do in two minutes? The tree, a card for each page, and model and task in plain words."""

import streamlit as st

from core.tasks import load_task
from pages.components.frame import present, sidebar
from pages.components.results import tree
from pages.components.widgets import empty, session
from pages.components.widgets.text import literal, say

with st.container(key="beside"):
    words, picture = st.columns([5, 6], gap="medium", vertical_alignment="center")
with words:
    st.title("BERT Bonsai")
    st.markdown(say("start.lead"))

LAST = (("tryit", "tree", "card"), ("lab", "phone", "lessons", "report"))
for row in (("slide", "heads", "matrices"), ("quantize", "distil", "tradeoffs", "compare"), *LAST):
    for column, name in zip(st.columns(len(row)), row, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.header(say(f"start.{name}_title"))
            st.markdown(say(f"start.{name}_text"))
            st.page_link(f"pages/{name}.py", label=say(f"start.{name}_go"), icon=":material/arrow_forward:")

choice = sidebar.chosen()
with picture:
    tree.greet(choice)
result = session.store().read(choice.dense.key)
st.header(say("start.present"))
if result is not None:
    st.markdown(present.model(choice.dense.model, result))
else:
    empty.show("unmeasured", say("start.unmeasured", model=literal(choice.dense.model)), empty.slide())
if choice.runnable:
    task = load_task(choice.origin)
    st.markdown(present.task(task))
    present.examples(task)
    session.jobs().warm_up(choice.dense.model, choice.origin)
else:
    empty.show("sentences", say("start.recorded"), empty.on_reviews())
