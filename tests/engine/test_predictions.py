"""Files of predictions, scored as the official script does; what is missing counts and is said."""

import json
import math
import random

import pytest

from core.commands import main
from core.engine import predictions as module
from core.engine.predictions import scored
from core.errors import ConfigError, DataError
from core.tasks import load_task
from core.tasks.questions import read
from core.tasks.task import Origin
from tests.support import official_squad2, tiny, tiny_squad


@pytest.fixture
def origin(tmp_path):
    return Origin("squad", tiny_squad.folder(tmp_path / "squad"))


def predictions(tmp_path, values):
    (tmp_path / "said.json").write_text(json.dumps(values))
    return tmp_path / "said.json"


def test_right_answers_in_other_clothes_are_right(origin, tmp_path):
    said = {one.id: f"The {one.truths[0].upper()}." for one in load_task(origin).validation}
    found = scored(origin, predictions(tmp_path, said))
    assert found.exact.value == found.f1.value == 1.0 and (found.f1.n, found.missing, found.strange) == (40, 0, 0)


def test_the_command_says_what_is_missing_and_counts_it(origin, tmp_path, capsys):
    rows = load_task(origin).validation
    said = {one.id: f"{one.truths[0]} indeed" for one in rows[:30]} | {"another": "x"}
    path = str(predictions(tmp_path, said))
    assert main(["score", "--task", "squad", "--data", origin.path, "--predictions", path, "--json"]) == 0
    captured = capsys.readouterr()
    assert "10 of 40 questions have no prediction and count 0" in captured.err
    assert "predictions without a question of squad: 1" in captured.err
    found = json.loads(captured.out)
    assert found["exact_match"] == 0 and found["f1"] == pytest.approx(100 * 30 / 40 * 2 / 3)
    assert main(["score", "--data", f"{origin.path}/dev-v1.1.json", "--predictions", path]) == 0
    assert "50.0 %" in capsys.readouterr().out


def test_of_a_file_of_ones_own_all_questions_are_scored(tmp_path):
    path = tiny_squad.write(tmp_path / "mine.json", tiny_squad.articles(3))
    ids = [q["id"] for article in tiny_squad.articles(3) for p in article["paragraphs"] for q in p["qas"]]
    found = scored(Origin(str(path)), predictions(tmp_path, dict.fromkeys(ids, "nothing")))
    assert (found.f1.n, found.missing, found.strange) == (6, 0, 0)


@pytest.mark.parametrize("content", ["[1]", '{"a": 1}', "{", '{"a": ["x"]}'])
def test_another_file_is_refused_in_one_line(origin, tmp_path, content):
    (tmp_path / "said.json").write_text(content)
    with pytest.raises(DataError, match="said.json"):
        scored(origin, tmp_path / "said.json")
    with pytest.raises(DataError, match="there is no file nowhere.json"):
        scored(origin, tmp_path / "nowhere.json")


def test_a_task_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'own' has no questions about passages"):
        scored(Origin(tiny.csv_file(tmp_path / "own.csv")), predictions(tmp_path, {}))


def without_answers(tmp_path):
    """Questions of which a third has no answer, with what somebody answered and how probable none is."""
    path = tiny_squad.write(tmp_path / "mine.json", tiny_squad.articles(20, impossible=True), "2.0")
    questions = {one.id: list(one.truths) for one in read(path).rows}
    order = random.Random(0)
    kinds = (lambda truth: truth, lambda truth: f"The {truth} film", lambda truth: "", lambda truth: "cold")
    said = {name: order.choice(kinds)(truths[0] if truths else "") for name, truths in questions.items()}
    return path, questions, said, {name: round(order.random(), 3) for name in questions}


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3, 0.75, 1.0])
def test_questions_without_an_answer_are_scored_apart_as_the_official_script_does(tmp_path, threshold):
    path, questions, said, unsure = without_answers(tmp_path)
    (tmp_path / "na.json").write_text(json.dumps(unsure))
    more = () if threshold is None else (tmp_path / "na.json", threshold)
    found = scored(Origin(str(path)), predictions(tmp_path, said), *more).to_json()
    expected = official_squad2.figures(questions, said, *((unsure, threshold) if more else ()))
    ours = found | {"exact": found["exact_match"]}
    assert {name: ours[name] for name in expected} == pytest.approx(expected)
    assert (found["HasAns_total"], found["NoAns_total"], found["total"]) == (40, 20, 60)


