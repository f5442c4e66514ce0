"""A table of the user's own: uploaded, found after a reload, its columns named and its labels joined to classes."""

from pathlib import Path

import streamlit as st

from core.engine import uploads
from core.engine.prepare import classes_of
from core.errors import DataError, Words
from core.labels import SHOWN
from core.models import find
from core.tasks import load_task
from core.tasks.classification import BY_CLASSES
from core.tasks.custom import SUFFIXES
from core.tasks.own_questions import has_questions
from core.tasks.records import Records, read_records
from core.tasks.regression import BY_NUMBERS
from core.tasks.tagged import is_tagged
from core.tasks.task import Origin
from pages.components.widgets import links, presence
from pages.components.widgets.text import literal, metric_title, say

TABLE = "table"  # in the link: the content's hash, under which an upload is kept
ROWS = 3  # that are looked at
DETECTED = ""
FLAGS = "flags"
COLUMNS = ("text_column", "second_column", "label_column")


def origin() -> Origin | None:
    """The table with the columns that were chosen; None while there is none. Raises DataError."""
    path = _uploaded()
    if path is None:
        return None
    if is_tagged(path) or has_questions(path):  # whose columns are known
        return Origin(str(path), labels=_said())
    records = _read(str(path))
    with st.expander(say("table.columns")):
        _look(records)
        text, second, label = (_column(name, records.names) for name in COLUMNS)
        flags = _flags(records.names)
        metric = _metric()
    columns = f"{text},{second}" if text and second else text, ",".join(flags) or label
    return Origin(str(path), "", *columns, _said(), metric)


def join(model: str, origin: Origin) -> None:
    """Two columns, the table's labels and the model's classes, where their names do not say which is which."""
    source, task = find.resolve(model), load_task(origin)
    if task.in_classes is None or source.head != task.head.name:
        return
    names = find.class_names(source)
    try:
        unclear = classes_of(source, task, "").foreign
    except DataError:
        unclear = True
    if not unclear or not 2 <= len(task.labels) <= min(len(names), SHOWN):
        return
    with st.expander(say("table.join"), expanded=not origin.labels):
        st.caption(say("table.join_help"))
        for place, label in enumerate(task.labels):
            key = f"class-{place}-{label}"
            st.selectbox(
                literal(label), (DETECTED, *names), format_func=lambda name: name or say("table.in_order"), key=key
            )
        chosen = [st.session_state[f"class-{place}-{label}"] for place, label in enumerate(task.labels)]
        said = ",".join(f"{label}={name}" for label, name in zip(task.labels, chosen, strict=True))
        complete = all(chosen) and len(set(chosen)) == len(chosen)
        if complete and said != origin.labels:
            st.query_params["labels"] = said
            st.rerun()
        if any(chosen) and not complete:
            st.caption(say("table.join_all"))


def _said() -> str:
    return next(reversed(links.asked("labels")), "")


def _uploaded() -> Path | None:
    upload = st.file_uploader(say("frame.upload"), type=[one[1:] for one in SUFFIXES], key="upload")
    if upload is not None:
        path = uploads.keep(upload.name, upload.getvalue(), _kept().setdefault(presence.browser(), set()))
        if st.query_params.get(TABLE) != path.parent.name:
            st.query_params[TABLE] = path.parent.name
            st.query_params.pop("labels", None)
        return path
    known = next(reversed(links.asked(TABLE)), "")
    path = uploads.find(known)
    if path is not None:  # the uploader has forgotten it
        st.query_params[TABLE] = known
        st.caption(say("table.in_use", name=literal(path.name)))
    return path


@st.cache_resource
def _kept() -> dict[str, set[str]]:
    """Browser -> the tables that it uploaded since this server began."""
    return {}


@st.cache_data(max_entries=4, show_spinner=False)
def _read(path: str) -> Records:
    """The columns and the first rows of a table; what is under that path never changes."""
    records = read_records(Path(path))
    return Records(records.names, records.found[:ROWS], records.notes)


def _look(records: Records) -> None:
    rows = [record for _, record in records.found if not isinstance(record, Words)]
    plain = [{name: str(value) for name, value in row.items()} for row in rows]
    st.dataframe(plain, hide_index=True, placeholder="", alt=say("table.first_rows"))


def _flags(names: tuple[str, ...]) -> list[str]:
    """Columns of 0 and 1, each of which says of one label whether the text has it."""
    if FLAGS not in st.session_state:
        st.session_state[FLAGS] = [one for one in ",".join(links.asked(FLAGS)).split(",") if one in names]
    chosen: list[str] = st.multiselect(say("table.flags"), names, key=FLAGS, placeholder=say("table.detected"))
    if len(chosen) < 2:  # one alone is an ordinary label
        st.query_params.pop(FLAGS, None)
        return []
    st.query_params[FLAGS] = ",".join(chosen)
    return chosen


def _metric() -> str:
    """The metric that is to lead; those of numbers take the labels for numbers."""
    options = ("", *(name for name in BY_CLASSES if name != "mcc"), *BY_NUMBERS)
    links.before("metric", options)
    st.selectbox(say("table.metric"), options, format_func=_metric_name, key="metric")
    return links.after("metric", options)


def _metric_name(name: str) -> str:
    known = (BY_CLASSES | BY_NUMBERS).get(name, "")
    return metric_title(known) if known else name.upper() or say("table.usual")


def _column(key: str, names: tuple[str, ...]) -> str:
    options = (DETECTED, *dict.fromkeys(names))
    nothing = say("table.none") if key == "second_column" else say("table.detected")
    links.before(key, options)
    st.selectbox(say(f"table.{key}"), options, format_func=lambda name: name or nothing, key=key)
    return links.after(key, options)
