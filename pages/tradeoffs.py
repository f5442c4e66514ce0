"""Which one should I take? Every stored result of a model and task as a Pareto scatter and a table."""

import pandas as pd
import streamlit as st

from pages.components.frame import sidebar
from pages.components.lab import jobs
from pages.components.results import points, waterfall
from pages.components.widgets import links, session
from pages.components.widgets.text import say

choice = sidebar.chosen()
found = points.of(choice)
st.subheader(say("tradeoffs.title"))
jobs.arriving()
if aside := session.store().set_aside():
    st.warning(say("tradeoffs.set_aside", count=len(aside), names=", ".join(aside[:5])))
if not found:
    st.info(say("tradeoffs.empty"))
    st.page_link("pages/slide.py", label=say("start.slide_go"), icon=":material/arrow_forward:")
    st.stop()

axis = links.choose("axis", points.AXES, say("tradeoffs.axis"), lambda name: say(f"axis.{name}"))
least_column, most_column = st.columns(2, vertical_alignment="bottom")
at_least = least_column.number_input(
    say("tradeoffs.at_least"), 0.0, 100.0, None, 0.5, key="at_least", bind="query-params", placeholder="90"
)
at_most = most_column.number_input(
    say("tradeoffs.at_most", axis=say(f"axis.{axis}")), 0.0, None, None, key="at_most", bind="query-params"
)
shown = points.on_axis(found, axis)
picked = points.picked(shown, at_least, at_most)
if len(shown) < len(found):
    st.caption(say("tradeoffs.elsewhere", count=len(found) - len(shown)))
if picked:
    st.success(say("tradeoffs.pick", words=picked.title))
elif at_least is not None or at_most is not None:
    st.warning(say("tradeoffs.no_pick"))

event = st.plotly_chart(
    points.figure(shown, axis, picked),
    key="pareto",
    on_select="rerun",
    selection_mode="points",
    config={"displayModeBar": False},
    alt=say("tradeoffs.alt"),
)
st.caption(say("tradeoffs.click"))
points.details(points.clicked(event, shown) or picked, choice)
table = pd.DataFrame(points.rows(shown, choice))
st.dataframe(table, hide_index=True, placeholder="", alt=say("tradeoffs.alt"))
st.download_button(say("tradeoffs.csv"), table.to_csv(index=False), f"bonsai-{choice.dense.task}.csv", "text/csv")
waterfall.show(choice)
