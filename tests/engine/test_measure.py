"""A compressed model in its runtime: answers, bytes of its file, times beside dense there and in PyTorch."""

import dataclasses
from pathlib import Path

import pytest

from core.control import Control, Timing
from core.engine import measure
from core.engine.prepare import prepare
from core.engine.run import compress, make_spec, run
from core.engine.store import Store
from core.environment import here
from core.errors import ConfigError, DataError, ModelError
from core.models import encoder
from core.models.macs import outline, shape_of, work
from core.spec import Step
from core.tasks.task import Origin
from core.techniques import distil, layers, quantize, structured
from core.techniques.vocabulary import Config as Vocabulary
from tests.support import tiny

INT8 = Step("quantize", quantize.Config())
SMALLER = Step("structured", structured.Config(keep_macs=0.6, criterion="magnitude", refit="none"))
TOP = Step("layers", layers.Config(1, "top"))
STUDENT = Step("distil", distil.Config(width="0.5", alpha=0.0, batch_size=8, steps=1))
QUICK = Timing(seq=16, pairs=6)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


def outside(model):
    """The work of what is not in the encoder, the same at every length."""
    return sum(m.rows * m.columns for m in encoder.matrices(model, "all") if m.layer < 0)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (SMALLER,),
        (Step("structured", dataclasses.replace(SMALLER.config, remove=False)),),
        (TOP, SMALLER),
        (SMALLER, TOP),
        (STUDENT, SMALLER),
        (SMALLER, INT8),
    ],
    ids=lambda steps: "+".join(step.technique for step in steps) or "dense",
)
def test_the_stored_shape_explains_the_stored_work(tmp_path, store, steps):
    spec, origin = tiny.experiment(tmp_path, *steps)
    run(spec, origin, store)
    size, model = store.read(spec.key).size, compress(spec, origin, store).model
    assert size.shape == shape_of(model) and work(size.shape, size.seq).total == size.macs - outside(model)
    assert (size.shape == outline(spec).shape) == (size.macs == store.read(spec.dense.key).size.macs)


def test_int8_in_onnx_is_measured_whole(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, model=tiny.bert(hidden_size=64, intermediate_size=256))
    spec = dataclasses.replace(spec, steps=(SMALLER, INT8), runtime="onnx")
    result = run(spec, origin, store, QUICK)
    dense, baseline = (store.read(one.key) for one in (spec.dense, spec.baseline))
    assert len({spec.key, spec.dense.key, spec.baseline.key}) == 3
    assert dense.spec.runtime == "torch" and baseline.quality.answers == dense.quality.answers
    file = tmp_path / "cache" / "built" / spec.key / "model.onnx"
    assert result.size.bytes == file.stat().st_size < 0.5 * baseline.size.bytes
    assert result.quality.precision == "int8-dynamic" and result.size.macs < dense.size.macs
    same, torch = (result.speed(here().machine, 1, 16, against=against) for against in ("", "torch"))
    assert result.spec.runtime == "onnx" and same.times_ms == torch.times_ms
    assert same.dense_times_ms != torch.dense_times_ms


