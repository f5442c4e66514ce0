"""The floor: a bag of words on the task, kept beside the results, and only where answers are classes."""

import dataclasses
import json
import math

import pytest

from core.engine import floor
from core.engine.run import run
from core.engine.store import Store
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import tiny, tiny_squad


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv")))


def test_it_learns_what_words_tell_and_is_weighed_and_timed(task):
    found = floor.measure(task)
    truths = [task.right(one) for one in task.validation]
    right = [float(answer == truth) for answer, truth in zip(found.quality.answers, truths, strict=True)]
    assert found.quality.scores == tuple(right) and found.quality.interval.value == sum(right) / len(right) > 0.8
    assert found.quality.metric == task.metric and 0 < found.quality.loss < math.log(2)
    assert found.features > 10 and found.bytes > 4 * 2 * found.features and found.ms > 0
    assert found.train == len(task.train)


def test_nothing_is_learnt_from_what_validates(task):
    """Taught the wrong way round it answers the wrong way round."""
    flipped = tuple(dataclasses.replace(one, label=1 - one.label) for one in task.train)
    assert floor.measure(dataclasses.replace(task, train=flipped)).quality.interval.value < 0.2


def test_it_is_kept_once_and_read_again(task, tmp_path, monkeypatch):
    store = Store(tmp_path / "cache" / "results")
    assert floor.read(task.data, task.metric, store) is None
    found = floor.keep(task, store)
    monkeypatch.setattr(floor, "measure", None)
    assert floor.keep(task, store) == found == floor.read(task.data, task.metric, store)
    assert floor.read(task.data, "other", store) is None and store.all() == []
    shipped = Store(tmp_path / "other" / "results", (store.folder,))
    assert floor.read(task.data, task.metric, shipped) == found
    (path,) = (store.folder / "floors").iterdir()
    for broken in ("{", "[]", json.dumps({"schema": 9}), json.dumps({"schema": 1, "quality": 3})):
        path.write_text(broken)
        assert floor.read(task.data, task.metric, store) is None


def test_answers_that_are_no_classes_have_none(tmp_path, task):
    store = Store(tmp_path / "results")
    reading = load_task(Origin("squad", tiny_squad.folder(tmp_path / "squad", train=4, dev=4)))
    alone = dataclasses.replace(task, train=tuple(one for one in task.train if one.label == task.labels[0]))
    wordless = dataclasses.replace(task, train=tuple(dataclasses.replace(one, text=" ") for one in task.train))
    assert [floor.keep(one, store) for one in (reading, alone, wordless)] == [None, None, None]


def test_the_first_evaluation_of_dense_measures_it_too(tmp_path):
    spec, origin = tiny.experiment(tmp_path)
    store = Store(tmp_path / "cache" / "results")
    run(spec, origin, store)
    assert floor.read(spec.data, "accuracy", store) is not None
