"""Which one should I take? Every stored result of a model and task as a Pareto scatter and a table."""

import pandas as pd
import streamlit as st

from core.choice import AXES, MS
from pages.components.frame import sidebar
from pages.components.lab import jobs
from pages.components.results import brush, budget, detail, finding, floor, points, reference, study, waterfall
from pages.components.widgets import charts, empty, links, session, spreadsheet
from pages.components.widgets.text import literal, say

choice = sidebar.chosen()
found = points.of(choice)
st.subheader(say("tradeoffs.title"))
jobs.arriving()
if aside := session.store().set_aside():
    st.warning(say("tradeoffs.set_aside", count=len(aside), names=literal(", ".join(aside[:5]))))
if not found:
    empty.show("tradeoffs", say("tradeoffs.empty"), empty.slide(), empty.on_sst2())
    st.stop()

axis = links.choose("axis", AXES, say("tradeoffs.axis"), lambda name: say(f"axis.{name}"))
left, right = st.container(key="beside").columns([7, 5], gap="medium")
with left:
    dense = session.store().read(choice.dense.key)
    wanted = budget.ask(dense)
    canvas = st.container()
    bag = floor.of(choice)
    floor.show(bag, found)
    machine = points.machine(found, axis == MS or bool(wanted.limits) and wanted.asks_for_time, wanted)
    placed = points.on_axis(found, axis, machine)
    if not placed:
        way = empty.Way(say("axis.zip_mb"), lambda: points.choose_axis("zip_mb"))
        empty.show("axis", say("tradeoffs.no_times"), way)
        st.stop()
    chosen = points.chosen([*placed, *found])  # whoever cannot stand on this axis has figures all the same
    answered = budget.answered(found, wanted, machine)
    picked = points.picked([*placed, *found], answered)
    shown = brush.narrowed(placed)
    others = reference.dots(choice, placed, axis)
    chart = points.figure(shown, axis, picked, chosen, floor.line(bag), budget.lines(wanted, axis), others)
    charts.show(
        chart,
        place=canvas,
        key="pareto",
        on_select=points.clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=say("tradeoffs.alt"),
    )
with right:
    budget.show(answered, wanted, found, machine)
    finding.offer(choice, wanted)
    detail.show(chosen, picked, choice, points.dense_ms(placed))
if len(placed) < len(found):
    st.caption(say("tradeoffs.elsewhere", count=len(found) - len(placed)))
table = pd.DataFrame(points.rows(shown))
charts.table(table, say("tradeoffs.alt"))
if machine:
    st.caption(say("tradeoffs.ms_note"))
with st.container(horizontal=True):
    st.download_button(say("table.csv"), spreadsheet.csv(table), f"bonsai-{choice.dense.task}.csv", "text/csv")
    study.take(choice, points.timed(found, machine), chart, dense or found[0].result)
reference.table(choice)
waterfall.show(choice)
