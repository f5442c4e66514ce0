"""The cost of length: parts of the work, where one overtakes another, and a grid that is measured once."""

import dataclasses
import math

import pytest

from core.control import Control
from core.engine import lengths, measure
from core.engine.lengths import formula, grid, missing, rate, seconds, time_all
from core.engine.run import compress, compress_for_times, make_spec, run
from core.engine.store import Store
from core.environment import here
from core.errors import Cancelled
from core.models import dimensions, encoder, find, save
from core.models import macs as models_macs
from core.models.encoder import matrices
from core.models.load import load
from core.models.macs import BASE, LARGE, Outline, Shape, crossings, outline, work
from core.pruning import removal
from core.result import Speed
from core.spec import Step
from core.techniques import distil, layers, quantize, structured, vocabulary
from tests.support import tiny

HALF = Step("structured", structured.Config(keep_macs=0.5, criterion="magnitude", round_to=1))
STUDENT = distil.Config(width="0.5", alpha=0.0, batch_size=8, steps=1)
UNEVEN = removal.Kept(((0,), (0, 1, 3)), (tuple(range(40)), (1, 2)))
BARE = removal.Kept(((), (0, 1)), (tuple(range(64)), ()))


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


def shape_of(model):
    blocks = encoder.blocks(model)
    channels, widths = tuple(b.heads * b.head_size for b in blocks), tuple(b.width for b in blocks)
    return Shape(dimensions.hidden_size(model), channels, widths)


def outside(model):
    """The work of what is not in the encoder, the same at every length."""
    return sum(m.rows * m.columns for m in matrices(model, "all") if m.layer < 0)


@pytest.mark.parametrize("tokens", [1, 16, 128, 140])
@pytest.mark.parametrize(
    "model",
    [
        tiny.bert(),
        tiny.distilbert(),
        tiny.roberta(),
        removal.removed(tiny.bert(), UNEVEN),
        removal.removed(tiny.distilbert(), BARE),
    ],
    ids=["bert", "distilbert", "roberta", "uneven", "bare"],
)
def test_the_parts_add_up_to_the_work_of_the_model(model, tokens):
    parts = work(shape_of(model), tokens)
    assert parts.total == models_macs.macs(model, tokens) - outside(model)
    assert parts.attention == parts.projections + parts.products and parts.total == parts.attention + parts.ffn
    assert sum(parts.shares) == pytest.approx(100) and parts.shares[2] == pytest.approx(100 * parts.ffn / parts.total)


def test_each_part_is_that_of_its_matrices():
    parts, tokens, model = work(shape_of(tiny.bert()), 10), 10, tiny.bert()
    counts = {role: sum(m.rows * m.columns for m in matrices(model) if m.role == role) for role in encoder.ROLES}
    assert parts.projections == tokens * sum(counts[role] for role in "QKVO")
    assert parts.ffn == tokens * (counts["up"] + counts["down"])
    assert parts.products == 2 * tokens**2 * 32 * 2  # QK^T and AV, of 32 channels, in two layers


def first(condition):
    """The least number of tokens at which something holds, by trying."""
    return next(n for n in range(1, 10_000) if condition(n))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [(BASE, 1536), (LARGE, 2048), (Shape(384, (384,) * 6, (1536,) * 6), 768), (Shape(32, (32, 8), (64, 40)), None)],
)
def test_crossings_are_where_trying_finds_them(shape, expected):
    found = crossings(shape)
    assert expected is None or found.attention_ffn == expected
    tried = {
        "attention_ffn": first(lambda n: work(shape, n).attention > work(shape, n).ffn),
        "products_projections": first(lambda n: work(shape, n).products > work(shape, n).projections),
        "products_ffn": first(lambda n: work(shape, n).products > work(shape, n).ffn),
    }
    assert {name: math.floor(value) + 1 for name, value in dataclasses.asdict(found).items()} == tried


def test_crossings_of_models_without_one_of_the_parts():
    assert crossings(Shape(32, (32,), (16,))).attention_ffn == 0  # more attention from the first token on
    assert set(dataclasses.asdict(crossings(Shape(32, (0,), (64,)))).values()) == {math.inf}
    assert work(Shape(32, (0,), (64,)), 16).attention == 0


@pytest.mark.parametrize("model", [tiny.bert(), tiny.distilbert(), tiny.roberta(), removal.removed(tiny.bert(), BARE)])
def test_an_outline_needs_no_weights(tmp_path, model):
    spec = tiny.spec(model=tiny.folder(tmp_path / "model", model))
    loaded = load(find.resolve(spec.model)).model
    found = outline(spec)
    assert found.shape == shape_of(loaded) and found.longest == dimensions.max_tokens(loaded) and found.head_size == 8


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (HALF,),
        (Step("structured", dataclasses.replace(HALF.config, remove=False)),),
        (Step("layers", layers.Config(1, "top")),),
        (Step("layers", layers.Config(1, "top")), HALF),
        (HALF, Step("layers", layers.Config(1, "top"))),
        (Step("vocabulary", vocabulary.Config()),),
        (Step("distil", dataclasses.replace(STUDENT, layers=1)),),
        (Step("distil", STUDENT),),
        (Step("distil", STUDENT), HALF),
        (HALF, Step("quantize", quantize.Config("int8-dynamic"))),
    ],
    ids=lambda steps: "+".join(step.technique for step in steps) or "dense",
)
def test_the_shape_behind_a_result_is_that_of_its_model(tmp_path, store, steps):
    spec, origin = tiny.experiment(tmp_path, *steps)
    result, dense = run(spec, origin, store), run(spec.dense, origin, store)
    found = lengths.stored_shape(result, dense, outline(spec))
    assert found is not None
    assert work(found, 128).total == result.size.macs - outside(compress(spec, origin, store).model)
    assert (found == outline(spec).shape) == (result.size.macs == dense.size.macs)


def test_a_shape_that_does_not_explain_the_work_is_none(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, HALF)
    result, dense = run(spec, origin, store), run(spec.dense, origin, store)
    before = outline(spec)
    for other in (
        dataclasses.replace(result, facts={}),
        dataclasses.replace(result, size=dataclasses.replace(result.size, macs=result.size.macs + 1)),
    ):
        assert lengths.stored_shape(other, dense, before) is None


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
    before, machine = Outline(Shape(32, (32,), (64,)), 8, 16), here().machine
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
    before = Outline(Shape(384, (384,) * 6, (1536,) * 6), 32, 512)
    machine = here().machine
    slow = tiny.speed((2000.0,) * 9, (4000.0,) * 9, batch=1, seq=128)
    result = tiny.result(speeds=(slow,))
    assert rate(result, before.shape, machine) == pytest.approx(work(before.shape, 128).total / 4)
    left = missing(result, before, machine)
    assert (2, 128) in left and (4, 128) not in left and (1, 512) not in left and (1, 128) not in left
    assert left == sorted(left, key=lambda cell: cell[0] * work(before.shape, cell[1]).total)
    assert len(missing(tiny.result(), before, machine)) == 36  # the guess leaves none of the demo's out


def test_the_rate_is_that_of_this_machines_largest_cell():
    before, machine = Outline(Shape(32, (32,), (128,)), 8, 512), here().machine
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


def test_a_saved_smaller_model_has_its_own_shape(tmp_path):
    smaller = removal.removed(tiny.bert(), UNEVEN)
    save.save(smaller, tiny.tokenizer(), tmp_path / "saved")
    found = outline(tiny.spec(model=str(tmp_path / "saved"))).shape
    assert found == shape_of(smaller) == Shape(32, (8, 24), (40, 2))
