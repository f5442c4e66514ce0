"""The cost of length: a grid of batches and tokens that is timed once, and the curves that are read from it."""

import dataclasses

import pytest

from core.control import Control
from core.engine import lengths, measure
from core.engine.lengths import formula, grid, missing, rate, seconds, time_all
from core.engine.run import compress_for_times, make_spec, run
from core.engine.store import Store
from core.environment import here
from core.errors import Cancelled
from core.models.macs import BASE, Outline, outline, work
from core.result import Shape, Speed
from core.spec import Step
from core.techniques import quantize, structured
from tests.support import tiny

HALF = Step("structured", structured.Config(keep_macs=0.5, criterion="magnitude", round_to=1))


@pytest.fixture
def small(monkeypatch):
    """A grid of four cells, timed with few pairs."""
    monkeypatch.setattr(lengths, "BATCHES", (1, 2))
    monkeypatch.setattr(lengths, "TOKENS", (8, 16, 512))
    monkeypatch.setattr(lengths, "PAIRS", 6)
    monkeypatch.setattr(Speed, "busy", property(lambda self: False))  # whatever else the machine does meanwhile


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def test_a_grid_ends_at_the_longest_sentence():
    assert len(grid(512)) == 36 and grid(512)[0] == (1, 16) and grid(512)[-1] == (32, 512)
    assert {tokens for _, tokens in grid(140)} == {16, 32, 64, 128}


def test_every_cell_is_timed_once_and_kept(tmp_path, store, small, monkeypatch):
    spec, origin = tiny.experiment(tmp_path, HALF)
    events = []
    result = time_all(spec, origin, store, Control(events.append))
    machine = here().machine
    assert {(s.batch, s.seq) for s in result.speeds} == {(1, 8), (2, 8), (1, 16), (2, 16)}  # 512 is beyond the model
    assert all(len(s.times_ms) == 6 and s.threads == 1 and s.against == "" for s in result.speeds)
    assert store.read(spec.key) == result and missing(result, outline(spec), machine) == []
    timed = [event for event in events if event.stage == "lengths"]
    assert [(event.done, event.total) for event in timed] == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert all(event.eta_s > 0 for event in timed) and "speed" not in {event.stage for event in events}
    monkeypatch.setattr(measure, "speeds", lambda *_: pytest.fail("nothing is to be done"))
    assert time_all(spec, origin, store) == result
    assert len(lengths.table(result, machine).splitlines()) == 4


def test_the_model_is_compressed_once_for_all_cells(tmp_path, store, small, monkeypatch):
    spec, origin = tiny.experiment(tmp_path, HALF)
    run(spec, origin, store)
    counted = []
    original = compress_for_times
    monkeypatch.setattr(lengths, "compress_for_times", lambda *a: counted.append(a) or original(*a))
    time_all(spec, origin, store)
    assert len(counted) == 1


def test_a_cancelled_grid_goes_on_where_it_stopped(tmp_path, store, small):
    spec, origin = tiny.experiment(tmp_path, HALF)
    events = []
    enough = Control(events.append, lambda: any(event.done == 2 for event in events if event.stage == "lengths"))
    with pytest.raises(Cancelled):
        time_all(spec, origin, store, enough)
    kept = store.read(spec.key).speeds
    assert [(s.batch, s.seq) for s in kept] == [(1, 8), (2, 8)]  # the least work first
    events.clear()
    again = time_all(spec, origin, store, Control(events.append))
    assert again.speeds[:2] == kept and [e.total for e in events if e.stage == "lengths"] == [2, 2]


def test_what_was_disturbed_is_timed_once_more(tmp_path, store, small, monkeypatch):
    spec, origin = tiny.experiment(tmp_path, HALF)
    time_all(spec, origin, store)
    monkeypatch.setattr(Speed, "busy", property(lambda self: self.batch == 2))
    events = []
    machine, before = here().machine, outline(spec)
    assert missing(store.read(spec.key), before, machine) == [(2, 8), (2, 16)]
    result = time_all(spec, origin, store, Control(events.append))
    assert [(e.done, e.total) for e in events if e.stage == "lengths"] == [(0, 2), (1, 2)]  # it ends, busy or not
    assert len(result.speeds) == 4 and missing(result, before, machine) == [(2, 8), (2, 16)]


