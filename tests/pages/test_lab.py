"""The Lab page from the entry point: its jobs, and the model as a checked file."""

import dataclasses
import json
import shlex

import pytest
import streamlit as st

from core import paths
from core.commands import parser, recipe_of
from core.control import Event
from core.engine import store as stores
from core.engine.run import make_spec, recorded_spec
from core.engine.store import default_store
from core.errors import Words
from core.jobs import exports, sweep
from core.jobs.status import Status, export_key
from core.result import Interval
from core.spec import Step, describe
from core.techniques import parse_step, quantize
from pages.components.lab import jobs
from pages.components.widgets import classroom, tiles
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import (
    BROWSER,
    HALF,
    REVIEWS,
    FakeJobs,
    button,
    lab,
    line,
    link_of,
    numbers,
    page,
    plain,
    sound,
    texts,
    ways,
)

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")
LAB = f"{BROWSER}/lab"
INT8 = "quantize:mode=int8-dynamic,embeddings=true,per_channel=true"


def test_a_recipe_is_measured_and_its_tiles_lead_to_the_tradeoffs():
    at = lab(HALF, runtime="torch")
    button(at, WORDS["lab.measure"]).click().run()
    sound(at)
    (key,) = FakeJobs.listed
    assert FakeJobs.waits[key] == {LAB}  # not a session's: it outlives the page
    result = default_store().read(key)
    assert describe(result.spec.steps[0]) == HALF and result.speeds
    assert [one.label for one in at.metric] == [WORDS[f"tile.{n}"] for n in ("accuracy", "latency", "file", "weights")]
    words = "50 % of the encoder's weights at zero, the smallest of each matrix"
    assert plain(at.expander[0].label) == f"{words} · PyTorch · demo · reviews · done after 1 s"
    assert any(text.startswith("Stored already") for text in texts(at.caption))
    titles = page("tradeoffs").dataframe[0].value[WORDS["table.recipe"]]
    assert "50 % of the encoder's weights at zero, the smallest of each matrix" in list(titles)
    at = page("lab")  # a refresh: another session, the same list, and the recipe can be opened again
    assert len(_told(at)) == 1 and len(at.metric) == 4 and link_of(at) == []
    button(at, WORDS["queue.open"]).click().run()
    assert link_of(sound(at)) == [HALF] and at.session_state["runtime"] == "torch"


def test_the_recipe_of_an_export_can_be_opened_again():
    at = lab(HALF, format="hf", runtime="onnx", seed="4")
    button(at, WORDS["takehome.export"].format(form=WORDS["format.hf"])).click().run()
    at = page("lab", runtime="onnx")
    assert not at.success
    button(at, WORDS["queue.open"]).click().run()
    assert link_of(sound(at)) == [HALF] and len(at.success) == 1
    assert [at.session_state[name] for name in ("format", "runtime", "seed")] == ["hf", "onnx", 4]


def _told(at):
    """What became of jobs, without what the cache holds."""
    return [one for one in at.expander if one.label != WORDS["kept.title"]]


def running(key, **changes):
    event = Event("evaluate", 64, 256, 7.0, value=0.75, low=0.6, high=0.8)
    return dataclasses.replace(Status(key, "half", "running", event, 1, None, 12.0), **changes)


def test_a_recipe_has_one_key_on_the_page_in_the_shell_and_in_a_sweep(tmp_path, monkeypatch):
    recipe = ["distil:layers=3", "quantize:mode=int8-dynamic"]
    monkeypatch.setattr(FakeJobs, "answer", running("x"))
    at = lab(*recipe, runtime="torch")
    button(at, WORDS["lab.measure"]).click().run()
    (on_page,) = FakeJobs.listed
    words = ["run", "--model", "demo", "--task", "reviews", "--json", "--step", recipe[0], "--step", recipe[1]]
    in_shell, _ = recipe_of(parser().parse_args(words), "torch")
    file = tmp_path / "recipes.json"
    file.write_text(json.dumps([{"steps": recipe}]))
    (in_sweep,) = sweep.read(file, make_spec("demo", REVIEWS))
    assert on_page == in_shell.key == in_sweep.key


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_job_shows_how_far_it_is_and_can_be_cancelled(language):
    words = catalogue(language)
    waits = running("two", title="", state="waiting", event=Event("waiting"), ahead=3, wait_s=40.0)
    FakeJobs.listed.update(one=running("one"), two=waits, three=running("three", title="somebody's"))
    FakeJobs.waits.update(one={LAB}, two={BROWSER}, three={"somebody", f"{'1' * 32}/lab"})
    at = page("lab", lang=language)
    bars = at.get("progress")
    place, later = words["queue.place"].format(count=3), words["stage.eta"].format(seconds=40)
    assert bars[1].proto.text == f"{words['stage.waiting']} · {place} · {later}"
    assert words["queue.others"].format(count=1) in texts(at.caption) and "**somebody's**" not in texts(at.markdown)
    eta = words["stage.eta"].format(seconds=7)
    assert [bar.proto.value for bar in bars] == [25, 0] and bars[0].proto.text == f"{words['stage.evaluate']} · {eta}"
    told = next(text for text in texts(at.caption) if text.startswith(words["queue.seconds"].format(seconds=12)))
    assert numbers("75.0 %", language) in told and words["stage.restarted"] in told
    assert {"**half**", f"**{words['queue.untitled']}**"} <= set(texts(at.markdown))
    assert {"cancel-one", "cancel-two"} <= {one.key for one in at.button}
    at = page("lab")
    at.button(key="cancel-one").click().run()
    assert FakeJobs.cancelled == ["one"]


