"""The report's experiment and the slider's curves, on a tiny model in place of the demo."""

import dataclasses
import json

import pytest
import tiny

from core import experiment, models
from core.experiment import CURVE_AMOUNTS, METHODS, curve_spec, findings, recorded_report, report, report_specs
from core.run import make_spec
from core.spec import describe
from core.store import default_store
from core.tasks import Origin


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A demo model, a base model and examples, all tiny; the examples pass for the official ones."""
    monkeypatch.setattr(models, "DEMO", tmp_path / "demo")
    tiny.folder(tmp_path / "demo")
    base = tiny.folder(tmp_path / "base", tiny.bert(head=False, seed=5))
    origin = Origin(tiny.csv_file(tmp_path / "sst2.csv"))
    data = make_spec("demo", origin).data
    monkeypatch.setattr(experiment, "known_data", lambda name: data)
    return base, origin


def test_the_rows_are_the_reports():
    base, demo = tiny.spec(model="base", revision="0" * 16, new_head=True), tiny.spec()
    rows = {name: spec for name, _, spec in report_specs(base, demo)}
    assert list(rows) == ["a0", "a", "b", "c", "c-random", "d"]
    steps = {name: [describe(step) for step in spec.steps] for name, spec in rows.items()}
    l1 = "magnitude:amount=0.3,criterion=l1,scope=layer,layers=all"
    assert steps["a0"] == steps["b"] == [] and steps["a"] == steps["c"] == [l1]
    assert steps["c-random"] == ["magnitude:amount=0.3,criterion=random,scope=layer,layers=all"]
    assert steps["d"][0] == l1 and steps["d"][1].startswith("finetune:")
    assert rows["a"].new_head and rows["a"].dense == base and rows["d"].dense == demo
    assert [name for name, _, _ in report_specs(None, demo)] == ["b", "c", "c-random", "d"]


def test_report_measures_every_row_and_finds_it_again(world):
    rows = report(*world, default_store())
    assert [row.name for row in rows] == ["a0", "a", "b", "c", "c-random", "d"]
    for row in rows:
        assert row.dense.spec == row.result.spec.dense
        speed = next(s for s in row.result.speeds if s.seq is None)
        assert speed.batch == 8 and speed.examples == row.result.quality.interval.n
    found = {row.name: row.result for row in rows}
    assert found["c"].size.bytes == found["b"].size.bytes and found["c"].size.zip_bytes < found["b"].size.zip_bytes
    assert found["c"].size.prunable_nonzero == found["d"].size.prunable_nonzero < found["b"].size.prunable
    assert report(*world, default_store()) == rows  # measured once
    recorded = recorded_report(default_store(), make_spec("demo", world[1]))
    assert [(row.name, row.result) for row in recorded] == [(row.name, row.result) for row in rows]

    text = experiment.table(rows)
    for words in (
        "(a) head not fine-tuned, 30 % l1",
        "samples/s",
        "zipped",
        experiment.CONCLUDED,
        "Measured in one runtime",
    ):
        assert words in text, words
    values = json.loads(json.dumps(experiment.to_json(rows)))
    assert [row["name"] for row in values["rows"]] == list(found) and values["concluded"] == experiment.CONCLUDED
    assert all(row["speed"]["seq"] is None and row["quality"]["n"] > 0 for row in values["rows"])
    figures = findings(rows)
    assert values["measured"] == experiment.MEASURED.format(**figures)
    assert figures["mb"] == figures["dense_mb"] and "x [" in figures["speedup"]


def test_a_report_with_nothing_recorded(world):
    assert recorded_report(default_store(), make_spec("demo", world[1])) == []
    assert findings([]) == {} and experiment.verdict([]) == ""


def test_curves_hold_every_method_at_every_tenth(world, monkeypatch):
    monkeypatch.setattr(experiment, "CURVE_AMOUNTS", (0.5, 0.9))
    found = experiment.curves("demo", world[1], default_store())
    assert len(found) == 1 + len(METHODS) * 2 and all(result.speeds for result in found)
    dense = make_spec("demo", world[1])
    for method in METHODS:
        for amount in (0.5, 0.9):
            result = default_store().read(curve_spec(dense, method, amount).key)
            assert result.size.prunable_nonzero == pytest.approx((1 - amount) * result.size.prunable, abs=12)


def test_the_dots_of_the_curve():
    assert CURVE_AMOUNTS == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert set(METHODS) == {"l1-layer", "l1-global", "random"}
    dense = tiny.spec()
    keys = {
        curve_spec(dense, m, a, layers).key for m in METHODS for a in CURVE_AMOUNTS for layers in ("encoder", "all")
    }
    assert len(keys) == 3 * 9 * 2
    assert curve_spec(dense, "random", 0) == dense
    (step,) = curve_spec(dense, "l1-global", 0.3, "all").steps
    assert step.config == dataclasses.replace(METHODS["l1-global"], amount=0.3, layers="all")
