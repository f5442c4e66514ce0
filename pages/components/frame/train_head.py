"""A base model has no head yet: offer to fine-tune it here, as a job with progress, ETA and Cancel."""

from pathlib import Path

import streamlit as st

from core.engine import card
from core.jobs import worker
from core.jobs.status import Status
from core.jobs.worker import trained_folder
from core.spec import Spec
from core.summary import hundredfold
from core.tasks import load_task
from core.tasks.task import Origin
from pages.components.widgets import empty, progress
from pages.components.widgets.session import jobs, staying
from pages.components.widgets.text import literal, metric_title, say

MOST = 6  # fine-tuned models that are offered


def fine_tune(
    spec: Spec, origin: Origin, why: str = "", ready: empty.Way | None = None, back: empty.Way | None = None
) -> None:
    """Say what is missing, start or watch the training, and choose its result when it is there.

    why: what is said instead. ready: a way to a model that knows the task. back: to the head that the model has.
    """
    folder, key = trained_folder(spec), f"train-{spec.key}"
    status = jobs().status(key)
    sentence = why or say("offer.no_head", model=literal(called(spec.model)))
    if folder.is_dir():
        empty.show(
            "offer",
            _result(spec, origin, status) or sentence,
            empty.Way(say("offer.use"), lambda: _use(folder)),
            *filter(None, (back,)),
        )
    elif status is not None and status.active:
        st.markdown(sentence)
        st.fragment(progress.watch, run_every=1.0)(key, "training")
    else:
        if status is not None and status.error:
            st.error(literal(status.error))
        start = empty.Way(say("offer.start", task=literal(spec.task)), lambda: jobs().train(spec, origin, staying()))
        empty.show("offer", sentence, *filter(None, (ready, start, back)))
    st.code(f"{card.command(spec, origin)} --save FOLDER", "bash")


def _result(spec: Spec, origin: Origin, status: Status | None) -> str:
    """What came of a training of this server, beside one answer to everything; "" where it is not known."""
    scores = [score for _, _, score in (status.curve if status else ()) if score is not None]
    if not scores:
        return ""
    task = load_task(origin)
    _, usual = task.baseline(task.validation)
    return say(
        "offer.trained",
        metric=metric_title(task.metric),
        value=hundredfold(scores[-1], task.metric),
        usual=hundredfold(usual, task.metric),
        n=len(task.validation),
    )


def use(model: str, origin: Origin) -> empty.Way:
    """To a model that knows the task, in place of the chosen one."""
    return empty.Way(say("offer.ready", model=literal(model)), lambda: empty.choose(origin.task, model))


def trained() -> list[str]:
    """The models that were fine-tuned from a page, the newest first."""
    return [str(folder) for folder in worker.trained()[:MOST]]


def called(model: str) -> str:
    """A model as people know it: of one that was fine-tuned from a page, the name of its folder."""
    return Path(model).name if Path(model).parent == worker.shelf() else model


def _use(folder: Path) -> None:
    st.session_state["model"] = str(folder)
