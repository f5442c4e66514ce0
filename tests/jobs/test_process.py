"""A worker process by itself: what it says, how it is held up, what it is spared, and that it ends with its parent."""

import json
import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from core.jobs import process
from core.jobs.outcome import Outcome
from core.jobs.process import Worker, WorkerDied
from tests.support.worker import PATIENCE_S

pytestmark = pytest.mark.slow
WORK = "tests.support.work"


@pytest.fixture(scope="module")
def one():
    found = Worker(os.environ)
    yield found
    found.close()


def over(said):
    return Outcome.from_json(list(said)[-1]["over"])


def test_it_says_that_it_begins_and_how_it_ended(one, tmp_path):
    said = list(one.do("a-1", f"{WORK}:write_line", {"file": str(tmp_path / "lines")}))
    assert said[0] == {"name": "a-1", "event": None} and over(said).state == "done"
    assert (tmp_path / "lines").read_text() == "line\n"


def test_what_a_job_prints_is_no_word_of_the_worker(one):
    assert over(one.do("b-1", f"{WORK}:chatter", {})).state == "done"


def test_a_bug_and_an_unknown_kind_have_their_names(one):
    assert str(over(one.do("c-1", f"{WORK}:fail", {"word": "x"})).why) == "KeyError: 'x'"
    assert str(over(one.do("d-1", f"{WORK}:nothing", {})).why).startswith("AttributeError")


def test_a_job_that_takes_all_memory_is_refused_in_words_and_the_worker_lives(one):
    why = over(one.do("e-1", f"{WORK}:allocate", {"bytes": int(0.9 * psutil.virtual_memory().total)})).why
    assert str(why).startswith("this needs more than the ") and "GB of memory that a job may take" in str(why)
    assert over(one.do("f-1", f"{WORK}:allocate", {"bytes": 1000})).state == "done"
    why = over(one.do("g-1", f"{WORK}:allocate_tensor", {"bytes": int(0.9 * psutil.virtual_memory().total)})).why
    assert str(why).startswith("this needs more than the ")


def test_it_stops_and_waits_between_two_batches(one, tmp_path):
    words = {"file": str(tmp_path / "lines"), "seconds": 0.5}
    one.pause(True)
    heard, began = [], time.monotonic()
    reader = threading.Thread(target=lambda: heard.extend(one.do("h-1", f"{WORK}:write_line", words)))
    reader.start()
    end = time.monotonic() + PATIENCE_S
    while {"name": "h-1", "paused": True} not in heard:
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(1)
    assert reader.is_alive()
    one.pause(False)
    reader.join(PATIENCE_S)
    assert heard[-2:][0] == {"name": "h-1", "paused": False} and over(heard).state == "done"
    assert time.monotonic() - began > 1
    one.pause(True)
    stopped = threading.Timer(0.5, one.cancel, ["i-1"])
    stopped.start()
    assert (
        over(one.do("i-1", f"{WORK}:write_line", {**words, "seconds": 60})).state == "cancelled"
    )  # also while it waits
    one.pause(False)


def test_one_that_is_killed_says_so():
    one = Worker(os.environ)
    threading.Timer(0.2, one.kill).start()
    with pytest.raises(WorkerDied):
        list(one.do("a-1", f"{WORK}:ignore", {"seconds": 60}))
    one.cancel("a-1")  # nobody hears it
    one.close()


def test_it_ends_with_whoever_started_it():
    asked = json.dumps({"name": "a-1", "work": f"{WORK}:ignore", "payload": {"seconds": 600}})
    environment = {**os.environ, "PYTHONPATH": str(process.paths.ROOT)}
    command = [sys.executable, "-m", "core.jobs.process"]
    started = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started.stdin.write(asked + "\n")
    started.stdin.flush()
    assert json.loads(started.stdout.readline()) == {"name": "a-1", "event": None}
    started.stdin.close()
    assert started.wait(timeout=20) == 0  # in mid-job


def test_it_does_not_give_its_memory_back_at_once(monkeypatch):
    seen = {}
    monkeypatch.setattr(process.subprocess, "Popen", lambda command, **about: seen.update(about))
    Worker({process.MALLOC: "65536", "KEPT": "1"})
    assert process.MALLOC not in seen["env"] and seen["env"]["KEPT"] == "1"
