"""Answers are scored as SQuAD's official scripts score them: by hand, and against cases that their rules decide."""

import pytest

from core.answers import exact, f1, normalised, score

PASSAGE = "the Gare du Nord"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("The  Gare, du Nord!", "gare du nord"),
        ("an apple a day", "apple day"),
        ("theatre", "theatre"),
        ("U.S.", "us"),
        ("a", ""),
        ("«5»", "«5»"),  # only ASCII punctuation goes
        ("well-known", "wellknown"),
        ("a.m.", "am"),  # articles go after punctuation
    ],
)
def test_case_punctuation_articles_and_spaces_do_not_count(answer, left):
    assert normalised(answer) == left


@pytest.mark.parametrize(
    ("answer", "truths", "em", "overlap"),
    [
        ("Gare du Nord", (PASSAGE,), 1, 1),
        ("du Nord", (PASSAGE,), 0, 2 * 2 / (2 + 3)),
        ("Nord du Gare", (PASSAGE,), 0, 1),  # the words in another order
        ("to be or not", ("or not to be or",), 0, 2 * 4 / (4 + 5)),  # a word counts as often as it is there
        ("or or or", ("or not to be or",), 0, 2 * 2 / (3 + 5)),
        ("station", ("airport", "railway station"), 0, 2 / 3),  # the best of several
        ("", (PASSAGE,), 0, 0),
        ("", (), 1, 1),  # rightly nothing
        ("the", (), 1, 1),
        ("Nord", (), 0, 0),
        ("", ("the",), 1, 0),  # nothing is left of either: exact, and no word is shared
    ],
)
def test_the_best_right_answer_counts(answer, truths, em, overlap):
    assert exact(answer, truths) == em and f1(answer, truths) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("answer", "truths", "em", "overlap"),
    [
        ("", ("the",), 1, 1),  # of the right answer nothing is left: there is none
        ("Nord", ("the",), 0, 0),
        ("Nord", ("the", "Nord"), 1, 1),
        ("", ("the", "Nord"), 0, 0),
        ("", (), 1, 1),
    ],
)
def test_where_questions_may_have_no_answer_the_second_script_decides(answer, truths, em, overlap):
    assert exact(answer, truths, True) == em and f1(answer, truths, True) == overlap
    questions = {"it": truths, "none": ()}
    assert score(questions, {"it": answer, "none": ""}) == ([em, 1.0], [overlap, 1.0])
    has = float(not truths)
    assert score(questions, {"it": answer, "none": "x"}, {"it", "none"}) == ([has, 1.0], [has, 1.0])


def test_a_question_without_a_prediction_counts_as_wrong():
    questions = {"a": ("Paris",), "b": ("Rome",), "c": ()}
    assert score(questions, {"a": "in Paris", "x": "Rome", "c": ""}) == ([0.0, 0.0, 1.0], [2 / 3, 0.0, 1.0])