def test_the_command_shows_both_parts_and_takes_the_official_options(tmp_path, capsys):
    path, questions, said, unsure = without_answers(tmp_path)
    (tmp_path / "na.json").write_text(json.dumps(unsure))
    line = ["score", "--task", str(path), "--predictions", str(predictions(tmp_path, said))]
    assert main([*line, "--na-prob-file", str(tmp_path / "na.json"), "--na-prob-thresh", "0.3"]) == 0
    shown = capsys.readouterr().out
    expected = official_squad2.figures(questions, said, unsure, 0.3)
    for name, part in (
        ("F1", "f1"),
        ("HasAns F1", "HasAns_f1"),
        ("HasAns exact", "HasAns_exact"),
        ("NoAns F1", "NoAns_f1"),
    ):
        assert f"{name:12} {expected[part]:.1f} %" in shown
    assert "of 20 questions" in shown


@pytest.mark.parametrize(
    ("content", "threshold", "words"),
    [
        ({"x": 0.5}, 0.5, "na.json has no probability for '0-0-0', which has a prediction"),
        ([0.5], 0.5, "na.json is no object of a number for each id"),
        ({"0-0-0": "3"}, 0.5, 'na.json has no number for .0-0-0. but "3"'),
        ({"0-0-0": True}, 0.5, "na.json has no number for '0-0-0' but true"),
        ({}, math.nan, "na-prob-thresh=nan is not allowed"),
    ],
)
def test_probabilities_that_are_none_are_one_sentence(tmp_path, content, threshold, words):
    path, _, said, _ = without_answers(tmp_path)
    (tmp_path / "na.json").write_text(json.dumps(content))
    with pytest.raises((DataError, ConfigError), match=words):
        scored(Origin(str(path)), predictions(tmp_path, said), tmp_path / "na.json", threshold)


def test_a_file_that_is_too_large_is_called_so(origin, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 3)
    with pytest.raises(DataError, match=r"^said.json is larger than 0 MB$"):
        scored(origin, predictions(tmp_path, {"a": "b"}))


def test_thresholds_are_any_numbers_and_need_their_file(tmp_path):
    path, questions, said, _ = without_answers(tmp_path)
    odds = {name: random.Random(name).uniform(-9, 3) for name in questions}
    (tmp_path / "odds.json").write_text(json.dumps(odds))
    found = scored(Origin(str(path)), predictions(tmp_path, said), tmp_path / "odds.json", -2.5).to_json()
    expected = official_squad2.figures(questions, said, odds, -2.5)
    assert {name: (found | {"exact": found["exact_match"]})[name] for name in expected} == pytest.approx(expected)
    with pytest.raises(ConfigError, match="name it with --na-prob-file"):
        scored(Origin(str(path)), predictions(tmp_path, said), None, 0.3)


def test_right_answers_of_which_nothing_is_left_are_none_as_officially(tmp_path):
    passage = "The cat sat on the mat - so it was."
    answers = {"a": ["The"], "b": ["-", "the mat"], "c": [], "d": ["cat"]}
    entries = [
        {
            "id": name,
            "question": f"{name}?",
            "is_impossible": not texts,
            "answers": [{"text": text, "answer_start": passage.find(text)} for text in texts],
        }
        for name, texts in answers.items()
    ]
    content = {"data": [{"title": "t", "paragraphs": [{"context": passage, "qas": entries}]}]}
    (tmp_path / "mine.json").write_text(json.dumps(content))
    (tmp_path / "na.json").write_text(json.dumps({"a": 0.9, "b": 0.1, "c": 0.9, "d": 0.9}))
    for said in (dict.fromkeys(answers, ""), dict.fromkeys(answers, "a mat"), dict.fromkeys(answers, "the")):
        for unsure, threshold in ((None, 1.0), (tmp_path / "na.json", 0.5)):
            found = scored(Origin(str(tmp_path / "mine.json")), predictions(tmp_path, said), unsure, threshold)
            ours = found.to_json() | {"exact": found.to_json()["exact_match"]}
            known = json.loads(unsure.read_text()) if unsure else None
            expected = official_squad2.figures(answers, said, known, threshold)
            assert {name: ours[name] for name in expected} == pytest.approx(expected)


def test_a_prediction_that_is_no_text_is_named(origin, tmp_path):
    (tmp_path / "said.json").write_text('{"a": "x", "b": ["y"]}')
    with pytest.raises(DataError, match=r"""has no text for 'b' but \["y"\]"""):
        scored(origin, tmp_path / "said.json")
