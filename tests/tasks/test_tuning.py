"""A held-out part: as large as the validation set, not trained on, the same each time, in every class order."""

import dataclasses

import pytest

from core.errors import DataError
from core.tasks import load_task
from core.tasks.task import Origin
from core.tasks.tuning import LEAST, SHARE, held_out
from tests.support import tiny


@pytest.fixture(scope="module")
def reviews():
    return load_task(Origin("reviews"))


def test_what_is_asked_is_not_trained_on_and_the_validation_examples_are_not_seen(reviews):
    task = held_out(reviews)
    asked, train = {one.text for one in task.validation}, {one.text for one in task.train}
    assert len(task.validation) == min(len(reviews.validation), len(reviews.train) // SHARE) > 100
    assert not asked & train and asked <= {one.text for one in reviews.train}
    assert not asked & {one.text for one in reviews.validation}
    assert len(task.train) + len(task.validation) <= len(reviews.train)
    assert task.data != reviews.data and task.name == reviews.name and task.metrics == reviews.metrics


def test_it_is_the_same_each_time_and_an_origin_asks_for_it(reviews):
    again = load_task(Origin("reviews", tuning=True))
    assert again.validation == held_out(reviews).validation and again.data == held_out(reviews).data
    assert load_task(Origin("reviews")).data == reviews.data


def test_in_the_classes_of_a_model_the_same_examples_are_held_out(reviews):
    task = held_out(reviews)
    turned = task.in_classes((1, 0), ("good", "bad"))
    assert [one.text for one in turned.validation] == [one.text for one in task.validation]
    assert [one.label for one in turned.validation] == [1 - one.label for one in task.validation]
    assert turned.data == task.data


def test_a_fragment_of_a_held_out_text_is_not_trained_on(reviews):
    whole = held_out(reviews).validation[0]
    part = dataclasses.replace(whole, text=" ".join(whole.text.split()[1:4]).upper())
    more = dataclasses.replace(reviews, train=(*reviews.train, part))
    task = held_out(more)
    if whole in task.validation:
        assert part not in task.train
    assert all(part.text.lower() not in one.text.lower() for one in task.validation) or part not in task.train


def test_where_there_are_too_few_nothing_is_held_out(tmp_path):
    task = load_task(Origin(tiny.csv_file(tmp_path / "few.csv", 60)))
    with pytest.raises(DataError, match=f"{LEAST} are needed"):
        held_out(task)
