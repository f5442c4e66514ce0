"""Sweeps: what they read, who goes together, what fails, and how they go on."""

import dataclasses
import json
import os
import queue
import time
from contextlib import contextmanager, nullcontext

import distributed
import psutil
import pytest

from core.control import Control
from core.engine.run import run
from core.engine.store import Store
from core.errors import Cancelled, ConfigError, DataError
from core.jobs import cluster
from core.jobs import sweep as module
from core.jobs.sweep import Failure, Report, groups, read, sweep, time_missing, words
from core.spec import Step, describe
from core.techniques import distil, finetune, layers, magnitude, quantize, wanda
from tests.support import tiny

INT8 = Step("quantize", quantize.Config())
TUNE = Step("finetune", finetune.Config(learning_rate=1e-3, batch_size=8, steps=4))
STUDENT = Step("distil", distil.Config(layers=1, learning_rate=1e-3, batch_size=8, steps=4))
ZERO = Step("magnitude", magnitude.Config(amount=0.5))
ENDLESS = Step("finetune", finetune.Config(batch_size=1, epochs=100.0))  # minutes, if nobody stops it
IMPOSSIBLE = Step("layers", layers.Config(drop=9))


def of(spec, *recipes):
    return [dataclasses.replace(spec, steps=recipe) for recipe in recipes]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


def test_a_file_of_recipes(tmp_path):
    dense, path = tiny.spec(), tmp_path / "sweep.json"
    entries = [{"steps": [describe(STUDENT), describe(INT8)], "runtime": "onnx", "seed": 3}, {}, {"steps": []}]
    path.write_text(json.dumps(entries))
    first, second = read(path, dense)  # what is asked for twice is computed once
    assert first == dataclasses.replace(dense, steps=(STUDENT, INT8), seed=3, runtime="onnx") and second == dense


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("{", DataError, "cannot be read as JSON"),
        ("[]", DataError, "has to hold a list of 1 to"),
        ('{"steps": []}', DataError, "has to hold a list of 1 to"),
        ('[{}, {"stpes": []}]', DataError, "entry 2 has to be an object with steps, seed, runtime"),
        ('[{"seed": "one"}]', DataError, "entry 1 needs steps as a list of texts, seed as a whole number"),
        ('[{"steps": ["distil:layers=no"]}]', ConfigError, "entry 1: "),
        ('[{}, {"steps": ["quantize", "finetune"]}]', ConfigError, "entry 2: quantize has to be the last step"),
        ('[{"runtime": "tflite"}]', ConfigError, "entry 1: unknown runtime 'tflite'"),
    ],
)
def test_files_that_cannot_be_read(content, error, words, tmp_path):
    (tmp_path / "sweep.json").write_text(content)
    with pytest.raises(error, match=words):
        read(tmp_path / "sweep.json", tiny.spec())
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "none.json", tiny.spec())


def test_what_begins_with_one_training_goes_together():
    dense = tiny.spec()
    a, b, c, d = of(dense, (STUDENT,), (STUDENT, INT8), (ZERO,), (ZERO, TUNE))
    e = dataclasses.replace(d, runtime="onnx", steps=(*d.steps, INT8))
    other = dataclasses.replace(a, seed=1)
    found = groups([b, c, other, e, d, a])
    assert sorted(map(len, found)) == [1, 1, 2, 2] and [a, b] in found and [d, e] in found
    assert found[-1] == [c]  # what trains nothing comes last
    more, other_kind = of(dense, (Step("magnitude", magnitude.Config(amount=0.6)),), (Step("wanda", wanda.Config()),))
    assert groups([c, more, other_kind, a]) == [
        [a],
        [c],
        [other_kind],
        [more],
    ]  # what both need is computed by one of them


def test_the_words_name_what_failed():
    report = Report(3, 2, 7.4, [Failure(of(tiny.spec(), (IMPOSSIBLE,))[0], "one must stay")])
    assert words(report).splitlines()[0] == "3 computed in 7 s, 2 known before, 1 failed"
    assert "failed: layers:drop=9,which=fisher · torch: one must stay" in words(report)


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """A client of two workers of this machine, with a cache of their own."""
    folder = tmp_path_factory.mktemp("workers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONSAI_CACHE", str(folder / "cache"))
        with cluster.local(2) as client:
            client.wait_for_workers(2, timeout=240)
            yield client


