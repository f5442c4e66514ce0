"""A choice in words and as one object, from what is stored; the command that prints it."""

import dataclasses
import json
import re

import pytest

from core import paths
from core.budget import BEST, Budget, Option, answer, options
from core.commands import main
from core.engine.choose import about_times, dense_of, sentences, settled, stored, to_json, told
from core.engine.store import Store
from core.tasks.task import Origin
from core.techniques import parse_step
from tests.support import tiny
from tests.support.app import stored as stored_in_app

SPANISH = json.loads((paths.ASSETS / "text" / "errors.es.json").read_text(encoding="utf8"))


def option(right, ms, mb, *steps, runtime="torch"):
    scores = tuple(float(i < right) for i in range(100))
    spec = tiny.spec(steps=tuple(map(parse_step, steps)), runtime=runtime)
    return Option(tiny.result(spec, quality=tiny.quality(scores)), ms, ms, mb)


DENSE, INT8 = option(90, 40.0, 90.0), option(89, 12.0, 23.0, "quantize", runtime="onnx")
HALF = option(84, 20.0, 45.0, "structured")


def test_a_choice_is_said_in_words():
    budget = Budget(0.85, 30, 50, BEST)
    lines = list(map(str, sentences(answer([DENSE, INT8, HALF], budget), budget, "accuracy")))
    assert lines[0] == "Take int8 in ONNX Runtime: 89.0 % [81.4, 93.7], 12.0 ms, 23.0 MB."
    assert lines[-1].startswith("It was chosen by looking at these 100 examples")
    budget = Budget(0.88, 30, None, BEST)
    binding = str(sentences(answer([DENSE, INT8, HALF], budget), budget, "accuracy")[1])
    assert binding.startswith("What keeps a better one away is the limit of at most 30.0 ms. With at most 40.0 ms: ")


def test_a_limit_that_is_offered_lets_in_what_it_is_offered_for():
    odd = option(91, 42.3008, 13.2168)
    for budget in (Budget(ms=30, goal=BEST), Budget(mb=10, goal=BEST), Budget(0.905)):
        pool = [option(80, 20.0, 9.0), odd] if budget.quality is None else [odd, option(86, 4.0, 20.0)]
        found = answer(pool, budget)
        said = str(sentences(found, budget, "accuracy")[1])
        name, value = re.search(r"With at (?:most|least) ([\d.]+) (ms|MB|%)", said).group(2, 1)
        again = {"ms": Budget(ms=float(value), goal=BEST), "MB": Budget(mb=float(value), goal=BEST)}
        again["%"] = Budget(float(value) / 100)
        assert answer(pool, again[name]).pick is found.relaxation.option, said


def test_what_no_single_limit_keeps_away_is_named():
    budget = Budget(0.8, 13, 30, BEST)
    said = str(sentences(answer([DENSE, INT8], budget), budget, "accuracy")[1])
    assert said.startswith("No single limit keeps away what is better by more than 2 %; without limits: dense: 90.0 %")
    budget = Budget(mb=500, goal=BEST)
    said = str(sentences(answer([DENSE, INT8], budget), budget, "accuracy")[1])
    assert said == "No limit keeps a better one away: of the 2 results that are stored this is the most accurate."


def test_what_is_missed_by_little_is_not_missed_by_nothing():
    budget = Budget(mb=22.9996)
    assert str(sentences(answer([INT8], budget), budget, "accuracy")[1]).endswith("it misses the file by 0.0004 MB.")


def test_where_nothing_that_fits_was_timed_none_is_called_the_fastest():
    budget, untimed = Budget(mb=10), Option(INT8.result, None, None, 5.0)
    lines = sentences(answer([DENSE, untimed], budget), budget, "accuracy")
    assert str(lines[1]) == "Nothing that fits was timed, so that none of it can be called the fastest."
    assert lines[1].sentence in SPANISH


def test_the_fastest_is_so_of_what_was_timed():
    budget = Budget(mb=500)
    lines = sentences(answer([DENSE, INT8, Option(HALF.result, None, None, 40.0)], budget), budget, "accuracy")
    assert str(lines[1]).endswith("of the 2 results that were timed this is the fastest.")
    assert lines[1].sentence in SPANISH


def test_nothing_fits_is_said_with_the_closest():
    budget = Budget(0.89, 10, 20)
    first, second = map(str, sentences(answer([DENSE, INT8], budget), budget, "accuracy"))
    assert first == "None of the 2 results that are stored fits."
    assert second.endswith("it misses the time by 2.0 ms and the file by 3.0 MB.")


