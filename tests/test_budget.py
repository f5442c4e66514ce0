"""What a budget buys: three limits at once in their own units, what binds, what misses by least."""

import dataclasses
import random
import time

import pytest

from core.budget import BEST, FASTEST, SMALLEST, Budget, Option, answer, options
from core.environment import here
from core.result import Size
from tests.support import tiny

FAR = dataclasses.replace(here(), machine="far")


def option(right, ms, mb, ms_high=None):
    scores = tuple(float(i < right) for i in range(100))
    return Option(tiny.result(quality=tiny.quality(scores)), ms, ms_high or ms, mb)


# share of right answers, ms, MB
DENSE, INT8, STUDENT, TINY = option(90, 40.0, 90), option(89, 12.0, 23), option(86, 4.0, 20), option(70, 1.0, 3)
ALL = (DENSE, INT8, STUDENT, TINY)


@pytest.mark.parametrize(
    "budget, pick, following",
    [
        (Budget(), TINY, STUDENT),
        (Budget(goal=BEST), DENSE, INT8),
        (Budget(goal=SMALLEST), TINY, STUDENT),
        (Budget(quality=0.85), STUDENT, INT8),
        (Budget(quality=0.85, goal=BEST), DENSE, INT8),
        (Budget(ms=12.0, goal=BEST), INT8, STUDENT),
        (Budget(quality=0.88, ms=20, mb=30), INT8, None),
        (Budget(quality=0.86, mb=22, goal=SMALLEST), STUDENT, None),
    ],
)
def test_the_best_that_meets_every_limit_and_the_one_after_it(budget, pick, following):
    found = answer(ALL, budget)
    assert (found.pick, found.next) == (pick, following) and found.closest is None and not found.misses


def test_what_binds_is_the_limit_that_gives_way_first_for_something_better():
    found = answer(ALL, Budget(quality=0.88, ms=20, mb=30))
    assert found.binding == "quality" and found.relaxation.option is STUDENT and found.best is None
    assert found.relaxation.value == pytest.approx(0.86)
    found = answer(ALL, Budget(quality=0.5, ms=13, mb=30, goal=BEST))
    assert (found.pick, found.binding, found.best) == (INT8, None, DENSE)  # dense would take two limits at once
    hardly = option(90, 40.0, 89.5)
    found = answer([*ALL, hardly], Budget(mb=89.6, goal=BEST))
    assert (found.pick, found.relaxation, found.best) == (hardly, None, None)  # dense is no better
    little = Option(DENSE.result, 40.0, 40.0, 89.0)
    found = answer([DENSE, little], Budget(mb=89.5, goal=SMALLEST))
    assert (found.pick, found.best) == (little, None)
    found = answer([option(90, 40.0, 90), option(89, 39.9, 91)], Budget(mb=90.5))
    assert (found.relaxation, found.best.ms) == (None, 39.9)  # faster, but by less than is worth a word
    found = answer(ALL, Budget(ms=13, goal=BEST))
    assert (found.binding, found.relaxation.option, found.relaxation.value) == ("ms", DENSE, 40.0)
    assert answer(ALL, Budget(mb=100)).relaxation is None  # the fastest of all


def test_what_nobody_timed_is_not_the_fastest():
    untimed = option(95, None, 5)
    found = answer([*ALL, untimed], Budget(quality=0.85))
    assert found.pick is STUDENT and found.next is INT8
    assert answer([INT8, untimed], Budget(mb=10)).pick is untimed  # it fits, and nothing that was timed does
    assert answer([INT8, untimed], Budget(mb=10, ms=99)).pick is None  # a time nobody knows
    assert answer([untimed], Budget(mb=10)).pick is untimed  # nothing was timed at all
    assert answer([*ALL, untimed], Budget(mb=10, goal=BEST)).pick is untimed
    found = answer([INT8, untimed], Budget(mb=10))
    assert found.relaxation is found.best is None  # a timed one is not better for being timed
    assert answer([INT8, untimed], Budget(mb=10, goal=SMALLEST)).pick is untimed


def test_a_limit_never_stands_for_another_quantity():
    assert answer([option(90, 40.0, 5)], Budget(mb=10)).pick is not None
    assert answer([option(90, 5.0, 40)], Budget(mb=10)).pick is None


def test_where_nothing_fits_the_closest_and_by_how_much():
    found = answer(ALL, Budget(quality=0.88, mb=20))
    assert found.pick is None and found.closest is INT8 and found.misses == {"mb": pytest.approx(3.0)}
    found = answer(ALL, Budget(quality=0.95))
    assert found.closest is DENSE and found.misses == {"quality": pytest.approx(0.05)}
    assert answer([], Budget(quality=0.5)).closest is None


def test_with_confidence_the_worse_end_counts():
    loose, sure = Budget(quality=0.85, ms=10), Budget(quality=0.85, ms=10, sure=True)
    close = option(86, 9.0, 20, ms_high=11.0)
    assert answer([close], loose).pick is close
    missed = answer([close], sure)
    assert missed.misses == {
        "ms": pytest.approx(1.0),
        "quality": pytest.approx(0.85 - close.result.quality.interval.low),
    }


def test_what_was_not_timed_fits_no_time():
    unknown = Option(DENSE.result, None, None, 10.0)
    found = answer([unknown], Budget(ms=1000))
    assert found.pick is None and found.misses == {"ms": float("inf")}
    assert answer([unknown], Budget(mb=11, goal=FASTEST)).pick is unknown


def test_times_of_other_days_are_brought_to_one_dense_model():
    size = Size(1, 1, 1, 1, 20_000_000, 1, 1, 128)
    quiet = tiny.result(size=size, speeds=(tiny.speed((5.0,) * 9, (10.0,) * 9, environment=here()),))
    busy = tiny.result(tiny.spec(seed=1), size=size, speeds=(tiny.speed((8.0,) * 9, (20.0,) * 9, environment=here()),))
    third = tiny.result(tiny.spec(seed=2), speeds=(tiny.speed((10.0,) * 9, (10.0,) * 9, environment=here()),))
    other = tiny.result(tiny.spec(seed=3), speeds=(tiny.speed((1.0,) * 9, (1.0,) * 9, environment=FAR),))
    found = options([quiet, busy, third, other])
    assert [one.ms for one in found] == [5.0, 4.0, 10.0, None]  # of a dense model that takes 10 ms
    assert found[0].mb == 20.0
    assert options([quiet, other], "far")[0].ms is None


def test_beside_another_runtime_the_time_is_that_against_dense_in_pytorch():
    speeds = (
        tiny.speed((4.0,) * 9, (8.0,) * 9, environment=here()),
        tiny.speed((4.0,) * 9, (12.0,) * 9, environment=here(), against="torch"),
    )
    onnx = tiny.result(tiny.spec(runtime="onnx"), speeds=speeds)
    assert options([onnx])[0].ms == 4.0 and options([onnx])[0].result is onnx


def test_a_thousand_results_are_answered_at_once():
    order = random.Random(0)
    many = [option(order.randint(50, 95), order.uniform(1, 50), order.uniform(2, 90)) for _ in range(1000)]
    started, cpu = time.perf_counter(), time.process_time()
    for goal in (FASTEST, SMALLEST, BEST):
        answer(many, Budget(0.8, 20, 40, goal))
    assert min(time.perf_counter() - started, time.process_time() - cpu) < 0.3  # three times 100 ms
