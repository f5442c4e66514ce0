"""A base model has no head yet: offer to fine-tune it here, as a job with progress, ETA and Cancel."""

from pathlib import Path

import streamlit as st

from core.jobs.worker import trained_folder
from core.spec import Spec
from core.tasks.task import Origin
from pages.components.widgets import progress
from pages.components.widgets.session import jobs
from pages.components.widgets.text import say


def fine_tune(spec: Spec, origin: Origin) -> None:
    """Say what is missing, start or watch the training, and choose its result when it is there."""
    st.error(say("offer.no_head", model=spec.model))
    folder = trained_folder(spec)
    status = jobs().status(f"train-{spec.key}")
    if folder.is_dir():
        st.button(say("offer.use"), on_click=_use, args=[folder], type="primary", width="stretch")
    elif status is not None and status.active:
        st.fragment(progress.watch, run_every=1.0)(status.key, "training")
    else:
        if status is not None and status.error:
            st.error(status.error)
        if st.button(say("offer.start", task=spec.task), type="primary", width="stretch"):
            jobs().train(spec, origin)
            st.rerun()
    st.code(
        f"python -m core run --model {spec.model} --task {spec.task} --step finetune:epochs=3 --save FOLDER", "bash"
    )


def _use(folder: Path) -> None:
    st.session_state["model"] = str(folder)
