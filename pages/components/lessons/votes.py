"""What the class predicts: one anonymous vote a browser, counted in the server's memory."""

from collections import Counter
from threading import Lock

import streamlit as st

from pages.components.lessons import progress
from pages.components.widgets import classroom, presence

MOST = 1000  # browsers a lesson
ALL = "all"


class Votes:
    """Lesson -> browser -> the place of its choice."""

    def __init__(self) -> None:
        self._lock, self._cast = Lock(), dict[str, dict[str, int]]()
        self._seen = dict[str, set[str]]()  # lesson -> browsers that know what is right; ALL once the room does

    def cast(self, lesson: str, browser: str, place: int) -> None:
        """Count this browser's choice; a second one takes the first one's place; none counts after the reveal."""
        with self._lock:
            cast = self._cast.setdefault(lesson, {})
            knows = {browser, ALL} & self._seen.get(lesson, set())
            if not knows and (browser in cast or len(cast) < MOST):
                cast[browser] = place

    def reveal(self, lesson: str, browser: str) -> None:
        """From now on this browser knows what is right; ALL: everybody in the room does."""
        with self._lock:
            self._seen.setdefault(lesson, set()).add(browser)

    def counts(self, lesson: str) -> Counter[int]:
        """How many chose each place."""
        with self._lock:
            return Counter(self._cast.get(lesson, {}).values())

    def clear(self, lesson: str) -> None:
        """Begin anew, for the next class."""
        with self._lock:
            self._cast.pop(lesson, None)
            self._seen.pop(lesson, None)


@st.cache_resource
def votes() -> Votes:
    """Those of all sessions of this server."""
    return Votes()


def cast(lesson: str, place: int) -> None:
    """This browser's prediction."""
    votes().cast(lesson, presence.browser(), place)


def reveal(lesson: str) -> None:
    """What is right is seen: by this browser, or from the wall by everybody. On a wall it is the teacher's to show."""
    on_wall = progress.presents() and classroom.leads()
    votes().reveal(lesson, ALL if on_wall else presence.browser())