@pytest.mark.parametrize(
    "budget", [Budget(0.85, 30, 50), Budget(0.99, 1), Budget(mb=500, goal=BEST), Budget(), Budget(0.8, 13, 30, BEST)]
)
def test_every_sentence_has_its_spanish(budget):
    found = answer([DENSE, INT8, HALF, Option(HALF.result, None, None, 40.0)], budget)
    for line in sentences(found, budget, "accuracy"):
        assert line.sentence in SPANISH and "{" not in line.translated(SPANISH)


def test_whose_times_count_is_said_and_what_fits_by_anothers(tmp_path):
    """Where a machine has not timed all, and nothing that it has timed fits."""

    def timed(result, ms, machine):
        speed = tiny.speed((ms,) * 9, (40.0,) * 9)
        there = dataclasses.replace(speed.environment, machine=machine)
        beside = "" if result.spec.runtime == "torch" else "torch"
        return result.with_speed(dataclasses.replace(speed, environment=there, against=beside))

    dense = timed(timed(DENSE.result, 40.0, "far"), 40.0, "near")
    half, int8 = timed(timed(HALF.result, 20.0, "far"), 20.0, "near"), timed(INT8.result, 12.0, "near")
    slow = timed(tiny.result(tiny.spec(seed=3)), 30.0, "far")
    results, budget = [dense, half, int8, slow], Budget(0.88, 15, None)
    lines = about_times(results, answer(options(results, "far"), budget), budget, "far")
    assert str(lines[0]) == "Times are those of far, where 3 of 4 results were timed."
    assert str(lines[1]).startswith("By the times of near this fits: int8") and len(lines) == 2
    assert all(line.sentence in SPANISH for line in lines)
    assert settled(results, budget) == "near" and settled(results, Budget(0.88, 45)) == "far"  # the usual one
    assert settled(results, Budget(0.88, 1)) == settled(results, Budget(0.88, goal=BEST)) == ""
    found = answer(options(results, "near"), budget)
    assert found.pick is not None and len(about_times(results, found, budget, "near")) == 1
    assert about_times(results, found, Budget(0.88, goal=BEST), "near") == []  # no time matters
    assert about_times([dense, half], found, budget, "near") == []  # all are timed


def test_as_one_object():
    budget = Budget(0.85, 30, 50, BEST)
    found = to_json(answer([DENSE, INT8, HALF], budget), budget)
    assert found["pick"] == {
        "key": INT8.result.key,
        "words": str(told(INT8)),
        "accuracy": 0.89,
        "low": INT8.result.quality.interval.low,
        "high": INT8.result.quality.interval.high,
        "n": 100,
        "ms": 12.0,
        "mb": 23.0,
    }
    assert found["closest"] is None and found["misses"] == {} and json.loads(json.dumps(found)) == found
    nothing = to_json(answer([Option(HALF.result, None, None, 40.0)], Budget(ms=1)), Budget(ms=1))
    assert nothing["pick"] is None and nothing["misses"] == {"ms": None} and nothing["closest"]["mb"] == 40.0


def test_what_starts_elsewhere_is_no_choice(tmp_path):
    store = Store(tmp_path / "results")
    mine, head = tiny.spec(), tiny.spec(steps=(parse_step("heads:remove=1.1"),))
    for spec in (mine, head, tiny.spec(revision="other"), tiny.spec(data="other"), tiny.spec(null_threshold=1.0)):
        store.write(tiny.result(spec))
    assert [result.spec for result in stored(mine, store)] == [mine]


def test_official_tasks_need_no_examples(monkeypatch):
    monkeypatch.delenv("BONSAI_DATA", raising=False)
    assert dense_of("demo", Origin("sst2")).data and dense_of("demo", Origin("reviews")).task == "reviews"


def test_the_command_names_it_and_says_by_its_exit_code_whether_anything_fits(capsys):
    stored_in_app({0: (0.9, 36), 0.5: (0.8, 30)})
    asked = ["choose", "--model", "demo", "--task", "reviews"]
    assert main([*asked, "--accuracy", "0.85", "--mb", "50", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pick"]["words"].startswith("dense: 90.0 %")
    assert main([*asked, "--accuracy", "0.95"]) == 1
    assert capsys.readouterr().out.startswith("None of the 2 results that are stored fits.\nThe closest is dense")
    for option_, value in (("--accuracy", "88"), ("--accuracy", "0"), ("--ms", "-1"), ("--mb", "nan")):
        assert main([*asked, option_, value]) == 2
        assert "is not allowed" in capsys.readouterr().err
    assert main(["choose", "--model", "demo", "--task", "passages"]) == 2
    assert "nothing of 'demo' on 'passages' is stored yet" in capsys.readouterr().err
