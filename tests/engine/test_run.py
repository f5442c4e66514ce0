"""From Spec to Result: found or computed, dense first, stopped cleanly, trained once."""

import dataclasses

import pytest
import torch

from core.control import Control, Timing
from core.engine import latency, measure
from core.engine import prepare as preparing
from core.engine.prepare import prepare
from core.engine.run import compress, make_spec, recorded_spec, run, warm_up
from core.engine.store import Store
from core.environment import here
from core.errors import Cancelled, ConfigError, DataError, ModelError
from core.models.find import resolve
from core.spec import Step
from core.tasks.sst2 import SST2_DATA
from core.tasks.task import Origin
from core.techniques import finetune, magnitude, operations
from tests.support import tiny, tiny_qa, tiny_squad

L1 = Step("magnitude", magnitude.Config(amount=0.5))
TUNE = Step("finetune", finetune.Config(learning_rate=1e-3, batch_size=8, steps=3))
QUICK = Timing(seq=16, pairs=6)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results", (tmp_path / "recorded",))


@pytest.fixture
def watched(monkeypatch):
    """How often each kind of work was done."""
    counts = {"evaluate": 0, "train_": 0, "rounds": 0}

    def count(module, name):
        original = getattr(module, name)

        def counted(*arguments, **options):
            counts[name] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, counted)

    count(measure, "evaluate")
    count(operations, "train_")
    count(latency, "rounds")
    return counts


def stages(events):
    return list(dict.fromkeys(event.stage for event in events))


def test_the_second_call_is_a_store_hit(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, L1)
    first = run(spec, origin, store)
    assert watched["evaluate"] == 2  # dense and pruned
    second = run(spec, origin, store, None, Control(on_event=lambda event: pytest.fail("nothing is to be done")))
    assert second == first and watched["evaluate"] == 2
    assert first.spec == spec and first.size.prunable_nonzero == round(0.5 * first.size.prunable)


def test_dense_is_run_first_and_kept(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, L1)
    run(spec, origin, store)
    dense = store.read(spec.dense.key)
    assert dense is not None and dense.size.nonzero > store.read(spec.key).size.nonzero
    run(dataclasses.replace(spec, steps=(TUNE,)), origin, store)
    assert watched["evaluate"] == 3  # dense is not evaluated again


def test_no_step_is_the_dense_baseline(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path)
    result = run(spec, origin, store, QUICK)
    assert result.spec == spec == spec.dense and watched["evaluate"] == 1
    assert 0.1 < result.speed(here().machine, 1, 16).speedup < 10  # 1 where nothing else runs


def test_a_missing_speed_is_measured_without_a_second_evaluation(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, L1)
    plain = run(spec, origin, store)
    assert plain.speeds == ()
    timed = run(spec, origin, store, QUICK)
    assert watched == {"evaluate": 2, "train_": 0, "rounds": 1}
    assert timed.quality == plain.quality and len(timed.speeds) == 1 and store.read(spec.key) == timed
    run(spec, origin, store, QUICK)
    assert watched["rounds"] == 1
    run(spec, origin, store, dataclasses.replace(QUICK, batch=2))
    assert watched["rounds"] == 2 and len(store.read(spec.key).speeds) == 2