def test_of_a_long_evaluation_some_batches_are_timed(tmp_path, store, monkeypatch):
    spec, origin = tiny.experiment(tmp_path, SMALLER)
    batches = -(-len(prepare(spec, origin).features) // 2)
    for most, expected in ((batches + 1, batches), (batches - 3, batches - 3)):
        monkeypatch.setattr(measure, "TIMED", most)
        speed = run(spec, origin, store, Timing(batch=2, seq=None, again=True)).speeds[-1]
        assert len(speed.times_ms) == len(speed.dense_times_ms) == expected and speed.seq is None


def test_the_file_is_built_once(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    spec, events = dataclasses.replace(spec, runtime="onnx"), []
    run(spec, origin, store, None, Control(on_event=lambda event: events.append(event.stage)))
    assert "build" in events
    events.clear()
    run(spec, origin, store, QUICK, Control(on_event=lambda event: events.append(event.stage)))
    assert "speed" in events and "build" not in events and "evaluate" not in events


def test_a_file_that_broke_on_disk_is_built_again(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    spec = dataclasses.replace(spec, runtime="onnx")
    before = run(spec, origin, store)
    (file,) = store.folder.parent.glob(f"built/{spec.key}/*")
    file.write_bytes(file.read_bytes()[:1000])
    (store.folder / f"{spec.key}.json").unlink()
    with pytest.raises(ModelError, match="is not a whole ONNX file .*; build it again"):
        run(spec, origin, store)
    assert run(spec, origin, store).quality.answers == before.quality.answers


def test_a_smaller_vocabulary_goes_into_the_file(tmp_path, store):
    model = tiny.bert(vocab_size=len(tiny.SPELLING))
    spec, origin = tiny.experiment(tmp_path, model=model)
    tiny.spelling().save_pretrained(spec.model)
    cut = make_spec(spec.model, origin, [Step("vocabulary", Vocabulary(min_count=3)), INT8], runtime="onnx")
    result = run(cut, origin, store, QUICK)
    ready = prepare(cut, origin)
    state = compress(cut, origin, store)
    assert state.tokenizer is not ready.loaded.tokenizer
    assert result.quality.interval.n == len(ready.task.validation)
    assert result.size.params < store.read(cut.dense.key).size.params


def test_static_integers_need_training_examples(tmp_path, store):
    table = tmp_path / "own" / "test.csv"
    tiny.csv_file(table)
    model = tiny.folder(tmp_path / "model")
    origin = Origin(str(table.parent))
    static = Step("quantize", quantize.Config("int8-static"))
    spec = make_spec(model, origin, [static], runtime="onnx")
    with pytest.raises(DataError, match="'own' has no training examples to fix the ranges .* choose int8-dynamic"):
        run(spec, origin, store)


def test_calibration_sees_training_sentences_one_at_a_time(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, count=400)
    spec = dataclasses.replace(spec, steps=(Step("quantize", quantize.Config("int8-static")),), runtime="onnx")
    ready = prepare(spec, origin)
    plan = measure.plan(compress(spec, origin, store), ready, 0)
    assert len(plan.calibration) == measure.CALIBRATION
    assert all(len(item["input_ids"]) == 1 and "labels" not in item for item in plan.calibration)
    seen = {tuple(item["input_ids"][0].tolist()) for item in plan.calibration}
    assert not seen & {feature.ids for feature in ready.features}


def test_an_interrupted_build_leaves_nothing(tmp_path, store):
    def half(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.built("key", "model.onnx", half)
    assert not list((tmp_path / "cache").rglob("*.onnx"))
    assert store.built("key", "model.onnx", lambda path: path.write_bytes(b"whole")).read_bytes() == b"whole"


def test_the_oldest_files_make_room(store, monkeypatch):
    monkeypatch.setattr("core.engine.store.BUILT_BYTES", 250)
    files = [store.built(str(i), "x", lambda path: path.write_bytes(b"x" * 100)) for i in range(4)]
    assert [file.is_file() for file in files] == [False, False, True, True]


def test_room_is_made_beside_another_worker_that_makes_room(store, monkeypatch):
    """What it deletes between two looks of ours is no failure of the recipe."""
    there = Path.glob

    def glob(folder, pattern):
        yield from (folder / "deleted" / "x", *there(folder, pattern))

    monkeypatch.setattr(Path, "glob", glob)
    assert store.built("key", "x", lambda path: path.write_bytes(b"x")).is_file()


def test_memory_is_measured_where_the_model_itself_runs_and_in_fp32_only(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    timing = Timing(seq=16, pairs=6, memory=True)
    with pytest.raises(ConfigError, match="peak memory is measured in torch only, not in onnx"):
        run(dataclasses.replace(spec, runtime="onnx"), origin, store, timing)
    with pytest.raises(ConfigError, match="peak memory is measured in fp32 only, not in int8-dynamic"):
        run(dataclasses.replace(spec, steps=(INT8,)), origin, store, timing)


def test_no_running_figure_of_few_examples(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, count=1200)
    events = []
    result = run(spec, origin, store, None, Control(on_event=events.append))
    told = [(event.done, event.value) for event in events if event.stage == "evaluate"]
    assert result.quality.interval.n > 150 > told[0][0]
    assert all((value is None) == (done < 150) for done, value in told)
    assert told[-1] == (result.quality.interval.n, result.quality.interval.value)
