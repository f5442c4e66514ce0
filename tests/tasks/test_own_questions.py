"""Questions of one's own: a file that is divided by its passages, or a folder; SQuAD 2.0 as well."""

import gzip
import json
from pathlib import Path

import pytest

from core.errors import DataError
from core.tasks import forget, load_task
from core.tasks.task import Origin
from tests.support import tiny, tiny_squad


def test_a_file_is_divided_by_its_passages(tmp_path):
    path = tiny_squad.write(tmp_path / "mine.json", tiny_squad.articles(60))
    task = load_task(Origin(str(path)))
    assert task.name == "mine" and len(task.train) + len(task.validation) == 120
    assert not {one.second for one in task.train} & {one.second for one in task.validation}
    assert 0.1 < len(task.validation) / 120 < 0.35


def test_a_gzipped_file_is_one_too(tmp_path):
    path = tiny_squad.write(tmp_path / "mine.json", tiny_squad.articles(60))
    (tmp_path / "mine.json.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert load_task(Origin(str(tmp_path / "mine.json.gz"))).data == load_task(Origin(str(path))).data


def test_a_folder_has_one_to_train_on_and_one_that_validates(tmp_path):
    task = load_task(Origin(tiny_squad.folder(tmp_path / "my-questions")))
    assert (task.name, len(task.train), len(task.validation)) == ("my-questions", 80, 40)
    Path(tmp_path / "my-questions" / "train-v1.1.json").unlink()
    forget()
    assert not load_task(Origin(str(tmp_path / "my-questions"))).train


def test_questions_without_an_answer_are_scored_as_such(tmp_path):
    task = load_task(Origin(tiny_squad.folder(tmp_path / "squad2", impossible=True)))
    nothing = [one for one in task.validation if not one.label]
    assert len(nothing) == 20 and task.right(nothing[0]) == ""
    assert task.outcomes.args == (True,)


def test_files_beside_tables_change_nothing(tmp_path):
    tiny.csv_file(tmp_path / "train.csv")
    tiny.csv_file(tmp_path / "test.csv", 40)
    (tmp_path / "test_results.json").write_text(json.dumps({"accuracy": 1}))
    assert load_task(Origin(str(tmp_path))).labels == ("0", "1")


def test_too_few_passages_and_another_file_say_so(tmp_path):
    path = tiny_squad.write(tmp_path / "few.json", tiny_squad.articles(1))
    with pytest.raises(DataError, match="few.json has 2 usable rows and too few to hold some out"):
        load_task(Origin(str(path)))
    (tmp_path / "rows.json").write_text('[{"text": "a", "label": 1}]')
    with pytest.raises(DataError, match="tables of texts are .csv, .tsv or .jsonl"):
        load_task(Origin(str(tmp_path / "rows.json")))