def test_the_teacher_sees_and_cancels_everybodys_jobs(monkeypatch):
    monkeypatch.setattr(classroom, "has_teacher", lambda: True)
    FakeJobs.listed.update(other=running("other", title="somebody's"))
    FakeJobs.waits.update(other={"somebody"})
    at = page("lab")
    assert "**somebody's**" in texts(at.markdown)
    at.button(key="cancel-other").click().run()
    assert FakeJobs.cancelled == ["other"]


def test_a_job_that_others_wait_for_goes_on(monkeypatch):
    FakeJobs.listed.update(one=running("one"))
    FakeJobs.waits.update(one={LAB, "somebody"})
    at = page("lab")
    at.button(key="cancel-one").click().run()
    assert FakeJobs.cancelled == [] and texts(at.toast) == [WORDS["measured.goes_on"]]


def test_a_job_has_a_log():
    log = ((0.2, Event("load")), (61.0, Event("train", 1, 10)), (75.0, Event("train", 5, 10, value=0.875)))
    FakeJobs.listed.update(one=running("one", log=log), two=running("two", state="done", log=log[:1]))
    FakeJobs.waits.update(one={LAB}, two={LAB})
    trained = WORDS["queue.trained"].format(step=5, steps=10, accuracy="87.5 %")
    load, train = WORDS["stage.load"], WORDS["stage.train"]
    first, second = (code.value for code in page("lab").code if ":0" in code.value)
    assert first.splitlines() == [f"  0:00  {load}", f"  1:01  {train}", f"  1:15  {train}  {trained}"]
    assert second == f"  0:00  {load}"


def test_tradeoffs_waits_for_what_the_lab_computes(monkeypatch):
    FakeJobs.listed.update(one=running("one"), other=running("other"))
    FakeJobs.listed["export-key-onnx"] = running("export-key-onnx", form="onnx")  # which is no point of theirs
    FakeJobs.waits.update({"one": {LAB}, "other": {"somebody"}, "export-key-onnx": {LAB}})
    default_store().write(tiny.result(make_spec("demo", REVIEWS)))
    assert WORDS["queue.arriving"].format(count=1) in texts(page("tradeoffs").caption)
    again = []
    monkeypatch.setattr(st, "rerun", lambda: again.append(True))
    monkeypatch.setattr(jobs, "jobs", FakeJobs)
    jobs._await([])
    assert not again
    FakeJobs.listed["one"] = running("one", state="done")
    jobs._await([])
    assert again
    assert not [text for text in texts(page("tradeoffs").caption) if text.startswith("Still being computed")]


def test_jobs_that_end_are_told_with_their_reason():
    FakeJobs.waits.update(bad={LAB}, stopped={LAB}, gone={LAB}, other={"somebody"})
    FakeJobs.listed.update(
        bad=running("bad", state="failed", error=Words("no space left")),
        stopped=running("stopped", state="cancelled"),
        gone=running("gone", state="done"),
        other=running("other", state="done"),
    )
    at = page("lab")
    assert [one.label.partition(" · ")[2] for one in _told(at)] == [
        WORDS[f"queue.{state}"].format(seconds=12) for state in ("done", "cancelled", "failed")
    ]
    assert texts(at.error) == ["no space left"]
    assert {WORDS["queue.gone"], WORDS["queue.nothing_kept"]} <= set(texts(at.caption))


