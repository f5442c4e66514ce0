"""A student's report concluded that zeros make a model faster. The same experiment, measured properly."""

import streamlit as st

from core.engine.run import recorded_spec
from core.jobs import report
from core.result import compare
from core.summary import scored
from pages.components.frame import sidebar
from pages.components.widgets import empty, links, session, tiles
from pages.components.widgets.text import say

sidebar.required()
official = recorded_spec("demo", "sst2")  # whichever model and task are chosen: the report is about this one
rows = report.recorded_report(session.store(), official) if official else []
st.subheader(say("report.title"))
st.markdown(say("report.lead"))
if links.value("task") not in (None, "sst2"):
    st.caption(say("report.task"))
if not rows:
    empty.show("report", say("report.empty"), empty.slide())
    st.code("python -m core experiment report --data FOLDER", language="bash")
    st.stop()

table = []
for row in rows:
    quality, size = row.result.quality, row.result.size
    speed = next((s for s in row.result.speeds if s.seq is None), None)
    versus = compare(quality, row.dense.quality)
    table.append(
        {
            say("report.setting"): say(f"report.row_{row.name}"),
            say("table.loss"): f"{quality.loss:.3f}",
            say("table.accuracy"): scored(quality),
            say("report.delta"): tiles.shown_change(versus) if row.result.spec.steps else "",
            say("report.samples"): f"{speed.samples_per_second:.1f}" if speed else "",
            say("report.steps"): f"{speed.steps_per_second:.2f}" if speed else "",
            say("report.ratio"): "{:.2f}x [{:.2f}, {:.2f}]".format(speed.speedup, *speed.interval) if speed else "",
            "MB": f"{size.bytes / 1e6:.1f}",
            say("table.zip"): f"{size.zip_bytes / 1e6:.1f}",
        }
    )
tiles.table(table, say("report.alt"))
st.caption(tiles.badge(rows[0].result.quality) + " · " + say("report.protocol"))
st.caption(say("report.rows"))
st.caption(say("report.zip_note"))
st.markdown(say("report.concluded"))
figures = report.findings(rows)
if figures:
    figures["verdict"] = tiles.verdict(figures["verdict"])
    st.markdown(say("report.measured", **figures))
with st.expander(say("report.repeat")):
    st.code("python -m core experiment report --base FOLDER_OF_THE_BASE_MODEL --data FOLDER_OF_SST2", language="bash")
