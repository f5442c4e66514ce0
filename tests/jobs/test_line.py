"""Who is next in the line, about how long it takes, and what a server that was killed leaves."""

import json

import pytest

from core.control import Event
from core.jobs import lanes, worker
from core.jobs.executor import RESTORED, Jobs
from core.jobs.line import Durations, Keeper, in_order
from core.jobs.status import Job


def job(name, *watchers, priority=lanes.QUICK, state="waiting", **about):
    return Job(name, key=name, priority=priority, state=state, watchers=set(watchers), **about)


def keys(jobs):
    return [one.key for one in jobs]


def test_the_first_of_each_session_goes_before_anybodys_second():
    asked = [job(f"a{number}", "ann") for number in range(4)] + [job("b0", "bob"), job("c0", "cy"), job("b1", "bob")]
    assert keys(in_order(asked)) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_what_runs_counts_for_its_session():
    asked = [job("a0", "ann", state="running"), job("a1", "ann"), job("b0", "bob"), job("over", "bob", state="done")]
    assert keys(in_order(asked)) == ["b0", "a1"]


def test_a_job_that_several_wait_for_has_the_best_of_their_places():
    asked = [job("a0", "ann"), job("a1", "ann"), job("both", "ann", "bob"), job("c0", "cy")]
    assert keys(in_order(asked)) == ["a0", "both", "c0", "a1"]


def test_an_accuracy_goes_before_times_and_both_before_a_training():
    asked = [job("long", "ann", priority=lanes.LONG), job("times", "ann", priority=lanes.TIMES), job("quick", "ann")]
    assert keys(in_order(asked)) == ["quick", "times", "long"]


def test_how_long_it_takes_is_known_from_what_was_done():
    durations, kind = Durations(), ("run", "magnitude")
    waiting = job("one", kind=kind)
    assert durations.of(kind) is None and durations.of_all([], [waiting]) is None
    for seconds in (4, 100, 5, 6):
        durations.add(kind, seconds)
    assert durations.of(kind) == 5.5
    running = job("two", kind=kind, state="running")
    assert durations.of_all([(running, 2.0)], [waiting]) == 9.0
    assert durations.of_all([(running, 60.0)], [waiting]) == 5.5  # late, and not less than nothing
    durations.add(kind, 1.0, part=True)
    assert durations.of(kind) == 1.0  # others wait behind the accuracy only
    unknown = job("three", kind=("other",), state="running", event=Event("train", 1, 9, eta_s=30.0))
    assert durations.of_all([(unknown, 1.0)], [waiting]) == 31.0
    assert durations.of_all([(job("four", kind=("other",)), 1.0)], [waiting]) is None


@pytest.fixture
def idle(monkeypatch):
    """An executor that does nothing of what waits."""
    monkeypatch.setattr(lanes.Lanes, "wake", lambda self: None)


def test_what_waits_is_found_by_the_next_server(tmp_path, idle):
    first = Jobs(Keeper(tmp_path))
    first.submit(worker.train, "training", {"spec": 1}, "a title", lanes.LONG, "ann", "spec", "")
    first.submit(worker.warm, "warm", {}, "", lanes.QUICK)
    first.submit(worker.warm, "over", {}, "", lanes.QUICK)
    first.cancel("over")
    assert Keeper(tmp_path).left() == []  # its server runs
    (file,) = tmp_path.glob("*.json")
    file.rename(file.with_name("1-1.json"))  # as if it had been killed: no such process began then
    second = Jobs(Keeper(tmp_path))
    assert [(status.key, status.title, status.spec) for status in second.active()] == [
        ("training", "a title", "spec"),
        ("warm", "", ""),
    ]
    assert second.watchers() == {"ann", RESTORED}  # whoever asked may still cancel
    assert [path.name for path in tmp_path.iterdir()] == [file.name]  # its own
    third = Jobs(Keeper(tmp_path))
    assert third.active() == []  # each once


def test_a_server_that_ends_with_nothing_to_do_leaves_nothing(tmp_path, idle):
    jobs = Jobs(Keeper(tmp_path))
    jobs.submit(worker.warm, "warm", {}, "", lanes.QUICK)
    jobs.cancel("warm")
    jobs.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[1, null, {}]", json.dumps([{"work": "os:system", "key": "x"}])])
def test_a_file_that_says_nothing_starts_nothing(tmp_path, idle, text):
    (tmp_path / "1-1.json").write_text(text)
    assert Jobs(Keeper(tmp_path)).active() == []


def test_work_that_is_none_of_the_workers_is_left_out(tmp_path, idle):
    entry = {"work": "os:system", "key": "x", "title": "", "payload": {}, "priority": 0, "spec": "", "form": ""}
    (tmp_path / "1-1.json").write_text(json.dumps([{**entry, "kind": []}]))
    assert Jobs(Keeper(tmp_path)).active() == []


def test_a_line_that_cannot_be_written_is_a_line_all_the_same(tmp_path, idle):
    (tmp_path / "file").write_text("")
    jobs = Jobs(Keeper(tmp_path / "file" / "folder"))
    jobs.submit(worker.warm, "warm", {}, "", lanes.QUICK)
    assert [status.key for status in jobs.active()] == ["warm"]
