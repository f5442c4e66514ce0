"""A stored result that no measurement gives is set aside, not drawn."""

import dataclasses
import json
import math

import pytest

from core import plausible
from core.engine.run import make_spec
from core.engine.store import Store
from tests.support import tiny
from tests.support.app import REVIEWS


@pytest.fixture
def stored(tmp_path):
    """A store with one result, and its file."""
    store = Store(tmp_path / "results")
    speed = tiny.speed((1.0,) * 3, (2.0,) * 3)
    return store, store.write(tiny.result(make_spec("demo", REVIEWS), speeds=(speed,)))


def test_what_was_measured_is_taken(stored):
    store, path = stored
    found = store.read(path.stem)
    assert found is not None and plausible.require(found) is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("quality", "interval", "value"), 5.0),
        (("quality", "interval", "value"), "high"),
        (("quality", "interval", "value"), math.nan),
        (("quality", "interval", "value"), 0.123),  # not what its answers come to
        (("quality", "interval", "low"), 1.0),
        (("quality", "interval", "n"), -5),
        (("quality", "scores"), [1.0]),
        (("quality", "seconds"), -1),
        (("quality", "metric"), "accuracy<script>"),
        (("quality", "beside"), ["unheard of"]),
        (("size", "bytes"), -5),
        (("size", "bytes"), "big"),
        (("size", "nonzero"), 10**12),
        (("speeds", 0, "times_ms"), [-1.0]),
        (("speeds", 0, "times_ms"), []),
        (("speeds", 0, "dense_times_ms"), [math.inf] * 3),
    ],
)
def test_what_was_not_is_set_aside(stored, place, value):
    store, path = stored
    values = json.loads(path.read_text())
    inner = values
    for name in place[:-1]:
        inner = inner[name]
    assert inner.get(place[-1]) != value if isinstance(inner, dict) else inner[place[-1]] != value
    inner[place[-1]] = value
    path.write_text(json.dumps(values))
    assert store.read(path.stem) is None and store.set_aside() == [f"{path.name}.bad"]


def test_more_right_answers_than_examples_are_refused(stored):
    found = stored[0].read(stored[1].stem)
    quality = dataclasses.replace(found.quality, truths=("a",) * (len(found.quality.scores) + 1))
    with pytest.raises(ValueError, match="right answers"):
        plausible.require(dataclasses.replace(found, quality=quality))
