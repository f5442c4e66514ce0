"""SQuAD as a task: from files, from the hub's copy, whole and the part of it that is measured in between."""

import dataclasses
import gzip
import shutil
from pathlib import Path

import pytest

from core.engine.run import make_spec, recorded_spec
from core.errors import DataError
from core.tasks import TASKS, forget, is_here, load_task, squad
from core.tasks.questions import Questions, content_hash, read
from core.tasks.task import Origin
from tests.support import tiny_squad


@pytest.fixture
def folder(tmp_path):
    return tiny_squad.folder(tmp_path / "squad_v1.1")


def test_a_folder_a_folder_above_it_and_the_file_of_the_dev_set_are_taken(folder, monkeypatch):
    whole = load_task(Origin("squad", folder))
    assert (len(whole.train), len(whole.validation)) == (80, 40)
    above = load_task(Origin("squad", str(Path(folder).parent)))
    assert above.data == whole.data
    alone = load_task(Origin("squad", f"{folder}/dev-v1.1.json"))
    assert not alone.train and alone.validation == whole.validation
    assert is_here(Origin("squad", folder)) and not is_here(Origin("squad"))
    monkeypatch.setenv("BONSAI_DATA", str(Path(folder).parent))
    assert is_here(Origin("squad")) and load_task(Origin("squad")).data == whole.data


def test_the_hubs_copy_is_taken_where_the_shared_folder_holds_another_task(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("BONSAI_DATA", str(tmp_path))  # whose folder squad_v1.1 is there
    assert load_task(Origin("squad")).data == load_task(Origin("squad", folder)).data
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("BONSAI_DATA", str(tmp_path / "other"))
    forget()
    with pytest.raises(DataError, match="other"):
        load_task(Origin("squad"))
    copy, parts = tmp_path / "copy", squad.from_files(Path(folder))
    copy.mkdir()
    monkeypatch.setattr(squad, "copy_here", lambda name: copy)
    monkeypatch.setattr(squad, "from_hub", lambda: parts)
    assert is_here(Origin("squad")) and len(load_task(Origin("squad")).validation) == 40


def test_gzipped_files_are_the_same_questions(folder):
    whole = load_task(Origin("squad", folder))
    for file in Path(folder).iterdir():
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    forget()
    squad._parts.cache_clear()
    assert load_task(Origin("squad", folder)).data == whole.data


def test_a_folder_without_its_files_says_what_is_missing(tmp_path):
    with pytest.raises(DataError, match=r"has no train\*.json and dev\*.json"):
        load_task(Origin("squad", str(tmp_path)))


def test_the_part_has_whole_passages_and_as_many_questions_always_the_same(folder):
    dev = read(Path(folder) / "dev-v1.1.json")
    part = squad.part_of(dev, 12)
    assert len(part.rows) == 12 and part.rows == squad.part_of(dev, 12).rows
    chosen = {one.second for one in part.rows}
    assert all((one in part.rows) == (one.second in chosen) for one in dev.rows)
    assert [one for one in dev.rows if one in part.rows] == list(part.rows)
    assert squad.part_of(dev, 12, seed=1).rows != part.rows


def test_what_is_trained_is_the_same_for_the_part_and_the_whole(folder):
    whole, part = load_task(Origin("squad", folder)), load_task(Origin("squad-1000", folder))
    assert whole.data == part.data and whole.train == part.train and part.name == "squad-1000"


def test_both_are_offered_by_name_and_known_without_their_questions():
    for name in ("squad", "squad-1000"):
        bare = TASKS[name].bare()
        assert bare.data == squad.SQUAD_DATA and bare.metric == "mean F1" and not bare.validation


def test_the_official_files_are_those_of_the_recorded_results(official_squad):
    train, dev = squad.from_files(Path(official_squad))
    assert (len(train.rows), len(dev.rows), len(train.problems), len(dev.problems)) == (87_599, 10_570, 0, 0)
    assert content_hash((train.rows, dev.rows)) == squad.SQUAD_DATA
    part = squad.part_of(dev)
    assert len(part.rows) == 1000 and isinstance(part, Questions)


def test_the_hubs_copy_holds_the_same_questions(folder, monkeypatch):
    whole = load_task(Origin("squad", folder))

    def rows(questions):
        for one in questions:
            places, texts = zip(*one.label, strict=True)
            answers = {"answer_start": list(places), "text": list(texts)}
            yield {"id": one.id, "title": one.title, "context": one.second, "question": one.text, "answers": answers}

    parts = {"train": list(rows(whole.train)), "validation": list(rows(whole.validation))}
    monkeypatch.setattr(squad, "splits", lambda *_, **__: parts)
    shutil.rmtree(folder)
    squad._parts.cache_clear()
    forget()
    assert load_task(Origin("squad")).data == whole.data


def test_a_recorded_result_of_questions_is_looked_up_under_the_key_that_its_run_writes(tmp_path):
    with_data = make_spec("demo-squad", Origin("squad", tiny_squad.folder(tmp_path)))
    assert recorded_spec("demo-squad", "squad") == dataclasses.replace(with_data, data=squad.SQUAD_DATA)
