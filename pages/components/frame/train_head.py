"""A base model has no head yet: offer to fine-tune it here, as a job with progress, ETA and Cancel."""

from pathlib import Path

import streamlit as st

from core.engine import card
from core.jobs.worker import trained_folder
from core.spec import Spec
from core.tasks.task import Origin
from pages.components.widgets import empty, progress
from pages.components.widgets.session import jobs
from pages.components.widgets.text import say, told


def fine_tune(spec: Spec, origin: Origin, why: str = "", ready: str = "") -> None:
    """Say what is missing, start or watch the training, and choose its result when it is there; why: instead.

    ready: a model that knows the task, to choose in place of this one; "" where none is shipped.
    """
    folder, key = trained_folder(spec), f"train-{spec.key}"
    status = jobs().status(key)
    sentence = why or say("offer.no_head", model=spec.model)
    if folder.is_dir():
        empty.show("offer", sentence, empty.Way(say("offer.use"), lambda: _use(folder)))
    elif status is not None and status.active:
        st.markdown(sentence)
        st.fragment(progress.watch, run_every=1.0)(key, "training")
    else:
        if status is not None and status.error:
            st.error(told(status.error))
        start = empty.Way(say("offer.start", task=spec.task), lambda: jobs().train(spec, origin))
        use = [empty.Way(say("offer.ready", model=ready), lambda: empty.choose(origin.task, ready))] if ready else []
        empty.show("offer", sentence, *use, start)
    st.code(f"{card.command(spec, origin)} --save FOLDER", "bash")


def _use(folder: Path) -> None:
    st.session_state["model"] = str(folder)
