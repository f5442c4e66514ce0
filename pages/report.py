"""A student's report concluded that zeros make a model faster. The same experiment, measured properly."""

import streamlit as st

from core.jobs import report
from core.result import compare
from core.summary import percent
from pages.components.frame import sidebar
from pages.components.widgets import session, tiles
from pages.components.widgets.text import say

choice = sidebar.chosen()
rows = report.recorded_report(session.store(), choice.dense)
st.subheader(say("report.title"))
st.markdown(say("report.lead"))
if not rows:
    st.info(say("report.empty"))
    st.code("python -m core experiment report --data FOLDER", language="bash")
    st.stop()

table = []
for row in rows:
    quality, size = row.result.quality, row.result.size
    speed = next((s for s in row.result.speeds if s.seq is None), None)
    delta = compare(quality, row.dense.quality).delta
    table.append(
        {
            say("report.setting"): say(f"report.row_{row.name}"),
            say("table.loss"): f"{quality.loss:.3f}",
            say("table.accuracy"): percent(quality.interval),
            say("report.delta"): f"{100 * delta:+.1f}" if row.result.spec.steps else "",
            say("report.samples"): f"{speed.samples_per_second:.1f}" if speed else "",
            say("report.steps"): f"{speed.steps_per_second:.2f}" if speed else "",
            say("report.ratio"): "{:.2f}x [{:.2f}, {:.2f}]".format(speed.speedup, *speed.interval) if speed else "",
            "MB": f"{size.bytes / 1e6:.1f}",
            say("table.zip"): f"{size.zip_bytes / 1e6:.1f}",
        }
    )
st.dataframe(table, hide_index=True, alt=say("report.alt"))
st.caption(tiles.badge(rows[0].result.quality.environment.machine) + " · " + say("report.protocol"))
st.caption(say("report.zip_note"))
st.markdown(say("report.concluded"))
figures = report.findings(rows)
if figures:
    figures["verdict"] = tiles.verdict(figures["verdict"])
    st.markdown(say("report.measured", **figures))
with st.expander(say("report.repeat")):
    st.code("python -m core experiment report --base FOLDER_OF_THE_BASE_MODEL --data FOLDER_OF_SST2", language="bash")
