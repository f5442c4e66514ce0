"""Files of predictions, scored as the official script does; what is missing counts and is said."""

import json

import pytest

from core.commands import main
from core.engine.predictions import scored
from core.errors import ConfigError, DataError
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import tiny, tiny_squad


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
    with pytest.raises(DataError, match="nowhere.json cannot be read"):
        scored(origin, tmp_path / "nowhere.json")


def test_a_task_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'own' has no questions about passages"):
        scored(Origin(tiny.csv_file(tmp_path / "own.csv")), predictions(tmp_path, {}))
