"""The frame of every page: language, model, task and machine in the sidebar, and what was chosen there."""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core import paths
from core.engine.run import make_spec, recorded_spec
from core.environment import here
from core.errors import DataError, ModelError, Words
from core.models.find import resolve
from core.spec import Spec, Step
from core.tasks import TASKS, load_task
from core.tasks.task import Origin
from core.techniques import finetune
from pages.components.frame import train_head
from pages.components.widgets import links
from pages.components.widgets.session import store
from pages.components.widgets.text import LANGUAGES, say, say_or, told

OWN = "own"
RETRY_S = 60.0


@dataclass(frozen=True)
class Chosen:
    """The dense Spec of the chosen model and task; runnable: the examples are here, so new points can be measured."""

    dense: Spec
    origin: Origin
    runnable: bool


def navigation() -> StreamlitPage:
    """The pages, on top; returns the one that the address names."""
    pages = [
        st.Page("pages/start.py", title=say("nav.start"), default=True),
        st.Page("pages/slide.py", title=say("nav.slide"), url_path="slide"),
        st.Page("pages/heads.py", title=say("nav.heads"), url_path="heads"),
        st.Page("pages/matrices.py", title=say("nav.matrices"), url_path="matrices"),
        st.Page("pages/quantize.py", title=say("nav.quantize"), url_path="quantize"),
        st.Page("pages/distil.py", title=say("nav.distil"), url_path="distil"),
        st.Page("pages/tradeoffs.py", title=say("nav.tradeoffs"), url_path="tradeoffs"),
        st.Page("pages/compare.py", title=say("nav.compare"), url_path="compare"),
        st.Page("pages/lab.py", title=say("nav.lab"), url_path="lab"),
        st.Page("pages/report.py", title=say("nav.report"), url_path="report"),
    ]
    return st.navigation(pages, position="top")


def tighten() -> None:
    """Less empty space above the page, so that its heart fits 720 pixels; on Streamlit's stable test ids only."""
    st.html(
        "<style>[data-testid=stMainBlockContainer]{padding-top:4.2rem;padding-bottom:3rem;padding-inline:2rem;max-width:76rem}"
        "[data-testid=stSidebarHeader]{height:2.5rem}</style>"
    )


def language() -> None:
    """The language choice, on top of the sidebar."""
    links.choose(
        "lang",
        list(LANGUAGES),
        "Language / Idioma",
        LANGUAGES.__getitem__,
        place=st.sidebar,
        label_visibility="collapsed",
    )


def sidebar() -> None:
    """Model, task and machine; puts a Chosen, or None with the reason shown, into the session."""
    with st.sidebar:
        model = st.selectbox(
            say("frame.model"),
            ["demo", "bert-base-uncased"],
            accept_new_options=True,
            help=say("frame.model_help"),
            key="model",
            bind="query-params",
        )
        tasks = [*TASKS, OWN]
        links.before("task", tasks)
        st.selectbox(
            say("frame.task"),
            tasks,
            format_func=lambda name: say_or(f"frame.task_{name}", name),
            key="task",
            persist_state="session",
        )
        origin = _origin(links.after("task", tasks))
        st.session_state["chosen"] = _resolve(model or "demo", origin) if origin else None
        st.divider()
        environment = here()
        st.caption(f"**{say('frame.machine')}**  \n{environment.machine}  \ntorch {environment.torch}")


def chosen() -> Chosen:
    """What the sidebar holds; a page without a usable choice ends here, with the reason in the sidebar."""
    if "chosen" not in st.session_state:
        _leave_page_mode()
    choice = st.session_state["chosen"]
    if choice is None:
        st.info(say("frame.choose_first"))
        st.stop()
    assert isinstance(choice, Chosen)
    return choice


def _leave_page_mode() -> None:
    """Run app.py instead of a page alone.

    Streamlit takes a pages/ folder for its older kind of app until st.navigation has been called once, so the first
    link into a fresh server would run the page's file without its frame.
    """
    navigation()
    st.rerun()


def _origin(task: str) -> Origin | None:
    if task == "sst2" and not os.environ.get("BONSAI_DATA"):
        folder = st.text_input(say("frame.data"), key="data", help=say("frame.data_help"))
        return Origin("sst2", str(Path(folder).expanduser().resolve()) if folder else "")
    if task != OWN:
        return Origin(task)
    upload = st.file_uploader(say("frame.upload"), type=["csv", "tsv", "jsonl"], key="upload")
    if upload is None:
        return None
    return Origin(str(_keep(upload.name, upload.getvalue())))


def _keep(name: str, content: bytes) -> Path:
    """Write an uploaded table under its content's name, so that a worker can read it; never under the user's."""
    folder = paths.CACHE / "uploads" / hashlib.sha256(content).hexdigest()[:16]
    path = folder / f"own{Path(name).suffix.lower()}"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path


def _resolve(model: str, origin: Origin) -> Chosen | None:
    asked, when, why = st.session_state.get("unreachable", (None, 0.0, None))
    if asked == origin and time.monotonic() - when < RETRY_S:
        return _recorded_only(model, origin, why)
    try:
        spec = make_spec(model, origin)
        task = load_task(origin)
    except ModelError as error:
        st.error(told(error))
        return None
    except DataError as error:
        # the hub is not asked again on every rerun
        st.session_state["unreachable"] = (origin, time.monotonic(), error.words)
        return _recorded_only(model, origin, error.words)
    if task.problems:
        with st.expander(say("frame.problems", count=len(task.problems))):
            st.text("\n".join(map(told, task.problems[:200])))
    if resolve(model).head != task.head.name:
        train_head.fine_tune(make_spec(model, origin, [Step("finetune", finetune.Config())]), origin)
        return None
    return Chosen(spec, origin, True)


def _recorded_only(model: str, origin: Origin, why: Words) -> Chosen | None:
    """Without its examples a task can still be looked at where results of it were recorded."""
    spec = recorded_spec(model, origin.task)
    if spec is None or store().read(spec.key) is None:
        st.error(told(why))
        return None
    st.info(say("frame.recorded_only"))
    return Chosen(spec, origin, False)
