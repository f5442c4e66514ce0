"""One lesson: its text, the prediction, the way to the page where it is done, and what was measured."""

import streamlit as st

from core.engine import lesson_figures
from core.engine.lesson_figures import Found
from core.errors import Words
from core.lessons import Lesson, lessons
from pages.components.lessons import progress, votes
from pages.components.widgets import classroom, empty
from pages.components.widgets.session import store
from pages.components.widgets.text import current, literal, local, say, told

POLL_S = 2.0
NEXT, BACK = "Right", "Left"


def words(lesson: Lesson, part: str, found: Found | None = None) -> str:
    """A part of its text in this session's language, or in one that it has."""
    texts = lesson.words.get(current()) or next(iter(lesson.words.values()))
    if found is None:
        return texts[part]
    values = {name: told(value) if isinstance(value, Words) else local(value) for name, value in found.values.items()}
    return texts[part].format(**values)


def choice(lesson: Lesson, place: int) -> str:
    """A choice in words."""
    texts = lesson.choices[place].words
    return texts.get(current()) or next(iter(texts.values()))


def show(lesson: Lesson) -> None:
    """The lesson as far as it has come."""
    found = lesson_figures.reveal(lesson.figure, lesson.link.get("task", "sst2"), store())
    st.subheader(words(lesson, "title"))
    if found is None:
        empty.show("lesson", say("lessons.missing"), empty.on_sst2())
        return
    st.markdown(words(lesson, "text", found))
    st.markdown(f"**{words(lesson, 'question', found)}**")
    stage = progress.stage(lesson)
    if stage == "predict":
        _predict(lesson)
    else:
        _predicted(lesson)
        (_do if stage == "do" else _revealed)(lesson, found)
    st.fragment(_votes, run_every=POLL_S)(lesson, found, stage == "reveal")


def _predict(lesson: Lesson) -> None:
    places = range(len(lesson.choices))
    picked = st.radio(
        say("lessons.choices"),
        places,
        None,
        format_func=lambda place: choice(lesson, place),
        key=f"pick-{lesson.id}",
        label_visibility="collapsed",
    )

    def go() -> None:
        place = st.session_state[f"pick-{lesson.id}"]
        if place is not None:
            progress.predict(lesson, place)
            votes.cast(lesson.id, place)

    if progress.presents():  # whoever shows it does not vote
        go_on = say("lessons.do")
        st.button(go_on, key="skip", type="primary", on_click=progress.predict, args=[lesson, 0], shortcut=NEXT)
    else:
        st.button(say("lessons.predict"), key="predict", type="primary", on_click=go, disabled=picked is None)


def _predicted(lesson: Lesson) -> None:
    place = progress.guess(lesson)
    if place is not None and not progress.presents():
        st.caption(say("lessons.yours", choice=choice(lesson, place)))


def _do(lesson: Lesson, found: Found) -> None:
    st.markdown(words(lesson, "do", found))
    with st.container(horizontal=True, vertical_alignment="center"):
        label = say("lessons.open", page=say(f"nav.{lesson.page}"))
        if st.button(label, key="do", icon=":material/arrow_forward:", on_click=progress.do, args=[lesson]):
            st.switch_page(f"pages/{lesson.page}.py", query_params=dict(lesson.link))
        label = say("lessons.reveal")
        st.button(label, key="reveal", type="primary", on_click=_finish, args=[lesson], shortcut=_key(NEXT))


def _finish(lesson: Lesson) -> None:
    progress.finish(lesson)
    votes.reveal(lesson.id)


def way_back() -> None:
    """On the page where a lesson is done: a link to the lesson."""
    doing = next((one for one in lessons() if one.id == st.session_state.get(progress.DOING)), None)
    if doing is not None:
        label = say("lessons.back", title=words(doing, "title"))
        st.page_link("pages/lessons.py", label=label, icon=":material/arrow_back:", query_params={})


def _revealed(lesson: Lesson, found: Found) -> None:
    right, place = lesson.right(found.value), progress.guess(lesson)
    if place is not None and not progress.presents():
        measured = choice(lesson, right)
        st.markdown(say("lessons.right", right=measured) if place == right else say("lessons.wrong", right=measured))
    with st.container(border=True):
        st.markdown(words(lesson, "why", found))
        st.caption(say("lessons.measured"))
    with st.container(horizontal=True):
        if lesson.next:
            st.button(
                say("lessons.next"),
                key="next",
                type="primary",
                on_click=progress.go,
                args=[lesson.next],
                shortcut=_key(NEXT),
            )
        st.button(say("lessons.again"), key="again", on_click=progress.again, args=[lesson], shortcut=_key(BACK))


def _key(name: str) -> str | None:
    """Keys turn the pages only for whoever shows them."""
    return name if progress.presents() else None


def _votes(lesson: Lesson, found: Found, revealed: bool) -> None:
    """How many have predicted; after the reveal what, with the right one marked."""
    counts, alone = votes.votes().counts(lesson.id), not progress.presents()
    total = counts.total()
    if alone and total < 2:  # a reader's own prediction is no vote of a class
        return
    st.caption(say("lessons.votes", count=total))
    if not revealed:
        return
    right = lesson.right(found.value)
    for place in range(len(lesson.choices)):
        mark = f" · **{say('lessons.measured_one')}**" if place == right else ""
        st.progress(counts[place] / max(total, 1), f"{counts[place]} · {literal(choice(lesson, place))}{mark}")
    if total and (classroom.has_teacher() or (progress.presents() and not classroom.ON)):
        st.button(say("lessons.clear"), key="clear", type="tertiary", on_click=votes.votes().clear, args=[lesson.id])