@pytest.mark.long
def test_every_result_comes_and_is_that_of_this_process(two_workers, tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    specs = of(spec, (ZERO,), (STUDENT,), (STUDENT, ZERO), (STUDENT, TUNE), (ZERO, TUNE), (IMPOSSIBLE,))
    events = []
    report = sweep(specs, origin, store, nullcontext(two_workers), Control(on_event=events.append), threads=1)
    assert report.done == 6 and report.skipped == 0  # five of them, and dense with which they are compared
    (failure,) = report.failures
    assert failure.spec == specs[-1] and "drop=9 is not allowed; this model has 2 layers" in failure.why
    kept = json.loads((tmp_path / "cache" / "failures" / f"{specs[-1].key}.json").read_text())
    assert kept["why"] == failure.why
    assert [event.done for event in events] == sorted(event.done for event in events) and events[-1].total == 7
    for one in specs[:-1]:
        here = run(one, origin, Store(tmp_path / "other" / "results"))
        assert store.read(one.key).quality.answers == here.quality.answers
    again = sweep(specs, origin, store, nullcontext(two_workers), Control(), threads=1)
    assert (again.done, again.skipped, len(again.failures)) == (0, 6, 1)  # what failed is tried again
    assert time_missing(specs[:1], origin, store, Control()) == 1 and store.read(specs[0].key).speeds
    assert time_missing(specs[:1], origin, store, Control()) == 0


def test_a_worker_keeps_its_memory_and_its_time_to_itself(two_workers):
    def found():
        import dask

        clocks = ("distributed.worker.profile.enabled", "distributed.admin.tick.interval")
        return os.environ.get("MALLOC_TRIM_THRESHOLD_"), *map(dask.config.get, clocks)

    assert set(two_workers.run(found).values()) == {(None, False, "1s")}  # dask's own: 64 kB, True and 20 ms


def test_nobody_without_the_certificate_gets_in(two_workers):
    address = two_workers.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    with pytest.raises((OSError, RuntimeError, ValueError, TypeError)):
        distributed.Client(address, timeout=3, set_as_default=False)
    with pytest.raises((OSError, RuntimeError)):
        security = distributed.Security.temporary()  # a certificate of somebody else
        distributed.Client(address, security=security, timeout=3, set_as_default=False)


def test_where_nothing_is_lacking_no_worker_is_started(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    run(spec, origin, store)

    @contextmanager
    def never():
        yield pytest.fail("a worker was started")

    report = sweep([spec], origin, store, never(), Control())
    assert (report.done, report.skipped, report.failures) == (0, 1, [])


def test_a_student_is_trained_once_for_all_that_follows(two_workers, tmp_path, store, monkeypatch):
    spec, origin = tiny.experiment(tmp_path)
    student = Step("distil", distil.Config(layers=1, learning_rate=1e-3, batch_size=8, steps=6))
    specs = of(spec, (student, INT8), (student, ZERO), (student,))
    seen = []

    class Watched(queue.SimpleQueue):
        def put(self, said):
            seen.append(said)
            super().put(said)

    monkeypatch.setattr(module.queue, "SimpleQueue", Watched)
    sweep(specs, origin, store, nullcontext(two_workers), Control(), threads=1)
    stages = [said["event"]["stage"] for said in seen if said.get("event")]
    assert stages.count("train") == 6


def test_a_sweep_that_is_stopped_goes_on_and_leaves_its_workers_free(two_workers, tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    zeros = [Step("magnitude", magnitude.Config(amount=amount / 10)) for amount in range(1, 8)]
    specs = of(spec, (ENDLESS,), *((zero,) for zero in zeros))
    seen = []
    stop = Control(on_event=lambda event: seen.append(event.done), cancelled=lambda: bool(seen) and seen[-1] >= 2)
    with pytest.raises(Cancelled):
        sweep(specs, origin, store, nullcontext(two_workers), stop, threads=1)
    known = [one for one in specs if store.read(one.key)]
    assert known and specs[0] not in known
    end = time.monotonic() + 10
    while any(two_workers.run(lambda dask_worker: len(dask_worker.active_threads)).values()):
        assert time.monotonic() < end, "a worker still computes for a sweep that was stopped"
        time.sleep(0.1)
    report = sweep(specs[1:], origin, store, nullcontext(two_workers), Control(), threads=1)
    assert report.skipped >= len(known) and all(store.read(one.key) for one in specs[1:])


@pytest.mark.long
@pytest.mark.slow
def test_workers_that_end_are_no_failure_of_a_recipe(tmp_path, store, monkeypatch):
    spec, origin = tiny.experiment(tmp_path)
    specs = of(
        spec, (ENDLESS,), *((Step("magnitude", magnitude.Config(amount=amount / 10)),) for amount in range(1, 8))
    )
    monkeypatch.setenv("BONSAI_CACHE", str(tmp_path / "cache"))
    start, family = cluster.start_local, []

    def started(workers):
        process, place = start(workers)
        family.extend([psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)])
        return process, place

    monkeypatch.setattr(cluster, "start_local", started)
    kill = Control(on_event=lambda event: [one.kill() for one in family if event.done > 1 and one.is_running()])
    with pytest.raises(ConfigError, match="the workers ended before .* the same command goes on"):
        sweep(specs, origin, store, cluster.local(2), kill, threads=1)
    assert any(store.read(one.key) for one in specs) and not (tmp_path / "cache" / "failures").exists()


def test_a_worker_with_other_libraries_is_refused(two_workers, monkeypatch):
    monkeypatch.setattr(cluster, "versions", lambda: {"torch": "1.0"})
    monkeypatch.setattr(two_workers, "run", lambda function: {"tcp://w:1": {"torch": "2.0"}})
    with pytest.raises(ConfigError, match=r"the worker tcp://w:1 has torch 2.0, not 1.0; install the same"):
        cluster._check_workers(two_workers, "tcp://s:1")
