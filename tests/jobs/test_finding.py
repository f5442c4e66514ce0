"""A search that measures: chosen on held-out examples, reported on those that took no part in the choice."""

import json
from pathlib import Path

import pytest

from core import commands
from core.budget import FASTEST, Budget
from core.control import Control
from core.engine.run import make_spec
from core.engine.store import Store, default_store
from core.jobs import finding
from core.jobs.finding import REPORTED, Part, candidates, find, held_to
from core.models import find as models
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import tiny

REVIEWS = Origin("reviews")


@pytest.fixture
def model(tmp_path, monkeypatch):
    folder = tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert()))
    monkeypatch.setattr(models, "DEMO", Path(folder))
    return folder


def test_candidates_are_recipes_that_exist_each_once():
    dense = tiny.spec()
    plain, all_ = candidates(dense, 6, trains=False), candidates(dense, 6, trains=True)
    assert set(plain) < set(all_) and len(set(all_)) == len(all_) > 100 and dense not in all_
    assert not any(step.technique == "distil" for spec in plain for step in spec.steps)
    assert {step.config.layers for spec in all_ for step in spec.steps[:1] if step.technique == "distil"} == {4, 3, 2}
    shallow = candidates(dense, 3, trains=True)
    assert {step.config.layers for spec in shallow for step in spec.steps[:1] if step.technique == "distil"} == {2}


def test_what_is_chosen_on_some_is_reported_on_others(model, tmp_path):
    store, budget = Store(tmp_path / "results"), Budget(mb=1000, goal=FASTEST)
    *_, report = find("demo", REVIEWS, budget, 3, store, Control(), trains=False)
    whole, held = load_task(REVIEWS), load_task(Origin("reviews", tuning=True))
    assert (report.chosen_on.data, report.chosen_on.examples) == (held.data, len(held.validation))
    assert (report.reported_on.data, report.reported_on.examples) == (whole.data, len(whole.validation))
    assert {result.spec.data for result in report.found.results} == {held.data}
    assert {result.spec.data for result in report.reported} == {whole.data} and 0 < len(report.reported) <= REPORTED
    recipes = {(one.spec.steps, one.spec.runtime) for one in report.found.results}
    assert {(one.spec.steps, one.spec.runtime) for one in report.reported} <= recipes
    pick = report.answer(budget).pick.result
    assert pick in report.reported and store.read(pick.key) is not None
    assert len(pick.quality.answers) == len(whole.validation)


def test_a_limit_of_quality_is_as_far_from_dense_on_either_part():
    learnt, other = Part("a", 872, 0.98), Part("b", 872, 0.90)
    assert held_to(Budget(quality=0.88, mb=20), learnt, other) == Budget(quality=pytest.approx(0.96), mb=20)
    assert held_to(Budget(quality=0.95), learnt, other).quality == 1.0
    assert held_to(Budget(mb=20), learnt, other) == Budget(mb=20)


def test_the_search_is_for_the_limit_of_its_own_part(model, tmp_path, monkeypatch):
    asked = []

    def searched(recipes, measure, budget, *rest):
        asked.append(budget.quality)
        return iter(())

    monkeypatch.setattr(finding, "search", searched)
    *_, report = find("demo", REVIEWS, Budget(quality=0.4), 1, Store(tmp_path / "r"), Control(), trains=False)
    assert asked == [pytest.approx(0.4 + report.chosen_on.dense - report.reported_on.dense)]
    assert report.chosen_on.dense != report.reported_on.dense


def test_it_goes_on_from_what_was_measured(model, tmp_path):
    store, budget = Store(tmp_path / "results"), Budget(mb=1000)
    *_, first = find("demo", REVIEWS, budget, 2, store, Control(), trains=False)
    *_, second = find("demo", REVIEWS, budget, 1, store, Control(), trains=False)
    assert len(second.found.results) == len(first.found.results) + 1


def test_the_command_prints_one_object_with_both_parts(model, capsys):
    line = ["search", "--task", "reviews", "--mb", "1000", "--most", "1", "--no-training", "--json"]
    assert commands.main(line) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pick"]["key"] and said["chosen_on"]["data"] != said["reported_on"]["data"]
    assert said["reported_on"]["examples"] == len(load_task(REVIEWS).validation)
    assert default_store().read(said["pick"]["key"]).spec.data == make_spec("demo", REVIEWS).data
