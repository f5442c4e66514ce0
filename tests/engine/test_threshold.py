"""Another threshold of having no answer: other answers and another key, and the same training."""

import dataclasses

from core.engine.run import make_spec, recorded_spec, run, scores_key
from core.engine.store import Store
from core.spec import Step
from core.tasks.task import Origin
from core.techniques import finetune, operations
from tests.support import tiny, tiny_qa, tiny_squad

TUNE = Step("finetune", finetune.Config(learning_rate=1e-3, batch_size=8, steps=3))


def test_another_threshold_is_another_result_of_the_same_training(tmp_path, monkeypatch):
    trained, train = [], operations.train_
    monkeypatch.setattr(operations, "train_", lambda *given, **named: trained.append(1) or train(*given, **named))
    folder, store = tiny.folder(tmp_path / "model", tiny_qa.model()), Store(tmp_path / "results")
    usual = Origin(tiny_squad.folder(tmp_path / "two", train=4, dev=6, impossible=True))
    other = dataclasses.replace(usual, null_threshold=-1000.0)
    one, two = (make_spec(folder, origin, (TUNE,)) for origin in (usual, other))
    assert one.key == dataclasses.replace(two, null_threshold=0.0).key != two.key
    plain, strict = run(one, usual, store), run(two, other, store)
    assert len(trained) == 1 and store.read(two.key).spec == two
    assert set(strict.quality.answers) == {""} != set(plain.quality.answers)
    assert store.read(two.dense.key).quality.answers == strict.quality.answers


def test_pictures_find_what_a_training_has_remembered_by_any_metric_and_for_a_part():
    whole = recorded_spec("demo-squad", "squad")
    assert whole.metric and scores_key(whole) == scores_key(recorded_spec("demo-squad", "squad-1000")) != whole.key
    assert scores_key(whole) == scores_key(dataclasses.replace(whole, metric="", runtime="onnx"))
    assert scores_key(whole) != scores_key(dataclasses.replace(whole, seed=1))
