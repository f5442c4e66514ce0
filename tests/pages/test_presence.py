"""Whose a job is: a browser that left takes its jobs along, but not the Lab's; and the teacher is known by a code."""

import time

import pytest
import streamlit as st

from core.control import Event
from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import default_store
from core.jobs import lanes, worker
from core.jobs.executor import RESTORED, Jobs
from core.jobs.status import Status
from pages.components.widgets import classroom, presence
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import BROWSER, REVIEWS, FakeJobs, page, texts

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def jobs(monkeypatch):
    monkeypatch.setattr(lanes.Lanes, "wake", lambda self: None)
    found = Jobs()
    for key, *watchers in (("slide", ANN), ("curve", f"{ANN}/curve"), ("both", ANN, BOB), ("lab", f"{ANN}/lab")):
        for watcher in watchers:
            found.submit(worker.warm, key, {}, "", lanes.QUICK, watcher)
    return found


def test_a_browser_whose_pages_are_closed_takes_its_jobs_along(jobs, monkeypatch):
    opened = {"one of ann's", "bob's"}
    monkeypatch.setattr(presence, "_is_open", opened.__contains__)
    sessions, seen = {ANN: {"one of ann's", "an old one"}, BOB: {"bob's"}}, {}
    clock = [time.monotonic()]
    monkeypatch.setattr(presence.time, "monotonic", lambda: clock[0])
    presence.leave_absent(jobs, sessions, seen)
    opened.discard("one of ann's")
    for _ in range(2):  # a lost connection comes back
        clock[0] += presence.ABSENT_S / 2
        presence.leave_absent(jobs, sessions, seen)
    assert len(jobs.active()) == 4
    clock[0] += 1
    presence.leave_absent(jobs, sessions, seen)
    assert [status.key for status in jobs.active()] == ["both", "lab"]
    assert jobs.watchers() == {BOB, f"{ANN}/lab"}


def test_what_one_browser_gives_up_others_keep(jobs):
    assert not jobs.give_up("slide", ANN) and not jobs.give_up("curve", ANN) and jobs.give_up("both", ANN)
    assert [status.key for status in jobs.active(ANN)] == ["lab"]
    assert jobs.give_up("lab", BOB) and not jobs.give_up("nothing", ANN)
    assert [status.key for status in jobs.active()] == ["both", "lab"]


def test_one_browser_cannot_ask_for_everything(monkeypatch):
    monkeypatch.setattr(lanes.Lanes, "wake", lambda self: None)
    jobs = Jobs(most={lanes.QUICK: 3, lanes.LONG: 1})
    for number in range(4):
        jobs.submit(worker.warm, f"quick {number}", {}, "", lanes.QUICK, f"{ANN}/{number}")
    refused = jobs.status("quick 3")
    assert refused.state == "failed" and str(refused.error).startswith("3 experiments of yours wait or run already")
    assert jobs.status("quick 2").state == "waiting" and refused.key in {s.key for s in jobs.watched(f"{ANN}/3")}
    for watcher, key in ((ANN, "long"), (BOB, "quick of bob's"), (BOB, "quick 0")):
        jobs.submit(worker.warm, key, {}, "", lanes.LONG if key == "long" else lanes.QUICK, watcher)
        assert jobs.status(key).state == "waiting"
    jobs.cancel("quick 0")
    jobs.submit(worker.warm, "quick 3", {}, "", lanes.QUICK, ANN)
    assert jobs.status("quick 3").state == "waiting"
    for number in range(3):  # of many browsers before a restart
        jobs.submit(worker.warm, f"left {number}", {}, "", lanes.LONG, RESTORED)
        assert jobs.status(f"left {number}").state == "waiting"


@pytest.mark.usefixtures("fresh_server")
def test_the_teacher_is_known_by_a_code_that_leaves_the_address(monkeypatch):
    st.cache_resource.clear()
    monkeypatch.setenv("BONSAI_TEACHER", "chalk")
    monkeypatch.setattr(classroom, "ON", True)
    for asked, known in (("cheese", False), ("chalk", True)):
        at = page("start", teacher=asked)
        assert "teacher" not in at.query_params
        assert classroom._teachers() == ({presence.browser()} if known else set())
        assert classroom.is_limited("reviews") is not known
        assert not classroom.is_limited("own.csv")  # of which nothing is stored
        said = catalogue("en")["class.teacher" if known else "class.no_teacher"]
        assert said in texts(at.toast)


@pytest.mark.usefixtures("fresh_server")
def test_without_a_class_nobody_is_limited_and_no_code_is_needed(monkeypatch, capsys):
    monkeypatch.delenv("BONSAI_TEACHER", raising=False)
    st.cache_resource.clear()
    page("start", teacher="")
    assert not classroom.is_limited("reviews") and not classroom.has_teacher()
    assert classroom.LINK not in capsys.readouterr().err
    monkeypatch.setattr(classroom, "ON", True)
    st.cache_resource.clear()
    page("start", teacher="x")
    assert f"?teacher={classroom._code()}" in capsys.readouterr().err and len(classroom._code()) >= 12


@pytest.mark.usefixtures("fresh_server")
def test_in_a_class_the_slider_goes_to_what_is_recorded_and_nothing_is_measured(monkeypatch):
    dense = make_spec("demo", REVIEWS)
    for spec in (dense, curve_spec(dense, "l1-layer", 0.3), curve_spec(dense, "l1-layer", 0.6)):
        default_store().write(tiny.result(spec))
    monkeypatch.setattr(classroom, "is_limited", lambda task: task == "reviews")
    words = catalogue("en")
    for asked, shown in (("36", 30), ("52", 60), ("60", 60)):
        at = page("slide", amount=asked)
        assert at.session_state["amount"] == shown and at.query_params["amount"] in (str(shown), [str(shown)])
        assert words["class.snapped"] in texts(at.caption)
    assert not [key for key, watchers in FakeJobs.waits.items() if BROWSER in watchers]
    monkeypatch.setattr(classroom, "is_limited", lambda task: False)
    monkeypatch.setattr(FakeJobs, "answer", Status("key", "", "running", Event("load"), 0, None, 1.0))
    page("slide", amount="52")
    assert curve_spec(dense, "l1-layer", 0.52).key in FakeJobs.listed
