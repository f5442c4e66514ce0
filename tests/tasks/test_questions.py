"""SQuAD's layout: what is read, what is wrong with the rest and where, and what identifies the questions."""

import gzip
import json

import pytest

from core.errors import DataError
from core.tasks.questions import content_hash, kind_of, read
from tests.support import tiny_squad
from tests.support.tiny_squad import answered

TEXT = "Ada met Bo in Rome in 1900. Bo met Ada again."


def file(tmp_path, *entries, passage=TEXT):
    paragraph = {"context": passage, "qas": list(entries)}
    return tiny_squad.write(tmp_path / "a.json", [{"title": "People", "paragraphs": [paragraph]}])


def good(name="q"):
    return answered(name, "Who met Bo?", TEXT, "Ada")


def test_questions_are_read_with_their_passages_and_answers(tmp_path):
    found = read(file(tmp_path, answered("q", " Whom did Ada meet? ", TEXT, "Bo", "Bo in Rome")))
    (one,) = found.rows
    assert (one.id, one.title, one.text, one.second) == ("q", "People", "Whom did Ada meet?", TEXT)
    assert one.label == ((8, "Bo"), (8, "Bo in Rome")) and one.truths == ("Bo", "Bo in Rome")
    assert not found.problems and not found.unanswerable


def test_a_gzipped_file_and_one_with_a_byte_order_mark_are_the_same(tmp_path):
    plain = file(tmp_path, good())
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "c.json").write_bytes(b"\xef\xbb\xbf" + plain.read_bytes())
    assert read(plain).rows == read(tmp_path / "b.json.gz").rows == read(tmp_path / "c.json").rows


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            {"id": "x", "question": "Who?", "answers": [{"text": "Cleo", "answer_start": 0}]},
            "answer 'Cleo' of question 'x'",
        ),
        ({"question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}, "the question has no id"),
        ({"id": "x", "question": "Who?", "answers": [{"text": " "}]}, "the answer of the question 'x' is empty"),
        ({"id": "x", "question": "Who?", "answers": [{"answer_start": 3}]}, "the answer of the question 'x' is empty"),
        ({"id": "x", "question": "Who?"}, "the question 'x' has no answers"),
        (
            {"id": "q", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]},
            "the id 'q' is there already",
        ),
        ({"id": "x", "question": "  ", "answers": [{"text": "Ada", "answer_start": 0}]}, "the question is empty"),
        ({"id": "x", "question": "Who?", "answers": []}, "the question 'x' has no answers"),
        ({"id": "x", "question": "Who?", "answers": "Ada"}, "the answers of the question 'x' are no list like"),
        ({"id": "x", "question": "Who?", "answers": ["Ada"]}, "the answers of the question 'x' are no list like"),
        ({"id": "x", "question": 5, "answers": ["Ada"]}, "the question is no text but 5"),
        ("Who?", "the question is empty"),
    ],
)
def test_a_question_that_cannot_be_used_is_said_with_its_place(tmp_path, entry, problem):
    found = read(file(tmp_path, good(), entry))
    assert [one.id for one in found.rows] == ["q"]
    (said,) = map(str, found.problems)
    assert said.startswith("a.json data[0].paragraphs[0].qas[1]: ") and problem in said


def test_an_empty_passage_is_said(tmp_path):
    with pytest.raises(DataError, match=r"no usable question.*qas\[0\]: the passage is empty"):
        read(file(tmp_path, good(), passage=" "))


def test_articles_and_paragraphs_that_cannot_be_used_are_said_with_their_place(tmp_path):
    whole = {"context": TEXT, "qas": [good()]}
    articles = [{"title": "t", "paragraphs": [whole, "x", {"context": TEXT}, {"context": 5, "qas": [good()]}]}, "y"]
    (tmp_path / "a.json").write_text(json.dumps({"data": [*articles, {"title": "u"}, {"paragraphs": []}]}))
    found = read(tmp_path / "a.json")
    assert [one.id for one in found.rows] == ["q"]
    places = [str(one).removeprefix("a.json ").partition(":")[0] for one in found.problems]
    lost = [f"data[0].paragraphs[{place}]" for place in ("1", "2")]
    assert places == [*lost, "data[0].paragraphs[3].qas[0]", "data[1]", "data[2]"]
    assert "the passage is no text but 5" in str(found.problems[2])


def test_answers_as_the_hub_has_them_are_read(tmp_path):
    entry = {"id": "x", "question": "Who?", "answers": {"text": ["Ada"], "answer_start": [TEXT.index("Ada")]}}
    assert read(file(tmp_path, entry)).rows[0].label == ((TEXT.index("Ada"), "Ada"),)
    nothing = entry | {"answers": {"text": [], "answer_start": []}, "is_impossible": True}
    assert read(file(tmp_path, good(), nothing)).unanswerable


def test_a_question_that_is_called_impossible_and_has_answers_is_answered_and_said(tmp_path):
    found = read(file(tmp_path, good() | {"is_impossible": True}))
    assert found.rows[0].label and not found.unanswerable and not found.problems
    assert "a.json: 1 questions are called impossible and have answers, as data[0]" in str(found.notes[0])


def test_a_place_that_is_wrong_is_the_nearest_where_the_answer_stands(tmp_path):
    entry = {"id": "q", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 30}]}
    assert read(file(tmp_path, entry)).rows[0].label == ((TEXT.rindex("Ada"), "Ada"),)
    entry["answers"][0]["answer_start"] = "?"
    assert read(file(tmp_path, entry)).rows[0].label == ((0, "Ada"),)


def test_questions_without_an_answer_are_told_from_those_that_lack_theirs(tmp_path):
    entry = {"id": "n", "question": "Why?", "answers": [], "is_impossible": True, "plausible_answers": []}
    found = read(file(tmp_path, good(), entry))
    assert found.unanswerable and found.rows[1].label == () and not found.problems


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "cannot be read as JSON"),
        (b"[1]", 'no list "data"'),
        (b'{"data": {}}', 'no list "data"'),
        (b'{"data": [1, {"paragraphs": 3}]}', r'data\[0\]: it is no article with a list "paragraphs"'),
        (b'{"data": []}', "holds no question"),
        (b"\x1f\x8bxx", "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_another_kind_of_file_is_refused_in_one_sentence(tmp_path, content, words):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who wrote it?", "who"),
        ("To whom was it sold?", "who"),
        ("In what year did it end?", "what"),
        ("How many were there, and who?", "how many"),
        ("How did it end?", "how"),
        ("Name the king.", "other"),
    ],
)
def test_a_question_is_of_the_kind_of_its_first_question_word(question, kind):
    assert kind_of(question) == kind


def test_the_hash_follows_every_part_of_a_question(tmp_path):
    first = read(file(tmp_path, good())).rows
    assert content_hash([first]) == content_hash([read(file(tmp_path, good())).rows])
    others = [
        read(file(tmp_path, good("p"))).rows,
        read(file(tmp_path, answered("q", "Who met Bo?", TEXT, "Bo"))).rows,
        read(file(tmp_path, good(), passage=TEXT + " Then they left.")).rows,
    ]
    assert len({content_hash([rows]) for rows in (first, *others)}) == 4
    assert content_hash([first, ()]) != content_hash([(), first])
    assert json.dumps(content_hash([first]))
