"""Which models the room gets: their files are written as exports, and then an address is opened for them."""

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import visitors
from core.engine import browser
from core.jobs import exports
from core.jobs.exports import Download
from core.phones.room import ROOM, Opened
from core.result import Result
from core.runtimes import RUNTIMES, web
from core.spec import Spec
from core.tasks import TASKS, load_task
from core.techniques import TECHNIQUES, precision_of
from pages.components.frame.sidebar import Chosen
from pages.components.phone import routes
from pages.components.results import points
from pages.components.widgets import classroom, empty, links, progress, session
from pages.components.widgets.session import jobs, staying
from pages.components.widgets.text import current, format_title, literal, say

FORM, MOST = "onnx", 3  # models beside the dense one
FILES = ("model.onnx", "tokenizer.json", "tokenizer_config.json", "labels.json")
RUNTIME_MB = 4.1  # of the runtime, as it is sent
MOST_LOST = 0.02  # of accuracy, by what is offered first
CODE = "room"  # in the link, so that a reload of the teacher's page loses nothing


def opened(choice: Chosen) -> Opened | None:
    """What this browser has opened of the model and task, if it is open still."""
    found = _of_this_browser()
    return found if found is not None and found.facts["dense"] == choice.dense.key else None


def tell_of_another(choice: Chosen) -> None:
    """That the address of this browser is open still, for another model or task than the one that is chosen now."""
    found = _of_this_browser()
    if found is not None and found.facts["dense"] != choice.dense.key:
        st.info(say("phone.another", title=literal(found.facts["title"][current()])))


def _of_this_browser() -> Opened | None:
    return ROOM.find(_code()) if may_open() else None


def _code() -> str:
    return next(reversed(links.asked(CODE)), "")


def may_open() -> bool:
    """May this browser put models into the room? Where strangers are, only the teacher's."""
    return classroom.has_teacher() or not visitors.PUBLIC


def can_tell(choice: Chosen) -> bool:
    """Does the phones' page know what the answers of this task mean?"""
    known = TASKS.get(choice.dense.task)
    task = load_task(choice.origin) if choice.runnable or known is None else known.bare()
    return web.RUNTIME.export is not None and task.head.name in web.RUNTIME.export.heads


def ask(choice: Chosen) -> None:
    """The choice of models, what of them has to be written first, and the button that opens them."""
    offered = _offered(choice)
    if not offered:
        empty.show("phone", say("phone.empty"), *empty.elsewhere(choice.dense, choice.runnable))
        return
    beside, usual = _asks_for_dense(choice), _usual(choice, offered)
    picked = st.multiselect(
        say("phone.models"),
        list(offered),
        default=usual,
        max_selections=MOST,
        format_func=lambda key: offered[key].title,
        key=f"phone-models-{choice.dense.key}",
    )
    if not picked:
        st.caption(say("phone.pick"))
    specs = [*([_dense(choice)] if beside and picked else []), *(offered[key].spec for key in picked)]
    found = {spec.key: exports.find(spec.key, FORM) for spec in specs}
    missing = [spec for spec in specs if found[spec.key] is None]
    if missing and not choice.runnable:
        missing = []  # nothing can be checked without the examples: what there is has to do
    if missing:
        about = progress.about(choice.origin, missing, timed=False)
        progress.offer(
            "phone",
            "phone.writing",
            say("phone.write", count=len(missing), about=about),
            lambda: _write(choice, missing),
        )
        return
    there = [one for one in found.values() if one is not None]
    for one in there:
        if not one.exported.check.good:
            st.warning(f"{literal(session.title(one.spec, ''))}: {literal(one.exported.check.words)}")
    if there:
        size = sum(one.exported.bytes for one in there) / 1e6 + RUNTIME_MB
        st.button(
            say("phone.open", mb=f"{size:.0f}"),
            type="primary",
            icon=":material/qr_code_2:",
            on_click=lambda: _open(choice, there),
        )


