"""A track: the answers at every percent, those that a run gives at the same position, kept as far as they have come."""

import numpy as np
import pytest

from core.commands import main
from core.control import Control
from core.engine import track
from core.engine.recipes import curve_spec, maximum, step
from core.engine.run import make_spec, run
from core.engine.store import Store, default_store
from core.errors import Cancelled, ConfigError, DataError
from core.tasks.task import Origin
from tests.support import tiny, tiny_qa, tiny_squad


@pytest.fixture
def world(tmp_path):
    spec, origin = tiny.experiment(tmp_path, count=60)
    return spec, origin, Store(tmp_path / "cache" / "results")


@pytest.mark.parametrize("most", [0, 1, 2, 5, 95, 100])
def test_coarse_to_fine_and_each_once(most):
    found = track.order(most)
    assert sorted(found) == list(range(most + 1)) and found[:2] == [0, most][: most + 1]
    if most == 100:
        assert found[:9] == [0, 100, 50, 25, 75, 12, 37, 62, 87]


@pytest.mark.parametrize("method", ["l1-layer", "wanda", "structured"])
def test_it_answers_as_a_run_at_each_position(world, method):
    spec, origin, store = world
    found = track.follow(spec, method, origin, store)
    assert found.whole(maximum(method)) and found.answers.shape == found.sure.shape == (len(found.levels), 18)
    assert set(found.levels) | set(found.beyond) == set(range(maximum(method) + 1))
    assert bool(found.beyond) == (method == "structured")  # one head is more than 5 % of a tiny model
    for level in (0, 30, 70):
        assert found.levels[level] == level
        result = run(curve_spec(spec, method, level / 100), origin, store)
        assert [found.labels[number] for number in found.answers[level]] == list(result.quality.answers)
        assert [float(one) for one in found.answers[level] == found.right] == list(result.quality.scores)
        assert found.losses[level] == pytest.approx(result.quality.loss, rel=1e-4)
        assert found.nonzero[level] == result.size.nonzero and found.zip_bytes[level] == result.size.zip_bytes
    assert (found.sure >= 127).all() and set(found.kinds) == {""}
    assert (
        found.about["machine"] and found.about["seconds"] > 0 and found.about["precision"].startswith(("fp32", "bf16"))
    )
    stored = track.read(spec, step(method, 0), store)
    again = track.follow(spec, method, origin, store, Control(on_event=lambda event: pytest.fail("measured again")))
    assert all(np.array_equal(getattr(again, name), getattr(stored, name)) for name in track.ARRAYS)


def test_what_was_measured_before_a_cancel_is_kept(world):
    spec, origin, store = world
    seen = []
    control = Control(on_event=lambda event: seen.append(event.done), cancelled=lambda: len(seen) >= 5)
    with pytest.raises(Cancelled):
        track.follow(spec, "l1-layer", origin, store, control)
    part = track.read(spec, step("l1-layer", 0), store)
    assert part.levels == (0, 25, 50, 75, 100) and not part.whole(100)
    seen.clear()
    whole = track.follow(spec, "l1-layer", origin, store, Control(on_event=lambda event: seen.append(event.done)))
    assert whole.whole(100) and [one for one in seen if one] == list(range(6, 102))
    assert (whole.answers[50] == part.answers[2]).all()


def test_chance_has_a_track_for_each_seed_and_others_none_of_its_own(world):
    spec, origin, store = world
    one, two = (track.follow(spec, "random", origin, store, seed=seed) for seed in (0, 1))
    assert one.losses[50] != two.losses[50]
    assert track.read(spec, step("random", 0), store, 2) is None


def test_a_file_that_is_no_track_is_none(world):
    spec, origin, store = world
    track.follow(spec, "l1-layer", origin, store)
    (path,) = (store.folder / "tracks").iterdir()
    content = path.read_bytes()
    for broken in (b"", content[: len(content) // 2], content.replace(b'\\"version\\": 1', b'\\"version\\": 9')):
        path.write_bytes(broken)
        assert track.read(spec, step("l1-layer", 0), store) is None
    path.write_bytes(content)
    assert track.read(spec, step("l1-layer", 0), store) is not None


def test_where_there_can_be_none_it_is_said(world, tmp_path):
    spec, origin, store = world
    with pytest.raises(ConfigError, match="each position of 'movement' is a training"):
        track.follow(spec, "movement", origin, store)
    with pytest.raises(ConfigError, match="unknown method 'best'"):
        track.follow(spec, "best", origin, store)
    folder = tiny.folder(tmp_path / "reader", tiny_qa.model())
    reading = Origin("squad", tiny_squad.folder(tmp_path / "squad", train=4, dev=4))
    with pytest.raises(DataError, match="one class a text"):
        track.follow(make_spec(folder, reading), "l1-layer", reading, store)


def test_the_command_says_what_it_measured(world, capsys, tmp_path):
    folder, table = tiny.folder(tmp_path / "model"), tiny.csv_file(tmp_path / "own.csv", 60)
    assert main(["track", "--model", folder, "--task", table, "--method", "l1-global"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  0 %") and lines[-1].startswith("101 positions of 18 examples in ")
    assert (default_store().folder / "tracks").is_dir()
