"""Times of trained models whose weights are not at hand: taken of a model of the same shape, and no answers of it."""

import dataclasses
import shutil

import pytest

from core.control import Control, Timing
from core.engine.run import compress, compress_for_times, run
from core.engine.store import Store
from core.models import encoder
from core.spec import Step
from core.techniques import (
    TECHNIQUES,
    distil,
    finetune,
    gradual,
    magnitude,
    parse_step,
    qat,
    quantize,
    structured,
    vocabulary,
)
from tests.support import tiny

QUICK = Timing(seq=16, pairs=6)
INT8 = Step("quantize", quantize.Config())
HALF = Step("magnitude", magnitude.Config(amount=0.5))
STUDENT = Step("distil", distil.Config(layers=1, learning_rate=1e-3, batch_size=8, steps=3))
NARROW = Step("distil", distil.Config(layers=1, width="0.5", hidden=0.5, learning_rate=1e-3, batch_size=8, steps=3))
TUNE = Step("finetune", finetune.Config(learning_rate=1e-3, batch_size=8, steps=3))
TRAINING = {
    "finetune": TUNE,
    "distil": STUDENT,
    "gradual": Step("gradual", gradual.Config(learning_rate=1e-3, batch_size=8, steps=3)),
    "qat": Step("qat", qat.Config(learning_rate=1e-3, batch_size=8, steps=3)),
}
SMALLER = Step("structured", structured.Config(keep_macs=0.5))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


@pytest.fixture
def stages():
    """A control, and the stages that it heard of."""
    seen = []
    return Control(on_event=lambda event: seen.append(event.stage)), seen


def elsewhere(tmp_path, store, key):
    """A store that knows the result of that key and has no weights of it, as a machine to which it was shipped."""
    other = Store(tmp_path / "other" / "results")
    other.write(dataclasses.replace(store.read(key), speeds=()))
    return other


def test_every_technique_that_trains_is_among_them():
    """But for those whose shape is learnt: that is told by the result, or they are trained for their times as well."""
    able = {name for name, one in TECHNIQUES.items() if one.kind == "train" and not one.shaped_by_weights}
    assert set(TRAINING) == able and "movement" not in able


@pytest.mark.parametrize("steps", [*[(HALF, step) for step in TRAINING.values()], (NARROW, INT8), (SMALLER, TUNE)])
def test_a_known_result_is_timed_without_training(steps, tmp_path, store, stages):
    spec, origin = tiny.experiment(tmp_path, *steps)
    first = run(spec, origin, store, QUICK)
    assert not first.speeds[-1].untrained
    other, (control, seen) = elsewhere(tmp_path, store, spec.key), stages
    timed = run(spec, origin, other, QUICK, control)
    assert "train" not in seen and "teacher" not in seen and timed.speeds[-1].untrained
    assert timed.quality == first.quality and timed.size == first.size
    trained, stand_in = compress(spec, origin, store), compress_for_times(spec, origin, other, Control())
    assert stand_in.untrained and not trained.untrained
    assert tiny.shapes(stand_in.model) == tiny.shapes(trained.model)
    assert {n: int(m.sum()) for n, m in stand_in.masks.items()} == {n: int(m.sum()) for n, m in trained.masks.items()}
    assert not list((tmp_path / "other" / "weights").glob("*"))  # nobody takes it for the trained one


@pytest.mark.parametrize("after", [(), (INT8,)], ids=["alone", "rounded"])
def test_a_shape_that_was_learnt_is_told_by_the_result(after, tmp_path, store, stages):
    learnt = parse_step("movement:density=0.4,block=8,steps=4,batch_size=8,alpha=0")
    spec, origin = tiny.experiment(tmp_path, learnt, *after, model=tiny.shaken(tiny.bert()))
    first = run(spec, origin, store, QUICK)
    other, (control, seen) = elsewhere(tmp_path, store, spec.key), stages
    timed = run(spec, origin, other, QUICK, control)
    assert "train" not in seen and timed.speeds[-1].untrained and not first.speeds[-1].untrained
    trained, stand_in = compress(spec, origin, store), compress_for_times(spec, origin, other, Control())
    assert encoder.layer_shapes(stand_in.model) == encoder.layer_shapes(trained.model) and stand_in.untrained
    assert stand_in.precision == trained.precision
    assert not compress_for_times(spec, origin, store, Control()).untrained  # whose weights are here


@pytest.mark.long
def test_its_file_is_not_the_one_that_answers(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    spec = dataclasses.replace(spec, steps=(STUDENT, INT8), runtime="onnx")
    run(spec, origin, store)
    other = elsewhere(tmp_path, store, spec.key)
    timed = run(spec, origin, other, QUICK)
    assert [speed.untrained for speed in timed.speeds] == [True, True]
    built = {path.parent.name for path in (tmp_path / "other" / "built").glob("*/*")}
    assert f"{spec.key}-untrained" in built and spec.key not in built


def test_a_teacher_that_is_not_asked_need_not_be_there(tmp_path, store):
    folder = tiny.folder(tmp_path / "teacher", tiny.bert(seed=3))
    spec, origin = tiny.experiment(tmp_path, parse_step(f"distil:layers=1,hidden=0,teacher={folder}"))
    store.write(tiny.result(spec))  # as it was shipped by somebody who had that teacher
    shutil.rmtree(folder)
    assert run(spec, origin, store, QUICK).speeds[-1].untrained


def test_stored_weights_are_timed_themselves(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, STUDENT)
    run(spec, origin, store)
    assert not run(spec, origin, store, QUICK).speeds[-1].untrained


def test_a_shape_that_depends_on_what_was_learnt_is_trained_for(tmp_path, store, stages):
    cut = Step("vocabulary", vocabulary.Config())
    spec, origin = tiny.experiment(tmp_path, TUNE, SMALLER, cut)
    run(spec, origin, store)
    other, (control, seen) = elsewhere(tmp_path, store, spec.key), stages
    timed = run(spec, origin, other, QUICK, control)
    assert "train" in seen and not timed.speeds[-1].untrained
    assert encoder.layer_shapes(compress(spec, origin, other).model) == encoder.layer_shapes(
        compress(spec, origin, store).model
    )
