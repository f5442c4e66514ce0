"""What a browser is given of a track: the same figures as by hand, and no sentence that is not ours."""

import base64

import numpy as np
import pytest

from core.engine import track_facts
from core.engine.recipes import maximum, step
from core.engine.run import make_spec
from core.engine.store import Store
from core.engine.track import NONE, Track, write
from core.intervals import wilson
from core.tasks import TASKS, comes_along, load_task
from core.tasks.task import Origin
from tests.support import tiny


def made(levels, count, beyond=()):
    """All right at level 0, from the middle on nobody."""
    right = np.arange(count, dtype=np.uint8) % 2
    rows = [right if level < 50 else np.full(count, NONE, np.uint8) for level in levels]
    return Track(
        tuple(levels),
        np.stack(rows),
        np.full((len(levels), count), 200, np.uint8),
        right,
        np.linspace(0.1, 0.7, len(levels), dtype=np.float32),
        np.array([1000 - level for level in levels], np.int64),
        np.array([2_000_000 - level for level in levels], np.int64),
        ("0", "1"),
        ("",) * count,
        tuple(beyond),
        {"seconds": 1.0},
    )


def test_figures_by_level_are_those_by_hand():
    found = track_facts.by_level(made(range(0, 101, 10), 40))
    assert found["better"] == [0] * 5 + [-1] * 6 and found["nonzero"][5] == 0.95 and found["zipped"][0] == 2.0
    assert [found["low"][0], found["high"][0]] == pytest.approx([100 * end for end in wilson(40, 40)], abs=0.01)


def test_a_small_difference_is_none():
    before = np.ones(100, bool)
    after = before.copy()
    after[:3] = False
    assert track_facts._better(before, after) == 0
    after[:30] = False
    assert track_facts._better(before, after) == -1 and track_facts._better(after, before) == 1


@pytest.mark.parametrize(("task", "told"), [("reviews", True), ("sst2", False), ("mine.csv", False)])
def test_only_what_comes_with_the_code_is_passed_on(task, told):
    assert comes_along(task) == told and (told or task not in TASKS or TASKS[task].data)


def test_whole_tracks_go_with_the_page_and_parts_do_not(tmp_path):
    origin, store = Origin("reviews"), Store(tmp_path / "results")
    dense, task = make_spec(tiny.folder(tmp_path / "tiny"), origin), load_task(origin)
    count = len(task.validation)
    assert track_facts.of_page(dense, task, store) is None
    write(made(range(0, 101, 10), count), dense, step("wanda", 0), store)
    assert track_facts.of_page(dense, task, store) is None
    most = maximum("l1-layer")
    write(made(range(most + 1), count), dense, step("l1-layer", 0), store)
    found = track_facts.of_page(dense, task, store)
    assert list(found["methods"]) == ["l1-layer"] and found["sentences"][0] == task.validation[0].text
    answers = np.frombuffer(base64.b64decode(found["methods"]["l1-layer"]["answers"]), np.uint8)
    assert answers.reshape(most + 1, count)[60].tolist() == [NONE] * count
    assert base64.b64decode(found["right"]) == bytes(range(2)) * (count // 2)
