"""Take the recipe's model home: as a file that is run on every validation sentence before it is offered."""

from collections.abc import Sequence

import streamlit as st

from core.engine import card
from core.jobs import exports
from core.jobs.exports import Download
from core.jobs.status import export_key
from core.runtimes import formats
from core.spec import Spec, Step
from pages.components.frame.sidebar import Chosen
from pages.components.lab import launch
from pages.components.widgets import empty, links, progress, session, tiles
from pages.components.widgets.session import jobs, staying
from pages.components.widgets.text import format_title, literal, runtime_title, say, score, shown_score

POLL_S = 0.5


def show(choice: Chosen, steps: Sequence[Step] | None) -> None:
    """The format, and what is there of it: the finished export, or the way to it."""
    form = links.choose("format", tuple(formats()), say("takehome.format"), format_title, help=say("takehome.help"))
    if steps is None:
        st.caption(say("takehome.invalid"))
        return
    spec = launch.spec_of(choice, steps, formats()[form].name)
    found = exports.find(spec.key, form)
    if found is not None:
        _card(found)
    elif launch.possible(steps, spec.runtime, form):
        st.caption(say("takehome.runtime", runtime=runtime_title(spec.runtime)))
        _ask(choice, steps, form)
        st.code(card.export_command(spec, choice.origin, form), language="bash", wrap_lines=True)


def one_click(choice: Chosen, spec: Spec) -> None:
    """Beside a stored result: the button that has its model written, how far that is, and then the file."""
    form = next((form for form, runtime in formats().items() if runtime.name == spec.runtime), "")
    found, key = exports.find(spec.key, form), export_key(spec, form)
    if found is not None:
        download(found, "download-one")
        return
    if not form or not choice.runnable:
        return
    status = jobs().status(key)
    if status is not None and status.active:
        st.fragment(progress.watch, run_every=POLL_S)(key, "export")
        return
    if status is not None and status.error:
        st.error(literal(status.error))
    words = _title(spec, form)
    st.button(
        say("takehome.get", form=format_title(form), about=progress.about(choice.origin, [spec], timed=False)),
        key="export-one",
        icon=":material/download:",
        type="primary",
        on_click=lambda: jobs().export(spec, choice.origin, form, words, staying()),
    )


def _title(spec: Spec, form: str) -> str:
    return session.title(spec, say("takehome.job", form=format_title(form)))


def _ask(choice: Chosen, steps: Sequence[Step], form: str) -> None:
    """The button, or why there is none."""
    spec = launch.spec_of(choice, steps, formats()[form].name)
    status = jobs().status(export_key(spec, form))
    if not choice.runnable:
        empty.show("takehome", say("takehome.not_runnable"), *empty.elsewhere(choice.dense, choice.runnable))
        return
    if status is not None and status.active:
        st.info(say("takehome.under_way"))
        return
    if status is not None and status.error:
        st.error(literal(status.error))
    if st.button(say("takehome.export", form=format_title(form)), icon=":material/inventory_2:"):
        jobs().export(
            spec, choice.origin, form, session.title(spec, say("takehome.job", form=format_title(form))), staying()
        )
        st.rerun()


def _card(found: Download) -> None:
    """What the written file answered, the verdict, and the zip."""
    done = found.exported
    check = done.check
    if check.good:
        st.success(say("takehome.good", n=check.accuracy.n))
    else:
        st.warning(say("takehome.not_good", reasons="; ".join(map(literal, check.reasons))))
    _figures(found)
    st.caption(say("takehome.phone", low=f"{found.phone.low_ms:.0f}", high=f"{found.phone.high_ms:.0f}"))
    download(found, "download")
    st.caption(say("takehome.inside", folder=done.folder))


def download(found: Download, key: str) -> None:
    """The button with the zip; one that did not pass its check is not the primary one."""
    done, good = found.exported, found.exported.check.good
    st.download_button(
        say("takehome.download" if good else "takehome.download_anyway", mb=f"{done.zip_bytes / 1e6:.1f}"),
        done.archive.read_bytes,  # called when it is clicked
        done.archive.name,
        "application/zip",
        key=key,
        on_click="ignore",
        icon=":material/download:",
        type="primary" if good else "secondary",
    )


def _figures(found: Download) -> None:
    accuracy, same, latency, file = st.columns(4)
    check, done = found.exported.check, found.exported
    ours, theirs = check.accuracy, check.torch_accuracy
    with accuracy:
        points = f"{100 * (ours.value - theirs.value):+.1f}"
        tiles.metric(
            score("tile.accuracy"), shown_score(ours.value), say("tile.points", points=points), delta_color="off"
        )
        low, high = f"{100 * ours.low:.1f}", f"{100 * ours.high:.1f}"
        note = say("tile.accuracy_note", low=low, high=high, n=ours.n)
        st.caption(f"{note} · {say('takehome.torch', accuracy=shown_score(theirs.value))}")
    with same:
        tiles.metric(say("takehome.same"), f"{100 * check.agreement:.1f} %")
        st.caption(say("takehome.logits", difference=f"{check.largest_difference:.1e}"))
    with latency:
        tiles.metric(say("tile.latency"), f"{check.latency_ms:.1f} ms")
        st.caption(say("takehome.timed", where=tiles.badge(found)))
    with file:
        tiles.metric(say("tile.file"), f"{done.bytes / 1e6:.1f} MB")
        st.caption(say("takehome.zipped", mb=f"{done.zip_bytes / 1e6:.1f}"))