@dataclasses.dataclass(frozen=True)
class Offered:
    """A model that the room may get."""

    spec: Spec
    title: str
    result: Result | None = None


def _offered(choice: Chosen) -> dict[str, Offered]:
    """Those that ONNX Runtime runs, by key: what is stored, and what comes with the code."""
    stored = [Offered(one.result.spec, one.title, one.result) for one in points.of(choice)]
    shipped = [Offered(spec, session.title(spec, "")) for spec, form in exports.ready(choice.dense) if form == FORM]
    known = {one.spec.key: one for one in (*shipped, *stored)}
    able = {key: one for key, one in known.items() if one.spec.runtime == "onnx" and one.spec.steps}
    if choice.runnable:
        return able
    return {key: one for key, one in able.items() if exports.find(key, FORM) is not None}


def _usual(choice: Chosen, offered: dict[str, Offered]) -> list[str]:
    """Plain int8, and the smallest that is as good as dense but for two points: what comes along, else a stored one."""
    mode = RUNTIMES[FORM].integers
    int8 = [
        key for key, one in offered.items() if len(one.spec.steps) == 1 and precision_of(one.spec.steps).mode == mode
    ]
    shipped = [spec.key for spec, form in exports.ready(choice.dense) if spec.key in offered]
    dense = session.store().read(choice.dense.key)
    least = dense.quality.interval.value - MOST_LOST if dense else 0.0
    small = [one.spec.key for one in sorted(offered.values(), key=_bytes) if _is_good(one, least)]
    return list(dict.fromkeys((*int8[:1], *(shipped or small[:1]))))[:2]


def _bytes(one: Offered) -> int:
    return one.result.size.bytes if one.result else 0


def _is_good(one: Offered, least: float) -> bool:
    """As good as that, and written within a minute: what was trained is perhaps not here any more."""
    trained = any(TECHNIQUES[step.technique].kind == "train" for step in one.spec.steps)
    return not trained and one.result is not None and one.result.quality.interval.value >= least


def _asks_for_dense(choice: Chosen) -> bool:
    """Is the dense model to be beside the others? It is the largest by far, and a room may be in a hurry."""
    known, result = exports.find(_dense(choice).key, FORM), session.store().read(choice.dense.key)
    if known is None and not choice.runnable:
        st.caption(say("phone.no_dense"))
        return False
    size = known.exported.bytes if known else result.size.bytes if result else 0  # before it is written about the same
    return st.toggle(say("phone.with_dense", mb=f"{size / 1e6:.0f}"), value=True, key="phone-dense")


def _dense(choice: Chosen) -> Spec:
    return dataclasses.replace(choice.dense, runtime="onnx")


def _write(choice: Chosen, specs: Sequence[Spec]) -> list[str]:
    words = say("takehome.job", form=format_title(FORM))
    return [jobs().export(one, choice.origin, FORM, session.title(one, words), staying()) for one in specs]


def _open(choice: Chosen, models: Sequence[Download]) -> None:
    """In a callback: an address for these models."""
    files: dict[str, Path] = {}
    shown = []
    for one in models:
        place = f"{one.spec.key}/"
        files |= {f"{place}{name}": one.exported.folder / name for name in FILES}
        shown.append(browser.shown(one.spec, files[f"{place}model.onnx"], place, one.exported.check.good))
    facts = browser.facts(
        browser.title(choice.dense), browser.labels(models[0].exported.folder), shown, choice.dense.task
    )
    version = web.versions()["onnxruntime-web"]
    room = {"post": "result", "offline": False, "runtime": f"../runtime-{version}/", "dense": choice.dense.key}
    st.query_params[CODE] = ROOM.open(facts | room, files).code
    ahead = [path for path in (*files.values(), *web.FILES) if path.suffix in routes.WORTH_PACKING]
    threading.Thread(target=lambda: [routes.pack(path) for path in ahead], daemon=True, name="bonsai-pack").start()


def close() -> None:
    """In a callback: nobody gets the models any more."""
    ROOM.close(_code())
    st.query_params.pop(CODE, None)
