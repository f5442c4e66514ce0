"""How did we get here? Every stored result as a leaf of the tree that grows from dense."""

import pandas as pd
import streamlit as st

from pages.components.frame import sidebar
from pages.components.results import detail, points, tree
from pages.components.widgets import charts, empty
from pages.components.widgets.text import say

choice = sidebar.chosen()
found = points.timed(points.of(choice))
st.subheader(say("tree.title"))
if not tree.grows(found, choice):
    empty.show("tree", say("tree.empty"), empty.slide(), empty.on_sst2())
    st.stop()
chosen = points.chosen(found)
if chosen is None:
    tree.show(choice, found)
else:
    with st.container(key="beside"):
        left, right = st.columns([7, 5], gap="medium")
    with left:
        tree.show(choice, found, chosen.result.key)
    with right:
        detail.show(chosen, None, choice, points.dense_ms(found))
with st.expander(say("tree.as_table")):
    table = pd.DataFrame(points.rows(found))
    charts.table(table, say("tree.label"), "tree")
