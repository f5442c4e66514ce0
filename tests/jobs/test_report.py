"""The report's experiment and the slider's curves, on a tiny model in place of the demo."""

import dataclasses
import json
import shutil

import pytest

from core.control import Control
from core.engine import lengths, recipes
from core.engine.recipes import METHODS, curve_spec
from core.engine.run import drawing_state, make_spec
from core.engine.store import default_store, recording_store
from core.jobs import recorded as jobs_recorded
from core.jobs import report as jobs_report
from core.jobs.recorded import recorded_lengths, recorded_specs
from core.jobs.report import (
    CONCLUDED,
    MEASURED,
    by_length,
    curves,
    findings,
    heads,
    movement,
    recorded_report,
    report,
    report_specs,
    table,
    to_json,
    verdict,
)
from core.models import find
from core.pictures import heads as head_pictures
from core.pictures.levels import levels
from core.spec import describe
from core.tasks.task import Origin
from core.techniques import parse_step
from tests.support import tiny


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A demo model, a base model and examples, all tiny; the examples pass for the official ones."""
    monkeypatch.setattr(find, "DEMO", tmp_path / "demo")
    tiny.folder(tmp_path / "demo")
    base = tiny.folder(tmp_path / "base", tiny.bert(head=False, seed=5))
    origin = Origin(tiny.csv_file(tmp_path / "sst2.csv"))
    data = make_spec("demo", origin).data
    monkeypatch.setattr(jobs_report, "known_data", lambda name: data)
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

    text = table(rows)
    for words in (
        "(a) head not fine-tuned, 30 % l1",
        "samples/s",
        "zipped",
        CONCLUDED,
        "Measured in one runtime",
    ):
        assert words in text, words
    values = json.loads(json.dumps(to_json(rows)))
    assert [row["name"] for row in values["rows"]] == list(found) and values["concluded"] == CONCLUDED
    assert all(row["speed"]["seq"] is None and row["quality"]["n"] > 0 for row in values["rows"])
    figures = findings(rows)
    assert values["measured"] == MEASURED.format(**figures)
    assert figures["mb"] == figures["dense_mb"] and "x [" in figures["speedup"]


def test_a_report_with_nothing_recorded(world):
    assert recorded_report(default_store(), make_spec("demo", world[1])) == []
    assert findings([]) == {} and verdict([]) == ""


@pytest.mark.long
def test_curves_are_all_that_is_recorded(world, monkeypatch):
    monkeypatch.setattr(jobs_recorded, "CURVE_AMOUNTS", (0.5,))
    monkeypatch.setattr(jobs_recorded, "DROPS", (1,))
    monkeypatch.setattr(jobs_recorded, "MIN_COUNTS", (1,))
    found = curves("demo", world[1], default_store())
    assert [r.spec for r in found] == recorded_specs(make_spec("demo", world[1]))
    assert len(found) == 1 + len(METHODS) + 1 + 3 + 1 and all(result.speeds for result in found)
    for result in found:
        compared = recipes.group(result.spec) in ("structured", "zeroed")  # removed and only zeroed
        assert all((s.peak_bytes is not None) == compared for s in result.speeds)
        if recipes.group(result.spec) in ("l1-layer", "wanda", "random"):
            assert result.size.prunable_nonzero == pytest.approx(0.5 * result.size.prunable, abs=12)


def test_what_was_measured_before_is_told_of_its_matrices(world, monkeypatch):
    only = [curve_spec(make_spec("demo", world[1]), "structured", 0.5)]
    monkeypatch.setattr(jobs_report, "recorded_specs", lambda dense: only)
    store = default_store()
    (fresh,) = curves("demo", world[1], store)
    store.write(dataclasses.replace(fresh, facts={name: fresh.facts[name] for name in ("heads", "widths")}))
    (told,) = curves("demo", world[1], store)
    assert told == fresh == store.read(fresh.key) and told.facts == fresh.facts


def test_half_the_work_is_timed_at_every_length(world, monkeypatch):
    monkeypatch.setattr(lengths, "BATCHES", (1, 2))
    monkeypatch.setattr(lengths, "TOKENS", (8, 16))
    found = by_length("demo", world[1], recording_store())
    assert [r.spec for r in found] == recorded_lengths(make_spec("demo", world[1]))
    for result in found:
        cells = {(s.batch, s.seq) for s in result.speeds if s.against == ""}
        assert cells == {(1, 8), (2, 8), (1, 16), (2, 16)}
        assert recording_store().read(result.key) == result


def test_movement_is_timed_twice_and_its_picture_needs_no_training(world, bonsai_cache, monkeypatch):
    step = parse_step("movement:density=0.5,block=8,steps=4,alpha=0")
    dense = make_spec("demo", world[1])
    monkeypatch.setattr(jobs_report, "moved", lambda dense: [dataclasses.replace(dense, steps=(step,))])
    monkeypatch.setattr(jobs_report, "moved_integers", lambda dense: [])
    (result,) = movement("demo", world[1], recording_store())
    assert {(s.batch, s.seq) for s in result.speeds} == {(1, 128), (8, None)} and result.facts["training_s"] > 0
    (kept,) = (bonsai_cache / "recorded" / "scores").glob(f"{dense.key}-movement-scores-*")
    shutil.rmtree(bonsai_cache / "scores")
    state, context = drawing_state(dense, Origin("sst2", "/nowhere"), default_store(), Control())
    assert levels(state, step, context).lines and kept.stat().st_size < 100_000


def test_the_densities_are_those_of_the_task(world):
    dense = make_spec("demo", world[1])
    found = [(one.steps[0].config.variant, one.steps[0].config.density) for one in jobs_recorded.moved(dense)]
    ours = jobs_recorded.MOVED["sst2"]
    assert found == [("hybrid-filled", d) for d in ours["movement"]] + [("hybrid", d) for d in ours["movement-blocks"]]
    integers = jobs_recorded.moved_integers(dense)
    assert [[step.technique for step in spec.steps] for spec in integers] == [["quantize"], ["movement", "quantize"]]
    assert integers[1].steps[0] in [spec.steps[0] for spec in jobs_recorded.moved(dense)]
    assert {spec.runtime for spec in integers} == {"onnx"}
    other = dataclasses.replace(dense, task="reviews")
    assert jobs_recorded.moved(other) == jobs_recorded.moved_integers(other) == []


def test_heads_are_taken_out_one_by_one_and_their_scores_are_kept(world, bonsai_cache):
    store = recording_store()
    found = heads("demo", world[1], store)
    assert len(found) == len({r.key for r in found}) == 8 and not any(r.speeds for r in found)
    assert {tuple(r.facts["heads"]) for r in found} == {(3, 4), (4, 3)}
    kept = {path.name.partition("-")[2] for path in (bonsai_cache / "recorded" / "scores").iterdir()}
    assert kept == {"heads.safetensors", "inputs.safetensors", "cuts-fisher-8.safetensors"}
    # another machine that has the recorded files needs no examples for the pictures
    shutil.rmtree(bonsai_cache / "scores")
    dense = dataclasses.replace(make_spec("demo", world[1]))
    state, context = drawing_state(dense, Origin("sst2", "/nowhere"), default_store(), Control())
    assert not context.task.train
    for method in ("wanda", "structured"):
        assert levels(state, METHODS[method], context).matrices
    assert head_pictures.importance(state, context)["fisher"].shape == (2, 4)