def test_without_the_examples_nothing_is_started():
    dense = recorded_spec("demo", "sst2")
    stores.Store(paths.CACHE / "recorded").write(tiny.result(dense))
    at = lab(HALF, task="sst2")
    assert {WORDS["lab.not_runnable"], WORDS["takehome.not_runnable"]} <= set(texts(at.markdown))
    assert ways(at, "lab") == ways(at, "takehome") == [WORDS["empty.on_reviews"]] and line(at).task == "sst2"
    assert WORDS["lab.measure"] not in [one.label for one in at.button]
    assert not [one for one in at.button if one.label.startswith("Export")]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_model_is_exported_checked_and_offered(language):
    words = catalogue(language)
    at = lab(HALF, format="hf")
    sound(button(at, WORDS["takehome.export"].format(form=WORDS["format.hf"])).click().run())
    assert len(at.success) == 1
    at = lab(HALF, format="hf", lang=language)  # another visitor finds it at once
    spec = make_spec("demo", REVIEWS, [parse_step(HALF)])
    assert list(FakeJobs.listed) == [export_key(spec, "hf")]
    found = exports.find(spec.key, "hf")
    check = found.exported.check
    assert check.good and texts(at.success) == [words["takehome.good"].format(n=check.accuracy.n)]
    values = {metric.label: metric.value for metric in at.metric}
    assert values == {
        words["tile.accuracy"]: numbers(f"{100 * check.accuracy.value:.1f} %", language),
        words["takehome.same"]: numbers("100.0 %", language),
        words["tile.latency"]: numbers(f"{check.latency_ms:.1f} ms", language),
        words["tile.file"]: numbers(f"{found.exported.bytes / 1e6:.1f} MB", language),
    }
    assert words["takehome.logits"].format(difference=f"{check.largest_difference:.1e}") in texts(at.caption)
    phone = words["takehome.phone"].format(low=f"{found.phone.low_ms:.0f}", high=f"{found.phone.high_ms:.0f}")
    assert phone in texts(at.caption)
    assert words["takehome.export"].format(form=words["format.hf"]) not in [one.label for one in at.button]
    assert words["queue.good"] in texts(at.markdown)


def test_the_zip_is_read_when_it_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(st, "download_button", lambda *given, **settings: asked.append((given, settings)))
    at = lab(format="hf")
    button(at, WORDS["takehome.export"].format(form=WORDS["format.hf"])).click().run()
    ((_, read, name, kind_of), _) = asked[-1]
    found = exports.find(make_spec("demo", REVIEWS).key, "hf")
    assert callable(read) and read() == found.exported.archive.read_bytes()
    assert name == found.exported.archive.name and kind_of == "application/zip"


def test_a_file_that_is_not_good_says_why_and_can_be_taken(monkeypatch):
    real, worse = exports.find, "a logit differs by 1.0e+00, more than 1e-04"
    at = lab(format="hf")
    button(at, WORDS["takehome.export"].format(form=WORDS["format.hf"])).click().run()

    def spoilt(key, form):
        found = real(key, form)
        check = dataclasses.replace(found.exported.check, largest_difference=1.0, accuracy=Interval(0.5, 0.4, 0.6, 600))
        return dataclasses.replace(found, exported=dataclasses.replace(found.exported, check=check))

    monkeypatch.setattr(exports, "find", spoilt)
    at = lab(format="hf")
    assert texts(at.warning)[-1] == WORDS["takehome.not_good"].format(reasons=worse)
    assert texts(at.success) == [] and at.metric[0].value == "50.0 %"
    (offered,) = at.get("download_button")
    assert offered.proto.label.startswith("Download it anyway")
    assert WORDS["queue.not_good"] in texts(at.markdown)


def test_a_format_that_cannot_hold_the_recipe_says_so():
    at = lab("quantize", format="hf")
    (sentence,) = texts(at.error)
    assert sentence.startswith("int8-dynamic cannot be written in the format 'hf'") and "choose onnx, pte" in sentence
    assert not button(at, WORDS["lab.measure"]).disabled  # it can be measured all the same
    assert not [one for one in at.button if one.label.startswith("Export")]
    at = lab("quantize:mode=fp16", format="pte")
    assert "'executorch' has no fp16" in texts(at.error)[-1]


def test_an_export_under_way_and_one_that_failed(monkeypatch):
    spec = make_spec("demo", REVIEWS, [Step("quantize", quantize.Config())], runtime="onnx")
    key = export_key(spec, "onnx")
    monkeypatch.setattr(FakeJobs, "answer", running(key))
    at = lab("quantize", format="onnx")
    assert WORDS["takehome.under_way"] in texts(at.info)
    assert not [one for one in at.button if one.label.startswith("Export")]
    monkeypatch.setattr(FakeJobs, "answer", running(key, state="failed", error=Words("no space left")))
    at = lab("quantize", format="onnx")
    assert texts(at.error) == ["no space left"]
    button(at, WORDS["takehome.export"].format(form="ONNX")).click().run()
    assert FakeJobs.waits[key] == {LAB}
    assert any("python -m core export" in code.value for code in at.code)
    shown = next(code.value for code in at.code if " core export " in code.value)
    assert parser().parse_args(shlex.split(shown)[3:]).format == "onnx"


def test_long_waits_are_told_in_minutes():
    assert tiles.eta(1263) == WORDS["stage.eta_minutes"].format(minutes=22)
    assert tiles.eta(80) == WORDS["stage.eta"].format(seconds=80)


def test_a_picture_that_waits_for_the_worker_says_so(monkeypatch):
    monkeypatch.setattr(FakeJobs, "answer", running("x", state="waiting", event=Event("waiting"), seconds=40.0))
    bars = [bar.proto.text for bar in page("matrices").get("progress")]
    assert bars and set(bars) == {WORDS["stage.waiting"]}
