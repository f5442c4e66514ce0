"""The search for a budget: what it measures, that it learns, and that it keeps what it found."""

import itertools

import pytest

from core.budget import BEST, FASTEST, MS, SMALLEST, Budget, answer, options
from core.control import Control
from core.engine.search import KIND, Space, search
from core.errors import Cancelled, ConfigError
from core.result import Size
from core.techniques import parse_step
from tests.support import tiny


def recipe(*steps):
    return tiny.spec(steps=tuple(map(parse_step, steps)))


def world():
    """Results by their Specs: the more goes the faster and smaller, and the more wrong; two kinds of recipes."""
    found = {}
    for keep, layers in itertools.product((0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2), (None, 4, 3, 2)):
        steps = [f"distil:layers={layers}"] * (layers is not None) + [f"structured:keep_macs={keep}"]
        spec, work = recipe(*steps), keep * (layers or 6) / 6
        right = round(100 * (0.93 - 0.15 * (1 - work) ** 3))
        scores = tuple(float(i < right) for i in range(100))
        size = Size(100, 90, 80, 70, round(20e6 + 70e6 * work), 300, 1000, 128)
        speed = tiny.speed((40 * work,) * 9, (40.0,) * 9)
        found[spec] = tiny.result(spec, quality=tiny.quality(scores), size=size, speeds=(speed,))
    return found


def test_choices_are_what_recipes_differ_in():
    specs = [recipe("distil:layers=2"), recipe("distil:layers=3", "wanda:amount=0.5"), recipe("wanda:amount=0.3")]
    space = Space.of(specs)
    assert set(space.choices) == {KIND, "distil.layers", "wanda.amount"}
    assert space.values[specs[1]] == {KIND: "distil + wanda + torch", "distil.layers": "3", "wanda.amount": "0.5"}
    twice = Space.of([recipe("distil:layers=2", "distil"), recipe("distil:layers=2", "distil:alpha=0")])
    assert set(twice.choices) == {KIND, "distil'.alpha"}


@pytest.mark.parametrize("goal", [FASTEST, SMALLEST, BEST])
def test_the_best_is_found_with_half_of_the_measurements(goal):
    results = world()
    budget = Budget(quality=0.9, goal=goal) if goal != BEST else Budget(ms=20, goal=BEST)
    best = answer(options(list(results.values())), budget).pick
    *_, found = search(list(results), results.__getitem__, budget, len(results) // 2)
    pick = found.answer(budget).pick
    cost = {FASTEST: MS, SMALLEST: "mb", BEST: "quality"}[goal]
    assert len(found.results) <= len(results) // 2 and pick.cost(cost, False) == pytest.approx(best.cost(cost, False))


def test_nothing_is_measured_twice_and_what_is_known_does_not_count():
    results, measured = world(), []

    def measure(spec):
        measured.append(spec)
        return results[spec]

    known = list(results.values())[:10]
    founds = list(search(list(results), measure, Budget(quality=0.9), 5, known))
    assert len(measured) == len(set(measured)) == 5 == len(founds) and not {one.spec for one in known} & set(measured)
    assert [len(found.results) for found in founds] == [11, 12, 13, 14, 15]
    rest = list(search(list(results), measure, Budget(quality=0.9), 1000, known))
    assert len(rest) == len(results) - 10  # and then there is nothing left


def test_what_cannot_be_measured_is_left_out_and_a_stopped_search_keeps_what_it_found():
    results, asked = world(), []

    def measure(spec):
        asked.append(spec)
        if len(asked) == 2:
            raise ConfigError("no")
        if len(asked) == 4:
            raise Cancelled
        return results[spec]

    *_, last = search(list(results), measure, Budget(quality=0.9), 10)
    assert len(last.results) == 2 and last.failed == (asked[1],) and len(asked) == 4
    stopped = search(list(results), measure, Budget(quality=0.9), 10, control=Control(cancelled=lambda: True))
    assert list(stopped) == [] and len(asked) == 4


def test_without_candidates_it_says_so():
    with pytest.raises(ConfigError, match="no recipe to choose from"):
        list(search([], lambda spec: None, Budget(), 3))


def test_the_same_seed_measures_the_same():
    results, orders = world(), []
    for seed in (0, 0, 1):
        *_, last = search(list(results), results.__getitem__, Budget(quality=0.9), 16, seed=seed)
        orders.append([result.spec for result in last.results])
    assert orders[0] == orders[1] != orders[2]
