"""The shipped results: readable, of the shipped model, complete, with their machine and versions inside."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from core.engine import floor, track
from core.engine.recipes import CURVE_AMOUNTS, ablation, curve_spec, group, masked, maximum, step
from core.engine.run import make_spec, recorded_spec, scores_key
from core.engine.store import Store
from core.installation import measuring, place
from core.jobs import browsers, exports
from core.jobs.recorded import PUBLISHED, moved, recorded_specs
from core.jobs.report import findings, recorded_report
from core.left import read
from core.models.find import resolve
from core.models.head import SPAN
from core.models.macs import work
from core.result import compare, figure
from core.spec import describe
from core.tasks import TASKS
from core.tasks.task import Origin

ROOT = Path(__file__).resolve().parents[2]
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
        assert quality.interval == figure(quality.sample, quality.metric) and len(quality.answers) == quality.interval.n
        assert all(len(s.times_ms) == len(s.dense_times_ms) > 5 for s in result.speeds)


def test_the_shape_of_each_model_is_inside_and_explains_its_work(store):
    for result in store.all():
        size = result.size
        if result.spec.new_head:  # of another model, which is not shipped: nobody can know
            assert size.shape is None
            continue
        assert work(size.shape, size.seq).total + head_work(result.spec, size) == size.macs, result.key


def head_work(spec, size):
    """A start and an end for each token; or a pooler and two labels for the first one."""
    hidden = size.shape.hidden
    return 2 * hidden * size.seq if TASKS[spec.task].bare().head is SPAN else hidden * (hidden + 2)


def test_machine_and_versions_are_inside(store):
    for result in store.all():
        for environment in (result.quality.environment, *(s.environment for s in result.speeds)):
            versions = (environment.python, environment.torch, environment.transformers)
            assert "cores" in environment.machine and all(versions), result.key


def test_none_claims_to_be_measured_here(store):
    measuring()  # an installation that has measured something
    for result in store.all():
        assert {place(figure.environment) for figure in (result.quality, *result.speeds)} <= {"alike", "elsewhere"}


def test_they_are_of_the_shipped_model(store, dense):
    assert store.read(dense.key) is not None
    for result in store.all():
        revision = resolve(TASKS[result.spec.task].model).revision
        assert result.spec.revision == revision or result.spec.new_head, f"{result.key} is of another model"


def usual(result):
    """The time of one sentence of 128 tokens, which every result has."""
    return next(s for s in result.speeds if (s.batch, s.seq, s.threads, s.against) == (1, 128, 1, ""))


SPECS = recorded_specs(recorded_spec("demo", "sst2"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: " ".join(map(describe, spec.steps)))
def test_every_dot_is_there_with_its_time(store, spec):
    result = store.read(spec.key)
    assert result is not None and result.quality.interval.n == 872
    speed = usual(result)
    assert not speed.busy
    if group(spec) in ("structured", "zeroed"):
        assert speed.peak_bytes and speed.dense_peak_bytes


@pytest.mark.parametrize("task", ["sst2", "reviews"])
def test_what_phones_are_offered_answers_in_webassembly_as_natively(store, task):
    dense = recorded_spec("demo", task) or make_spec("demo", Origin(task))  # the second where its examples come along
    shipped = [dataclasses.replace(spec, runtime="web") for spec, _ in exports.ready(dense)]
    for spec in (*browsers.specs(dense), *shipped):
        result, native = store.read(spec.key), store.read(dataclasses.replace(spec, runtime="onnx").key)
        assert result is not None and result.quality.interval.n == native.quality.interval.n, spec
        assert abs(result.quality.interval.value - native.quality.interval.value) <= 0.003 and result.speeds == ()


def test_zeros_buy_no_time_and_removal_does(store, dense):
    for amount in CURVE_AMOUNTS:
        removed = curve_spec(dense, "structured", amount)
        zeroed, smaller = store.read(masked(removed).key), store.read(removed.key)
        assert zeroed.quality.answers == smaller.quality.answers or compare(smaller.quality, zeroed.quality).p > 0.2
        assert usual(zeroed).verdict == "no difference shown"
        assert usual(smaller).verdict == "faster" or amount < 0.2
        assert smaller.size.macs <= (1 - amount + 0.01) * zeroed.size.macs and smaller.size.bytes < zeroed.size.bytes


def test_half_of_the_work_is_worth_little_accuracy_and_much_time(store, dense):
    base = store.read(dense.key).quality.interval.value
    for amount, points in ((0.4, 0.7), (0.5, 1.5)):
        result = store.read(curve_spec(dense, "structured", amount).key)
        assert 100 * (base - result.quality.interval.value) <= points
    assert usual(store.read(curve_spec(dense, "structured", 0.5).key)).speedup >= 1.7


def test_every_single_head_is_recorded_with_the_scores_of_the_pictures(store, dense):
    for layer in range(6):
        for head in range(12):
            assert store.read(ablation(dense, layer, head).key) is not None, (layer, head)
    for name in ("heads", "inputs", "cuts-fisher-8", "cuts-taylor-8"):
        shipped = Store(store.folder.parent / "results", (store.folder,))
        assert shipped.recall(dense.key, name) is not None


@pytest.mark.parametrize(("task", "model", "least"), [("sst2", "demo", 5), ("squad", "demo-squad", 3)])
def test_movement_is_recorded_with_its_times_its_training_and_its_matrices(store, task, model, least):
    whole = recorded_spec(model, task)
    before = store.read(whole.key).quality
    found = [result for spec in moved(whole) if (result := store.read(spec.key)) is not None]
    assert len(found) >= least
    for result in found:
        density, matrices = result.spec.steps[0].config.density, read(result.facts)
        linear = sum(one.nonzero for one in matrices) / sum(one.rows * one.columns for one in matrices)
        assert density - 0.02 < linear <= density + 1e-6
        assert not usual(result).busy and [s for s in result.speeds if s.seq is None]
        assert len(result.facts["curves"]) == 1 + (result.spec.steps[0].config.variant == "hybrid-filled")
        if density == PUBLISHED:  # what was asked of it
            assert -compare(result.quality, before).delta <= 0.01
            assert next(s for s in result.speeds if s.seq is None and not s.against).speedup >= 1.84
    # of one that was interrupted it is not known
    assert any(result.facts.get("training_s", 0) > 60 for result in found)
    shipped, key = Store(store.folder.parent / "results", (store.folder,)), scores_key(whole)
    names = {path.stem.removeprefix(f"{key}-") for path in RECORDED.glob(f"scores/{key}-movement-scores-*")}
    assert names and all(shipped.recall(key, name) is not None for name in names)


@pytest.mark.parametrize("task", ["sst2", "reviews"])
def test_the_floor_of_each_task_is_recorded(store, task):
    whole = recorded_spec("demo", task) or make_spec("demo", Origin(task))
    found = floor.read(whole.data, "accuracy", store)
    assert found.quality.interval == figure(found.quality.sample) and 0.78 < found.quality.interval.value < 0.85
    assert found.ms < 2 and found.bytes < 5_000_000


def test_every_row_of_the_report_is_there(store, dense):
    rows = recorded_report(store, dense)
    assert [row.name for row in rows] == ["a0", "a", "b", "c", "c-random", "d"]
    found = {row.name: row.result for row in rows}
    assert found["b"].quality.interval.value >= 0.90 > 0.65 > found["a"].quality.interval.value
    assert found["c"].size.bytes == found["b"].size.bytes and found["c"].size.zip_bytes < found["b"].size.zip_bytes
    for row in rows:
        assert [s for s in row.result.speeds if s.seq is None], row.name
    assert findings(rows)


METHODS = ("l1-layer", "l1-global", "wanda", "structured", "random")
TRACKS = (
    *((task, method, 0) for task in ("reviews", "sst2") for method in METHODS),
    *((task, "random", seed) for task in ("reviews", "sst2") for seed in (1, 2)),
)


@pytest.mark.parametrize(("task", "method", "seed"), TRACKS)
def test_shipped_tracks_are_whole_and_say_what_the_stored_results_say(task, method, seed, store):
    dense = recorded_spec("demo", task) or make_spec("demo", Origin(task))
    found = track.read(dense, step(method, 0), store, seed)
    assert found is not None and found.whole(maximum(method)) and found.about["precision"]
    for amount in CURVE_AMOUNTS:
        spec = dataclasses.replace(curve_spec(dense, method, amount), seed=seed)
        result, place = store.read(spec.key), found.levels.index(round(100 * amount))
        if result is None and seed:
            continue  # further seeds are recorded at some positions only
        assert [found.labels[number] for number in found.answers[place]] == list(result.quality.answers)
        assert found.nonzero[place] == result.size.nonzero


def test_every_shipped_track_is_one_of_them():
    assert len(list((RECORDED / "tracks").glob("*"))) == len(TRACKS)
