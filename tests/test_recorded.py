"""The shipped results: readable, of the shipped model, complete, with their machine and versions inside."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from core.experiment import CURVE_AMOUNTS, METHODS, curve_spec, findings, recorded_report
from core.models import resolve
from core.result import share
from core.run import recorded_spec
from core.store import Store

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "cache" / "recorded"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A copy, since a file that cannot be read would be set aside."""
    return Store(Path(shutil.copytree(RECORDED, tmp_path_factory.mktemp("cache") / "recorded")))


@pytest.fixture(scope="module")
def dense():
    return recorded_spec("demo", "sst2")


def test_every_file_can_be_read(store):
    assert len(store.all()) == len(list(RECORDED.glob("*.json"))) > 0 and store.set_aside() == []


def test_every_figure_follows_from_its_raw_values(store):
    for result in store.all():
        quality = result.quality
        assert quality.interval == share(quality.scores) and len(quality.answers) == quality.interval.n
        assert all(len(s.times_ms) == len(s.dense_times_ms) > 5 for s in result.speeds)


def test_machine_and_versions_are_inside(store):
    for result in store.all():
        for environment in (result.quality.environment, *(s.environment for s in result.speeds)):
            assert "cores" in environment.machine and all(dataclasses.astuple(environment)), result.key


def test_they_are_of_the_shipped_model(store, dense):
    assert store.read(dense.key) is not None
    revision = resolve("demo").revision
    for result in store.all():
        assert result.spec.revision == revision or result.spec.new_head, f"{result.key} is of another model"


def test_every_dot_of_the_curve_is_there_with_its_time(store, dense):
    for method in METHODS:
        for amount in CURVE_AMOUNTS:
            result = store.read(curve_spec(dense, method, amount).key)
            assert result is not None and result.quality.interval.n == 872, (method, amount)
            assert [s for s in result.speeds if (s.batch, s.seq, s.threads) == (1, 128, 1)], (method, amount)
            assert result.size.prunable_nonzero == pytest.approx((1 - amount) * result.size.prunable, abs=40)


def test_every_row_of_the_report_is_there(store, dense):
    rows = recorded_report(store, dense)
    assert [row.name for row in rows] == ["a0", "a", "b", "c", "c-random", "d"]
    found = {row.name: row.result for row in rows}
    assert found["b"].quality.interval.value >= 0.90 > 0.65 > found["a"].quality.interval.value
    assert found["c"].size.bytes == found["b"].size.bytes and found["c"].size.zip_bytes < found["b"].size.zip_bytes
    for row in rows:
        assert [s for s in row.result.speeds if s.seq is None], row.name
    assert findings(rows)
