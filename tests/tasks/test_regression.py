"""Texts with numbers: told from classes, met by a model of one output, figures as scipy has them."""

import json

import numpy as np
import pytest
import scipy.stats
import transformers

from core.__main__ import main
from core.engine.prepare import prepare
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ConfigError, DataError, ModelError
from core.result import beside, compare
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import heads, tiny

table = heads.numbers


def model(path):
    return tiny.folder(path, tiny.shaken(tiny.bert(labels=1)))


def test_figures_are_scipys(tmp_path):
    folder, origin = model(tmp_path / "model"), table(tmp_path / "own.tsv")
    spec = make_spec(folder, origin)
    result, task = run(spec, origin, Store(tmp_path / "results")), prepare(spec, origin).task
    quality = result.quality
    assert task.head.name == "regression" and quality.metric == spec.metric == "Pearson" and not task.labels
    peer = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    said = np.array([float(tiny.logits(peer, (example.text,))[0, 0]) for example in task.validation])
    true = np.array([example.label for example in task.validation])
    assert quality.interval.value == pytest.approx(scipy.stats.pearsonr(said, true).statistic, abs=1e-5)
    assert beside(quality)["Spearman"].value == pytest.approx(scipy.stats.spearmanr(said, true).statistic, abs=1e-5)
    assert quality.loss == pytest.approx(((said - true) ** 2).mean(), rel=1e-4)
    assert compare(quality, quality).flipped == ()


def test_numbers_are_told_from_classes(tmp_path):
    numbers = load_task(table(tmp_path / "own.tsv"))
    assert any("taken for numbers" in str(note) for note in numbers.notes)
    stars = table(tmp_path / "stars.tsv", digits=0)
    assert load_task(stars).labels and load_task(stars).head.name == "sequence"
    asked = load_task(Origin(stars.task, metric="Spearman"))
    assert asked.metrics == ("Spearman", "Pearson") and not asked.labels
    assert not any("taken for numbers" in str(note) for note in asked.notes)
    with pytest.raises(ConfigError, match="no metric 'bleu' for classes; take accuracy, f1, macro-f1, matthews, mcc"):
        load_task(Origin(stars.task, metric="bleu"))


def test_rows_without_a_number_are_skipped_with_their_lines(tmp_path):
    origin = table(tmp_path / "own.tsv")
    lines = (tmp_path / "own.tsv").read_text().splitlines()
    lines[3] = lines[3].split("\t")[0] + "\tgood"
    (tmp_path / "own.tsv").write_text("\n".join(lines))
    task = load_task(Origin(origin.task, metric="pearson"))
    assert [str(one) for one in task.problems] == ["own.tsv line 4: the label 'good' is no number"]
    assert len(task.train) + len(task.validation) == 119
    (tmp_path / "one.csv").write_text("text,label\n" + "".join(f"text {n},1\n" for n in range(40)))
    with pytest.raises(DataError, match="has no two different numbers as labels"):
        load_task(Origin(str(tmp_path / "one.csv"), metric="pearson"))


def test_a_model_of_one_output_is_told_what_to_do_with_classes(tmp_path, capsys):
    folder, origin = model(tmp_path / "model"), tiny.csv_file(tmp_path / "own.csv")
    assert main(["run", "--model", folder, "--task", origin, "--no-speed"]) == 2
    error = capsys.readouterr().err
    assert "gives one number (regression) and no classes; --metric pearson takes the labels for numbers" in error
    assert main(["run", "--model", folder, "--task", origin, "--no-speed", "--metric", "pearson"]) == 0
    with pytest.raises(ModelError, match="classification head and no regression head; train a new one"):
        prepare(make_spec(tiny.folder(tmp_path / "two"), table(tmp_path / "n.tsv")), table(tmp_path / "n.tsv"))


def test_a_new_head_learns_them_and_a_student_from_it(tmp_path, capsys):
    origin, out = table(tmp_path / "own.tsv", 300), tmp_path / "out"
    bare = tiny.folder(tmp_path / "bare", tiny.bert(head=False))
    tune = "learning_rate=3e-3,batch_size=8,epochs=8"
    line = ["run", "--task", origin.task, "--no-speed", "--json"]
    assert main([*line, "--model", bare, "--step", f"finetune:{tune}", "--save", str(out)]) == 0
    tuned = json.loads(capsys.readouterr().out)["quality"]
    assert tuned["value"] > 0.9 and tuned["beside"]["Spearman"]["value"] > 0.8
    config = json.loads((out / "config.json").read_text())
    assert config["problem_type"] == "regression"
    student = f"distil:layers=1,hidden=0,alpha=1,{tune}"
    assert main([*line, "--model", str(out), "--step", student]) == 0
    assert json.loads(capsys.readouterr().out)["quality"]["value"] > 0.8
