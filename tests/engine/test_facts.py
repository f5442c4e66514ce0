"""What a result keeps of a model: the facts of its steps, the seconds of its training, and its matrices."""

import dataclasses

from core.engine.facts import facts_of
from core.engine.prepare import prepare
from core.engine.run import compress
from core.engine.store import Store
from core.left import FACT, read
from core.techniques import parse_step
from tests.support import tiny


def test_steps_seconds_and_matrices_are_kept_and_of_dense_nothing(tmp_path):
    steps = map(parse_step, ("structured:keep_macs=0.5", "finetune:steps=2,batch_size=8"))
    spec, origin = tiny.experiment(tmp_path, *steps, model=tiny.shaken(tiny.bert()))
    ready, state = prepare(spec, origin), compress(spec, origin, Store(tmp_path / "results"))
    found = facts_of(state, ready)
    assert {"heads", "widths", "curves", "training_s", "embeddings", FACT} == found.keys()
    assert found["training_s"] == round(state.training_s, 3) > 0 and len(read(found)) == 12
    assert facts_of(ready.state, ready) == {}
    assert "training_s" not in facts_of(dataclasses.replace(state, training_s=0.0), ready)
