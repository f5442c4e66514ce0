"""Does it still understand my sentence? A text of one's own, answered by dense and compressed as it is typed."""

import streamlit as st

from core.engine.recipes import curve_spec, maximum
from core.tasks import load_task
from pages.components.canvas import payloads
from pages.components.frame import sidebar
from pages.components.tryit import looks, replies, texts
from pages.components.widgets import empty, method_picker, slider
from pages.components.widgets.text import say, say_or

choice = sidebar.chosen()
st.subheader(say("tryit.title"))
if not choice.runnable:
    empty.show("tryit", say("tryit.empty"), *empty.elsewhere(choice.dense, choice.runnable))
    st.stop()
task = load_task(choice.origin)
slider.start("tryit")
method, layers = method_picker.choose()
amount = slider.slider(payloads.slider_label(method), maximum(method))
asked = texts.ask(task)
title = say("tryit.compressed", method=say_or(f"method.{method}", method), amount=amount)
spec = curve_spec(choice.dense, method, amount / 100, layers)
replies.side_by_side(choice, task, replies.dense_and(choice, title, spec), asked)
replies.turns(choice, asked)
looks.show(choice, spec, title, asked)
texts.examples(choice, task, method)
