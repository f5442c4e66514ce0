"""What a recipe is outside the pages: the lines of a shell and of Python that do the same."""

import streamlit as st

from core.engine.card import command, python
from core.spec import Spec
from core.tasks.task import Origin
from pages.components.widgets.text import say


def show(spec: Spec, origin: Origin) -> None:
    """Both, to be copied."""
    shell, script = st.tabs([say("lab.command"), say("lab.python")])
    shell.code(command(spec, origin), language="bash", wrap_lines=True)
    script.code(python(spec, origin), language="python", wrap_lines=True)
