"""One result beside dense, as --json prints it and as a table for people; and how far its seeds are apart."""

import dataclasses
import json

import pytest

from core.environment import here
from core.result import Interval, compare, from_json
from core.result import to_json as to_json_result
from core.spec import Step, to_json
from core.summary import accuracy_spread, change, gain_spread, percent, ran_in, stored_seeds, summary, table
from core.techniques import magnitude, quantize
from tests.support import tiny

SPEC = tiny.spec(steps=(Step("magnitude", magnitude.Config(amount=0.3)),))
SPEED = tiny.speed((2.0, 2.0, 2.0), (4.0, 4.0, 4.0))
DENSE = tiny.result()
RESULT = tiny.result(SPEC, quality=tiny.quality((1.0, 0.0, 0.0, 1.0)))


def test_the_object_holds_what_the_contract_names():
    values = json.loads(json.dumps(summary(RESULT, DENSE, SPEED)))
    assert list(values) == ["key", "spec", "environment", "quality", "speed", "speed_vs_torch", "size", "facts"]
    assert values["key"] == SPEC.key and values["spec"] == to_json(SPEC)
    assert {"metric", "value", "low", "high", "n", "loss", "kinds", "vs_dense"} <= set(values["quality"])
    assert set(values["quality"]["vs_dense"]) == {"delta", "low", "high", "p", "agreement", "flipped"}
    assert values["quality"]["kinds"]["plain"]["n"] == 4 and values["quality"]["vs_dense"]["flipped"] == [1]
    wanted = {"runtime", "batch", "seq", "threads", "median_ms", "dense_median_ms", "speedup", "low", "high", "verdict"}
    assert wanted | {"samples_per_second", "steps_per_second"} <= set(values["speed"])
    assert (values["speed"]["speedup"], values["speed"]["verdict"]) == (2.0, "faster")
    assert {"params", "nonzero", "bytes", "zip_bytes", "macs"} <= set(values["size"])
    assert values["environment"] == dataclasses.asdict(here())


def test_no_speed_is_null():
    assert summary(RESULT, DENSE, None)["speed"] is None


def test_the_table_says_it_in_words():
    text = table(RESULT, DENSE, SPEED)
    assert text.startswith("magnitude:amount=0.3,criterion=l1,scope=layer,layers=encoder\n")
    for words in ("accuracy", "50.0 %", "dense 75.0 %", "faster", "2.00x", "1 answers changed", SPEC.key, "plain"):
        assert words in text, words
    assert table(DENSE, DENSE, None).startswith("dense\n")


def test_the_table_flags_a_busy_machine():
    busy = tiny.speed((2.0, 2.0), (4.0, 4.0), cpu_share=0.3)
    assert "(the machine was busy: --again takes it once more)" in table(RESULT, DENSE, busy)
    assert "busy" not in table(RESULT, DENSE, SPEED)


def test_shares_as_percent():
    assert percent(Interval(0.9117, 0.891, 0.929, 872)) == "91.2 % [89.1, 92.9]"


def test_the_paired_difference_in_points():
    many = compare(tiny.quality((0.0,) * 60 + (1.0,) * 40), tiny.quality((1.0,) * 100))
    assert change(many).startswith("-60.0 points [-68.6, -49.1], p < 0.001, 60 answers changed")
    assert change(compare(DENSE.quality, DENSE.quality)).startswith("+0.0 points [")


@pytest.mark.parametrize("mode", ["fp16", "bf16", "int8-dynamic"])
def test_the_precision_of_a_time_is_the_specs(mode):
    result = dataclasses.replace(RESULT, spec=tiny.spec(steps=(Step("quantize", quantize.Config(mode)),)))
    assert ran_in(result) == f"torch {mode}" and f"(torch {mode}, " in table(result, DENSE, SPEED)
    assert summary(result, DENSE, SPEED)["speed"]["precision"] == mode
    assert ran_in(DENSE) == "torch fp32"


def test_a_label_of_older_files_is_not_believed():
    values = to_json_result(dataclasses.replace(DENSE, speeds=(SPEED,)))
    values["speeds"][0]["runtime"] = "torch fp32"
    assert from_json(values, DENSE.spec).speeds == (SPEED,)


def seeds_of(spec, shares):
    """A store with a result of that share of right answers for each seed."""
    kept = {}
    for seed, right in shares.items():
        one = dataclasses.replace(spec, seed=seed)
        quality = tiny.quality((1.0,) * right + (0.0,) * (100 - right))
        kept[one.key] = tiny.result(one, quality=quality)
    return kept


def test_the_seeds_of_a_recipe_and_their_spread():
    spec = tiny.spec()
    found = stored_seeds(dataclasses.replace(spec, seed=2), seeds_of(spec, {0: 88, 1: 90, 2: 86, 11: 10}).get)
    assert sorted(found) == [0, 1, 2]
    assert dataclasses.astuple(accuracy_spread(found)) == (3, 88.0, 86.0, 90.0)


def test_gains_are_taken_seed_by_seed():
    spec = tiny.spec()
    one, other = (
        stored_seeds(spec, seeds_of(spec, shares).get) for shares in ({0: 88, 1: 90, 2: 80}, {0: 85, 1: 89, 5: 1})
    )
    spread = gain_spread(one, other)
    assert (spread.count, round(spread.mean, 6), round(spread.low, 6), round(spread.high, 6)) == (2, 2.0, 1.0, 3.0)


def test_one_seed_has_no_spread():
    spec = tiny.spec()
    alone = stored_seeds(spec, seeds_of(spec, {0: 88}).get)
    assert accuracy_spread(alone) is None and gain_spread(alone, alone) is None