def test_the_validation_batches_can_be_timed(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, L1)
    speed = run(spec, origin, store, Timing(batch=8, seq=None)).speed(here().machine, 8, None)
    count = len(prepare(spec, origin).task.validation)
    assert speed.examples == count and len(speed.times_ms) == -(-count // 8)


def test_a_speed_of_another_machine_is_no_speed_of_this_one(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path)
    elsewhere = dataclasses.replace(here(), machine="elsewhere")
    result = run(spec, origin, store)
    store.write(result.with_speed(tiny.speed((1.0,), (1.0,), seq=16, environment=elsewhere)))
    found = run(spec, origin, store, QUICK)
    assert watched["rounds"] == 1 and len(found.speeds) == 2


def test_a_time_is_taken_again_where_that_is_asked_for(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path)
    first = run(spec, origin, store, QUICK)
    assert run(spec, origin, store, QUICK) == first and watched["rounds"] == 1
    again = run(spec, origin, store, dataclasses.replace(QUICK, again=True))
    assert watched["rounds"] == 2 and len(again.speeds) == len(first.speeds) and again.speeds != first.speeds


def test_a_recorded_result_needs_no_evaluation_and_stays_as_it_was(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path)
    path = Store(store.recorded[0]).write(run(spec, origin, Store(tmp_path / "elsewhere")))
    before, watched["evaluate"] = path.read_bytes(), 0
    assert run(spec, origin, store) == store.read(spec.key) and not store.folder.exists()
    run(spec, origin, store, QUICK)
    assert watched["evaluate"] == 0 and path.read_bytes() == before
    assert len(store.read(spec.key).speeds) == 1  # this machine's own


def test_a_torn_result_is_computed_again(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, L1)
    first = run(spec, origin, store)
    path = store.folder / f"{spec.key}.json"
    path.write_text(path.read_text()[:-40])
    again = run(spec, origin, store)
    assert watched["evaluate"] == 3 and store.set_aside() == [f"{spec.key}.json.bad"]
    assert again.quality.scores == first.quality.scores and store.read(spec.key) == again


def test_events_tell_the_stages_in_order(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, L1, TUNE)
    events = []
    result = run(spec, origin, store, QUICK, Control(on_event=events.append))
    assert stages(events) == ["load", "evaluate", "size", "train", "speed"]
    training = [e for e in events if e.stage == "train"]
    assert [(e.done, e.total) for e in training] == [(1, 3), (2, 3), (3, 3)]
    assert training[0].eta_s > training[-1].eta_s == 0 and training[0].loss > 0
    last = [e for e in events if e.stage == "evaluate"][-1]
    value = result.quality.interval
    assert (last.done, last.total, last.value, last.low, last.high) == (
        value.n,
        value.n,
        value.value,
        value.low,
        value.high,
    )
    assert [(e.done, e.total) for e in events if e.stage == "speed"][-1] == (6, 6)


@pytest.mark.parametrize("stage", ["evaluate", "train", "speed"])
def test_cancel_stores_nothing(tmp_path, store, stage):
    spec, origin = tiny.experiment(tmp_path, TUNE)
    run(spec.dense, origin, store)
    events = []
    control = Control(events.append, lambda: bool(events) and events[-1].stage == stage)
    with pytest.raises(Cancelled):
        run(spec, origin, store, QUICK, control)
    kept = store.read(spec.key)
    if stage == "speed":
        assert kept.speeds == ()  # the quality was complete; half a timing is none
    else:
        assert kept is None and [path.stem for path in store.folder.glob("*.json")] == [spec.dense.key]
    assert run(spec, origin, store).quality.interval.n > 0  # and nothing is in the way of the next try


def test_trained_weights_are_used_again(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, L1, TUNE)
    first = compress(spec, origin, store)
    again = compress(spec, origin, store)
    assert watched["train_"] == 1
    assert all(torch.equal(a, b) for a, b in zip(first.model.parameters(), again.model.parameters(), strict=True))
    assert {n: int(m.sum()) for n, m in first.masks.items()} == {n: int(m.sum()) for n, m in again.masks.items()}
    more = compress(
        dataclasses.replace(spec, steps=(L1, TUNE, Step("magnitude", magnitude.Config(amount=0.7)))), origin, store
    )
    assert watched["train_"] == 1
    for name, mask in first.masks.items():
        assert not more.model.get_parameter(name)[~mask].any()
    compress(dataclasses.replace(spec, seed=1), origin, store)
    assert watched["train_"] == 2  # another seed is another training


def test_trained_weights_serve_every_runtime(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, TUNE)
    compress(spec, origin, store)
    stages = []
    watching = Control(on_event=lambda event: stages.append(event.stage))
    compress(dataclasses.replace(spec, runtime="onnx"), origin, store, watching)
    assert "train" not in stages


def test_torn_weights_are_trained_again(tmp_path, store, watched):
    spec, origin = tiny.experiment(tmp_path, TUNE)
    first = compress(spec, origin, store)
    path = tmp_path / "weights" / spec.key / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    again = compress(spec, origin, store)
    assert watched["train_"] == 2
    assert all(torch.equal(a, b) for a, b in zip(first.model.parameters(), again.model.parameters(), strict=True))


def test_the_loaded_model_is_never_changed(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, L1, TUNE)
    model = prepare(spec, origin).loaded.model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    run(spec, origin, store, QUICK)
    assert prepare(spec, origin).loaded.model is model
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_base_model_is_trained_from_a_drawn_head(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, TUNE, model=tiny.bert(head=False))
    assert spec.new_head and run(spec, origin, store).quality.interval.n > 0
    with pytest.raises(ModelError, match="is an encoder without any head, and so has no classification head"):
        run(make_spec(spec.model, origin, (L1,)), origin, store)
    assert make_spec(spec.model, origin, new_head=True).new_head
    seeded = make_spec(spec.model, origin, (TUNE,), seed=3)
    heads = [prepare(s, origin).loaded.model.classifier.weight for s in (spec, seeded)]
    assert not torch.equal(*heads)


def test_a_new_head_for_numbers_begins_at_their_mean_in_their_scale(tmp_path):
    rows = [f"{text},{100 + 7.5 * i % 31}" for i, (text, _) in enumerate(tiny.sentences(80))]
    (tmp_path / "a.csv").write_text("\n".join(["text,score", *rows]))
    origin = Origin(str(tmp_path / "a.csv"), metric="pearson")
    spec = make_spec(tiny.folder(tmp_path / "model", tiny.bert(head=False)), origin, (TUNE,))
    ready = prepare(spec, origin)
    numbers, answers = torch.tensor([e.label for e in ready.task.train]), tiny.logits(ready.loaded.model)
    assert (answers - numbers.mean()).abs().max() < 2 * numbers.std() and answers.std() > 0


def test_what_is_trained_for_a_part_of_a_task_is_that_of_the_whole(tmp_path, store, watched):
    data = tiny_squad.folder(tmp_path / "squad", train=12, dev=8)
    model = tiny.folder(tmp_path / "model", tiny_qa.model())
    results = []
    for task in ("squad", "squad-1000"):
        origin = Origin(task, data)
        results.append(run(make_spec(model, origin, (TUNE,)), origin, store))
    assert results[0].key != results[1].key and watched["train_"] == 1
    assert results[0].quality.answers == results[1].quality.answers  # fewer than a thousand: all of them


def test_a_spec_holds_the_content_of_model_and_examples(tmp_path):
    spec, origin = tiny.experiment(tmp_path, L1)
    assert spec.revision == resolve(spec.model).revision and spec.task == "own" and len(spec.data) == 16
    (tmp_path / "more").mkdir()
    other = Origin(tiny.csv_file(tmp_path / "more" / "own.csv", 60))
    assert make_spec(spec.model, other, (L1,)).key != spec.key


def test_a_model_that_changed_on_disk_is_refused(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    tiny.folder(tmp_path / "model", tiny.bert(seed=9))
    with pytest.raises(ModelError, match="has changed on disk since it was chosen; choose it again"):
        run(spec, origin, store)


def test_examples_that_changed_are_refused(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    with pytest.raises(DataError, match="the examples of 'own' are not those the experiment was made for"):
        run(dataclasses.replace(spec, data="0" * 16), origin, store)


def test_more_tokens_than_the_model_takes(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path)
    with pytest.raises(ModelError, match="takes at most 140 tokens, not 141"):
        run(spec, origin, store, Timing(seq=141, pairs=2))
    assert run(spec, origin, store, Timing(seq=140, pairs=2)).speeds


def test_recorded_results_are_looked_up_without_their_data(tmp_path):
    name = tiny.folder(tmp_path / "model")
    spec = recorded_spec(name, "sst2", (L1,), seed=2)
    assert spec == dataclasses.replace(spec, model=name, data=SST2_DATA, task="sst2", seed=2, steps=(L1,))
    assert spec.revision == resolve(name).revision and recorded_spec(name, "reviews") is None


def test_warm_up_loads_once(tmp_path):
    spec, origin = tiny.experiment(tmp_path)
    warm_up(spec.model, origin)
    hits = preparing._prepare.cache_info().hits
    prepare(spec, origin)
    assert preparing._prepare.cache_info().hits == hits + 1


@pytest.mark.parametrize("tokens", [1, 7, 141])
def test_tokens_that_leave_no_words_or_have_no_position_are_refused(tmp_path, tokens):
    spec, origin = tiny.experiment(tmp_path)
    with pytest.raises(ConfigError, match=f"max-tokens={tokens} "):
        make_spec(spec.model, origin, max_tokens=tokens)
    assert make_spec(spec.model, origin, max_tokens=8).max_tokens == 8
