"""What came out: derived figures from raw values, comparisons, and the JSON they are kept in."""

import dataclasses
import json

import pytest

from core.engine.store import parse_spec
from core.environment import here, load_average
from core.intervals import MARGIN, mcnemar, paired_difference, wilson
from core.metrics import Sample
from core.result import Interval, Shape, compare, figure, from_json, to_json
from tests.support import tiny

DENSE = (10.0, 12.0, 11.0, 10.0, 10.0, 12.0, 11.0, 10.0)


def scaled(factor, jitter=0.0):
    times = tuple(t * factor * (1 + (jitter if i % 2 else -jitter)) for i, t in enumerate(DENSE))
    return tiny.speed(times, DENSE)


def test_share_has_its_wilson_interval():
    assert figure(Sample((1.0, 1.0, 0.0, 1.0))) == Interval(0.75, *wilson(3, 4), 4)
    assert figure(Sample(())) == Interval(0.0, 0.0, 1.0, 0)


def test_ratios_are_taken_pair_by_pair():
    speed = tiny.speed((5.0, 4.0, 4.0), (10.0, 4.0, 12.0))
    assert speed.ratios == (2.0, 1.0, 3.0) and speed.speedup == 2.0
    assert (speed.median_ms, speed.dense_median_ms) == (4.0, 10.0)


@pytest.mark.parametrize(
    ("speed", "verdict"),
    [
        (scaled(0.5), "faster"),
        (scaled(2.0), "slower"),
        (scaled(1.0), "no difference shown"),
        (scaled(1 / (1 + MARGIN / 2)), "no difference shown"),
        (scaled(1 / (1 + 2 * MARGIN)), "faster"),
        (scaled(1 / (1 - 2 * MARGIN)), "slower"),
        # the median is a fifth faster, but the interval reaches across 1
        (scaled(0.8, jitter=0.4), "no difference shown"),
        (dataclasses.replace(scaled(0.5), cpu_share=0.5), "busy"),  # of which a ratio says little
    ],
)
def test_verdict_needs_the_whole_interval(speed, verdict):
    assert speed.verdict == verdict
    assert speed.interval[0] <= speed.speedup <= speed.interval[1]


def test_samples_and_steps_per_second():
    speed = tiny.speed((100.0, 150.0), (100.0, 150.0), batch=8, seq=None, examples=13)
    assert speed.samples_per_second == 52.0 and speed.steps_per_second == 8.0


@pytest.mark.parametrize(("cpu_share", "busy"), [(1.0, False), (0.81, False), (0.79, True), (0.1, True)])
def test_a_busy_machine_is_flagged(cpu_share, busy):
    assert tiny.speed((1.0,), (1.0,), cpu_share=cpu_share).busy is busy


def test_a_speed_is_found_by_machine_and_settings():
    here_, other = tiny.speed((1.0,), (1.0,)), dataclasses.replace(here(), machine="another")
    far = tiny.speed((2.0,), (2.0,), environment=other)
    batch = tiny.speed((3.0,), (3.0,), batch=8, seq=None, threads=2)
    result = tiny.result().with_speed(far).with_speed(here_).with_speed(batch)
    assert result.speed(here().machine) == here_
    assert result.speed("another") == far
    assert result.speed(here().machine, 8, None, 2) == batch
    assert result.speed(here().machine, 8, 64) is None and result.speed("a third") is None


def test_a_newer_speed_takes_the_place_of_the_older():
    first, second = tiny.speed((1.0,), (1.0,)), tiny.speed((2.0,), (2.0,))
    other = tiny.speed((3.0,), (3.0,), threads=2)
    result = tiny.result().with_speed(first).with_speed(other).with_speed(second)
    assert result.speeds == (other, second)


def test_comparison_with_dense():
    dense = tiny.quality((1.0, 1.0, 1.0, 0.0, 0.0, 1.0), ("a", "a", "b", "a", "b", "b"))
    quality = tiny.quality((0.0, 0.0, 1.0, 1.0, 0.0, 1.0), ("b", "b", "b", "b", "b", "b"))
    found = compare(quality, dense)
    assert found.flipped == (0, 1, 3) and found.agreement == 0.5
    assert (found.delta, found.low, found.high) == paired_difference(2, 1, 6) and found.delta == pytest.approx(-1 / 6)
    assert found.p == mcnemar(2, 1) == 1.0


def test_dense_compared_with_itself():
    quality = tiny.quality()
    found = compare(quality, quality)
    assert (found.delta, found.p, found.agreement, found.flipped) == (0, 1, 1, ())
    assert found.low < 0 < found.high


def test_an_answer_may_change_without_its_score():
    # two wrong answers of three classes: the example flipped, neither model is better on it
    found = compare(tiny.quality((0.0,), ("c",)), tiny.quality((0.0,), ("b",)))
    assert found.flipped == (0,) and found.delta == 0


def test_fractions_are_compared_by_how_much_they_differ():
    found = compare(tiny.quality((0.9,) * 4, metric="mean F1"), tiny.quality((1.0,) * 4, metric="mean F1"))
    assert found.delta == pytest.approx(-0.1) and found.p == 2 / 16  # of 16 choices of signs, all and none
    assert -1 < found.low < found.delta < found.high < 1


def test_other_metrics_cannot_be_compared():
    with pytest.raises(ValueError, match="F1 and accuracy cannot be compared"):
        compare(tiny.quality(metric="mean F1"), tiny.quality())


def test_other_examples_cannot_be_compared():
    with pytest.raises(ValueError, match="4 and 3 examples cannot be paired"):
        compare(tiny.quality((1.0,) * 4), tiny.quality((1.0,) * 3))


def test_json_round_trip():
    result = tiny.result().with_speed(tiny.speed((1.5, 2.5), (3.0, 4.0), batch=8, seq=None))
    values = json.loads(json.dumps(to_json(result)))
    assert from_json(values, parse_spec(values["spec"])) == result


def test_what_was_recorded_without_installation_and_time_is_still_read():
    result = tiny.result().with_speed(tiny.speed((1.5,), (3.0,)))
    values = json.loads(json.dumps(to_json(result)))
    for part in (values["quality"], values["speeds"][0]):
        del part["measured_at"], part["environment"]["installation"]
    assert from_json(values, parse_spec(values["spec"])) == result and result.quality.environment.installation == ""


@pytest.mark.parametrize("shape", [None, Shape(32, (32, 8), (64, 0))])
def test_the_shape_of_a_model_is_kept_and_may_be_unknown(shape):
    result = tiny.result(size=dataclasses.replace(tiny.result().size, shape=shape))
    values = json.loads(json.dumps(to_json(result)))
    assert from_json(values, parse_spec(values["spec"])) == result
    del values["size"]["shape"]  # as older files are
    assert from_json(values, parse_spec(values["spec"])).size.shape is None


def test_raw_values_are_kept_and_derived_ones_left_out():
    values = to_json(tiny.result().with_speed(tiny.speed((1.5,), (3.0,))))
    assert values["speeds"][0]["times_ms"] == (1.5,) and values["speeds"][0]["dense_times_ms"] == (3.0,)
    assert "speedup" not in values["speeds"][0] and "verdict" not in values["speeds"][0]
    assert values["quality"]["scores"] == (1.0, 1.0, 0.0, 1.0)
    for part in (values["quality"], values["speeds"][0]):
        assert set(part["environment"]) == {"machine", "python", "torch", "transformers", "installation"}


def test_the_environment_names_machine_and_versions():
    found = here()
    assert "cores" in found.machine and found.python.startswith("3.") and found.torch.startswith("2.13")
    assert load_average() >= 0