def test_a_time_with_its_peak_of_memory_is_kept(small):
    before, machine = Outline(Shape(32, (32,), (64,)), 16), here().machine
    busy = {"batch": 1, "seq": 8, "cpu_share": 0.1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Speed, "busy", property(lambda self: self.cpu_share < 0.8))
        plain, peak = (tiny.speed((1.0,), (1.0,), **busy, peak_bytes=count) for count in (None, 5))
        assert (1, 8) in missing(tiny.result(speeds=(plain,)), before, machine)
        assert (1, 8) not in missing(tiny.result(speeds=(peak,)), before, machine)


def test_another_runtime_is_timed_beside_both_dense_ones(tmp_path, store, small):
    spec, origin = tiny.experiment(tmp_path)
    spec = make_spec(spec.model, origin, (HALF, Step("quantize", quantize.Config("int8-dynamic"))), runtime="onnx")
    result = time_all(spec, origin, store)
    found = {(s.batch, s.seq, s.against) for s in result.speeds}
    assert found == {(b, n, against) for b in (1, 2) for n in (8, 16) for against in ("", "torch")}


def test_a_cell_that_takes_too_long_is_left_out():
    before = Outline(Shape(384, (384,) * 6, (1536,) * 6), 512)
    machine = here().machine
    slow = tiny.speed((2000.0,) * 9, (4000.0,) * 9, batch=1, seq=128)
    result = tiny.result(speeds=(slow,))
    assert rate(result, before.shape, machine) == pytest.approx(work(before.shape, 128).total / 4)
    left = missing(result, before, machine)
    assert (2, 128) in left and (4, 128) not in left and (1, 512) not in left and (1, 128) not in left
    assert left == sorted(left, key=lambda cell: cell[0] * work(before.shape, cell[1]).total)
    assert len(missing(tiny.result(), before, machine)) == 36  # the guess leaves none of the demo's out


def test_the_rate_is_that_of_this_machines_largest_cell():
    before, machine = Outline(Shape(32, (32,), (128,)), 512), here().machine
    elsewhere = dataclasses.replace(here(), machine="elsewhere")
    large = tiny.speed((9.0,), (9.0,), batch=32, seq=512, environment=elsewhere)
    own = tiny.speed((5.0,), (4.0,), batch=2, seq=16)
    macs = 2 * work(before.shape, 16).total
    assert rate(tiny.result(speeds=(large, own)), before.shape, machine) == pytest.approx(macs / 0.005)
    assert rate(tiny.result(speeds=(large,)), before.shape, machine) > 0
    assert rate(tiny.result(), before.shape, machine) == lengths.GUESS
    taken = seconds([(2, 16)], tiny.result(speeds=(own,)), before, machine)
    assert taken == pytest.approx(2 * (3 + lengths.PAIRS) * 0.005)
    other = tiny.result(tiny.spec(runtime="onnx"), speeds=(own,))
    assert seconds([(2, 16)], other, before, machine) == pytest.approx(1.5 * taken)


def test_a_curve_is_of_one_machine_and_has_two_lengths():
    elsewhere = dataclasses.replace(here(), machine="elsewhere")
    one = tiny.speed((1.0,), (2.0,), seq=128)
    others = [tiny.speed((1.0,), (2.0,), seq=n, environment=elsewhere) for n in (512, 16, 100)]
    own = [tiny.speed((1.0,), (2.0,), seq=n) for n in (64, 32)]
    beside = tiny.speed((1.0,), (2.0,), seq=256, against="torch")
    machine = here().machine
    assert lengths.curve(tiny.result(speeds=(one, beside)), 1, machine) == []
    assert [s.seq for s in lengths.curve(tiny.result(speeds=(one, *others)), 1, machine)] == [16, 512]
    found = lengths.curve(tiny.result(speeds=(one, *others, *own)), 1, machine)
    assert [s.seq for s in found] == [32, 64, 128] and {s.environment.machine for s in found} == {machine}
    assert lengths.curve(tiny.result(speeds=(one, *others, *own)), 2, machine) == []


def test_the_formula_meets_the_point_it_is_set_to():
    found = formula(BASE, (64, 128, 256), 128, 10.0)
    assert found[1] == 10.0 and found[0] < 5.0 and found[2] > 20.0
    assert found[2] / 10 == pytest.approx(work(BASE, 256).total / work(BASE, 128).total)
