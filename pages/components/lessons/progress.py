"""Where a reader is: the lesson, its stage, and which ones are done, all in the link, so that no refresh loses it."""

import streamlit as st

from core.lessons import Lesson, lessons
from pages.components.widgets import links

STAGES = ("predict", "do", "reveal")
DONE, GUESS, PRESENT = "done", "guess", "present"
DOING = "lesson-doing"  # in the session: the lesson whose page was opened to do it
# what a lesson's page shows as usual where its link does not name it
USUAL = (
    *("model", "task", "method", "layers", "amount", "runtime", "point", "card", "a", "b"),
    *("axis", "goal", "sure", "at_least", "at_most_ms", "at_most_mb"),
)


def chosen() -> Lesson:
    """The lesson of the link, or the first one."""
    known = {lesson.id: lesson for lesson in lessons()}
    found = (st.session_state.get("lesson"), links.value("lesson"), *links.asked("lesson")[-1:])
    return next((known[one] for one in found if one in known), lessons()[0])


def done() -> list[str]:
    """The lessons that were revealed."""
    known = [lesson.id for lesson in lessons()]
    kept = links.value(DONE) or []
    found = [*"".join(links.asked(DONE)[-1:]).split(","), *kept]
    return [one for one in known if one in found]


def finish(lesson: Lesson) -> None:
    """This one was revealed."""
    _keep_done([*done(), lesson.id])


def _keep_done(found: list[str]) -> None:
    """In the link, and for when this page is opened again without it."""
    st.session_state[f"kept-{DONE}"] = found
    st.session_state.get(links.OPENED, {}).pop(DONE, None)
    st.query_params[DONE] = ",".join(found)


def do(lesson: Lesson) -> None:
    """In a callback: open its page as its link says, whatever was chosen on it before."""
    kept = done()
    links.follow(lesson.link, USUAL)
    _keep_done(kept)
    st.session_state[DOING] = lesson.id


def guess(lesson: Lesson) -> int | None:
    """What was predicted in it; None before."""
    kept = st.session_state.get(f"{GUESS}-{lesson.id}")
    asked = "".join(st.query_params.get_all(GUESS)[-1:])
    if kept is None and asked.isdecimal() and asked.isascii() and int(asked) < len(lesson.choices):
        kept = int(asked)
    return kept


def predict(lesson: Lesson, place: int) -> None:
    """Keep a prediction."""
    st.session_state[f"{GUESS}-{lesson.id}"] = place
    st.query_params[GUESS] = str(place)


def stage(lesson: Lesson) -> str:
    """Where this lesson stands."""
    if lesson.id in done():
        return "reveal"
    return "predict" if guess(lesson) is None else "do"


def go(lesson: str) -> None:
    """In a callback: to another lesson."""
    st.session_state["lesson"] = st.session_state["kept-lesson"] = lesson
    st.query_params["lesson"] = lesson
    st.query_params.pop(GUESS, None)


def again(lesson: Lesson) -> None:
    """In a callback: begin it anew."""
    st.session_state.pop(f"{GUESS}-{lesson.id}", None)
    st.query_params.pop(GUESS, None)
    _keep_done([one for one in done() if one != lesson.id])


def presents() -> bool:
    """Is it shown to a room?"""
    return "1" in st.query_params.get_all(PRESENT)[-1:]


def present(on: bool) -> None:
    """In a callback: show it to a room, or no longer."""
    if on:
        st.query_params[PRESENT] = "1"
    else:
        st.query_params.pop(PRESENT, None)
