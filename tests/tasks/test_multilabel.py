"""Texts with several labels: as lists or 0/1 columns, scored as scikit-learn does, whatever the model's order."""

import json

import pytest
import sklearn.metrics
import torch
import transformers

from core.engine.prepare import prepare
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ConfigError, DataError
from core.metrics import MICRO_F1
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import heads, tiny

NAMES = heads.ANSWERS
rows, jsonl = heads.several, heads.lists


def model(path, names=NAMES):
    config = transformers.BertConfig(
        **tiny.SHAPE,
        num_labels=len(names),
        problem_type="multi_label_classification",
        id2label=dict(enumerate(names)),
        initializer_range=0.3,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return tiny.folder(path, transformers.BertForSequenceClassification(config).eval())


def test_figures_are_scikit_learns(tmp_path):
    folder, origin = model(tmp_path / "model"), jsonl(tmp_path / "own.jsonl", rows())
    spec = make_spec(folder, origin)
    quality, task = run(spec, origin, Store(tmp_path / "results")).quality, prepare(spec, origin).task
    assert quality.metric == MICRO_F1 and spec.metric == MICRO_F1 and task.head.name == "multi-label"
    assert spec.classes == "0,2,1"  # the table's labels are cold, dull, warm
    peer = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    chosen = torch.stack([tiny.logits(peer, (example.text,))[0].sigmoid() > 0.5 for example in task.validation])
    true = [[int(number in example.label) for number in range(3)] for example in task.validation]
    assert 0 < chosen.float().mean() < 1
    assert quality.interval.value == pytest.approx(
        sklearn.metrics.f1_score(true, chosen.int().numpy(), average="micro")
    )
    assert sum(quality.scores) / len(quality.scores) == sklearn.metrics.accuracy_score(true, chosen.int().numpy())
    assert quality.beside == ("exact match",) and any(truth == "" for truth in quality.truths)


def test_columns_of_0_and_1_are_the_same_task(tmp_path):
    found = rows()
    lists = load_task(jsonl(tmp_path / "own.jsonl", found))
    lines = [",".join([text, *(str(int(name in labels)) for name in NAMES)]) for text, labels in found]
    (tmp_path / "own.csv").write_text("\n".join([",".join(("text", *NAMES)), *lines]))
    columns = load_task(Origin(str(tmp_path / "own.csv"), label_column=",".join(NAMES)))
    assert columns.data == lists.data and columns.labels == lists.labels == ("cold", "dull", "warm")


def test_a_new_head_learns_them(tmp_path, capsys):
    from core.__main__ import main

    folder, origin = tiny.folder(tmp_path / "bare", tiny.bert(head=False)), jsonl(tmp_path / "own.jsonl", rows(240))
    step = "finetune:learning_rate=1e-3,batch_size=8,epochs=10"
    out = tmp_path / "out"
    line = ["run", "--model", folder, "--task", origin.task, "--step", step, "--no-speed", "--save", str(out), "--json"]
    assert main(line) == 0
    quality = json.loads(capsys.readouterr().out)["quality"]
    assert quality["value"] > 0.75 and set(quality["beside"]) == {"exact match"}
    config = json.loads((out / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification" and set(config["id2label"].values()) == set(NAMES)
    assert make_spec(str(out), origin).classes == ""


def test_what_does_not_fit_is_refused(tmp_path):
    origin = jsonl(tmp_path / "own.jsonl", rows())
    with pytest.raises(ConfigError, match="no metric 'pearson' for texts with several labels; take micro-f1"):
        load_task(Origin(origin.task, metric="pearson"))
    with pytest.raises(DataError, match="has no label in any row"):
        load_task(jsonl(tmp_path / "none.jsonl", [(f"text {n}", []) for n in range(40)]))
    assert load_task(Origin(origin.task, metric="exact match")).metric == "exact match"
