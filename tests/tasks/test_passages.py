"""The shipped passages: forty, with four questions each, whose answers stand in them once and for all to see."""

import collections

from core.tasks.passages import PASSAGES, read
from core.tasks.questions import read as read_file
from core.tasks.task import Origin


def test_there_are_forty_passages_with_four_questions_each():
    task = read(Origin("passages"))
    rows = (*task.train, *task.validation)
    assert (len(task.train), len(task.validation), task.problems) == (60, 100, ())
    assert set(collections.Counter(one.second for one in rows).values()) == {4}
    assert len({one.id for one in rows}) == len({(one.text, one.second) for one in rows}) == 160
    assert not {one.second for one in task.train} & {one.second for one in task.validation}


def test_answers_stand_in_their_passages_and_are_short():
    for name in ("train", "test"):
        found = read_file(PASSAGES / f"{name}.json")
        assert not found.problems
        for one in found.rows:
            ((start, text),) = one.label
            assert one.second[start : start + len(text)] == text == text.strip() and 1 <= len(text.split()) <= 12
            assert one.second.find(text) == start  # of several places the first one
            before, after = one.second[start - 1 : start], one.second[start + len(text) : start + len(text) + 1]
            assert not before.isalnum() and not after.isalnum()  # whole words


def test_passages_are_of_a_length_that_a_screen_shows_and_questions_ask():
    task = read(Origin("passages"))
    assert all(60 <= len(one.second.split()) <= 110 for one in (*task.train, *task.validation))
    assert all(one.text.endswith("?") and one.text[0].isupper() for one in (*task.train, *task.validation))
    assert len({one.kind for one in task.validation}) >= 6


def test_the_data_card_says_how_many():
    card = (PASSAGES / "README.md").read_text(encoding="utf8")
    assert "15 of them are to\ntrain on (60 questions), 25 to test (100 questions)" in card
