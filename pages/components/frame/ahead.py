"""What draws the charts is loaded before the first chart is asked for: it is 4.7 MB of script, and takes a second."""

from functools import cache
from pathlib import Path

import streamlit as st

WAIT_MS = 1500  # for the page itself, which goes first
# Streamlit loads it with a page's first chart; a module that was imported already is not loaded again
SCRIPT = """
<script>
(() => {
  const entry = document.querySelector('script[type=module][src*="/static/js/"]');
  const idle = window.requestIdleCallback ?? setTimeout;
  if (entry) setTimeout(() => idle(() => import(new URL("CHUNK", entry.src).href).catch(() => 0)), WAIT);
})();
</script>
"""


def charts() -> None:
    """Ask the browser to load it in a moment when it has nothing else to do."""
    if name := _chunk():
        st.html(SCRIPT.replace("CHUNK", name).replace("WAIT", str(WAIT_MS)), unsafe_allow_javascript=True)


@cache
def _chunk() -> str:
    """The file of Streamlit's own that draws Plotly's figures; "" where a version has another name for it."""
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    found = sorted(path.name for path in folder.glob("PlotlyChart.*.js"))
    return found[0] if len(found) == 1 else ""
