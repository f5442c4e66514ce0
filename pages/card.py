"""What is this model? A stored result as a model card: what is left, how good and how fast it is, and where from."""

import streamlit as st

from pages.components.frame import sidebar
from pages.components.results import card, points
from pages.components.widgets import empty
from pages.components.widgets.session import store
from pages.components.widgets.text import say

choice = sidebar.chosen()
dense = store().read(choice.dense.key)
found = [point for point in points.of(choice) if point.result.spec.steps]
st.subheader(say("card.title"))
if dense is None or not found:
    empty.show("card", say("card.empty"), empty.slide(), empty.on_sst2())
    st.stop()
point = card.pick(found)
card.show(point, dense, choice)
