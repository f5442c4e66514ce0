"""What the class predicts: one anonymous vote a browser, counted in the server's memory."""

from collections import Counter
from threading import Lock

import streamlit as st

from pages.components.widgets import presence

MOST = 1000  # browsers a lesson


class Votes:
    """Lesson -> browser -> the place of its choice."""

    def __init__(self) -> None:
        self._lock, self._cast = Lock(), dict[str, dict[str, int]]()

    def cast(self, lesson: str, browser: str, place: int) -> None:
        """Count this browser's choice; a second one takes the first one's place."""
        with self._lock:
            cast = self._cast.setdefault(lesson, {})
            if browser in cast or len(cast) < MOST:
                cast[browser] = place

    def counts(self, lesson: str) -> Counter[int]:
        """How many chose each place."""
        with self._lock:
            return Counter(self._cast.get(lesson, {}).values())

    def clear(self, lesson: str) -> None:
        """Begin anew, for the next class."""
        with self._lock:
            self._cast.pop(lesson, None)


@st.cache_resource
def votes() -> Votes:
    """Those of all sessions of this server."""
    return Votes()


def cast(lesson: str, place: int) -> None:
    """This browser's prediction."""
    votes().cast(lesson, presence.browser(), place)
