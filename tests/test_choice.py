"""What results cost on an axis, and one machine's times at once."""

import dataclasses

import pytest

from core.choice import AXES, Candidate, machines, on_axis, one_machine, speed_of, usual
from core.environment import here
from core.result import Size
from tests.support import tiny

FAR = dataclasses.replace(here(), machine="far")
FARTHER = dataclasses.replace(here(), machine="farther")


def timed(ms, environment=None, **changes):
    return tiny.speed((ms,) * 3, (8.0,) * 3, environment=environment or here(), **changes)


def result(*speeds, **changes):
    return tiny.result(speeds=speeds, **changes)


def test_every_axis_has_its_cost_in_millions_and_time_in_milliseconds():
    size = Size(9_000_000, 4_000_000, 0, 0, 36_000_000, 30_000_000, 500_000_000, 128)
    one = result(timed(2.5), size=size)
    assert {axis: on_axis([one], axis) for axis in AXES} == {
        axis: [Candidate(one, cost)]
        for axis, cost in {"zip_mb": 30.0, "ms": 2.5, "mb": 36.0, "nonzero": 4.0, "macs": 500.0}.items()
    }


def test_times_of_two_machines_never_share_an_axis():
    both, theirs, untimed = result(timed(9.0, FAR), timed(2.0)), result(timed(3.0, FAR)), result()
    assert [c.cost for c in on_axis([both, theirs, untimed], "ms")] == pytest.approx([9.0, 3.0])
    assert [c.cost for c in on_axis([both, theirs, untimed], "ms", here().machine)] == [2.0]
    assert [c.cost for c in on_axis([both, theirs], "mb")] == [400 / 1e6] * 2  # a size needs no machine


def test_the_machine_that_timed_most_counts_and_of_two_with_as_many_this_one():
    far, ours, both = result(timed(6.0, FAR)), result(timed(1.0)), result(timed(7.0, FAR), timed(2.0), timed(9.0, FAR))
    assert list(machines([far, ours, both]).items()) == [(here().machine, 2), ("far", 2)]
    assert list(machines([far, far, ours, both])) == ["far", here().machine]  # one measurement here hides no others
    assert [speed and speed.median_ms for speed in one_machine([far, ours, both])] == [None, 1.0, 2.0]
    assert [speed and speed.median_ms for speed in one_machine([far, far, ours, both])] == [6.0, 6.0, None, 9.0]
    assert one_machine([]) == [] and one_machine([result()]) == [None] and machines([result()]) == {}


def test_only_times_of_the_usual_sentence_count_beside_the_asked_runtime():
    others = (timed(1.0, batch=8), timed(2.0, seq=64), timed(3.0, threads=2))
    own, beside = timed(4.0), timed(5.0, against="torch")
    one = result(*others, own, beside)
    assert usual(one) == [own] and usual(one, "torch") == [beside]
    assert one_machine([one, one], ["", "torch"]) == [own, beside]


def test_a_browser_has_no_pytorch_and_stands_beside_its_own_dense():
    phone = timed(3.0, dataclasses.replace(here(), machine="phone", torch=""))
    assert usual(result(phone), "torch") == usual(result(phone)) == [phone]


def test_a_result_alone_shows_this_machines_time_else_the_newest():
    assert speed_of(result(timed(1.0), timed(2.0, FAR))).median_ms == 1.0
    assert speed_of(result(timed(1.0, FARTHER), timed(2.0, FAR))).median_ms == 2.0
    assert speed_of(result()) is None


def test_a_time_of_a_busy_machine_counts_only_where_there_is_no_other():
    busy = dataclasses.replace(timed(3.0), cpu_share=0.5)
    assert speed_of(result(timed(2.0, FAR), busy)).median_ms == 2.0
    assert speed_of(result(timed(1.0), timed(2.0, FAR), busy)).median_ms == 1.0
    assert speed_of(result(busy)).median_ms == 3.0
