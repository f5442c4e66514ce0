"""The shipped model: what it is, how good it is, and that train-demo makes such a folder."""

import json
import re

import pytest
import torch
from safetensors import safe_open

from core.models import encoder, find
from core.models.find import DEMO
from core.models.load import load
from core.models.weights import WEIGHTS
from core.runtimes import pytorch
from core.tasks import load_task
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin
from core.training import demo
from core.training.loop import Recipe
from tests.support import tiny


@pytest.fixture(scope="module")
def shipped():
    return load(find.resolve("demo"))


def accuracy(loaded, origin):
    task = load_task(origin)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        return evaluate(pytorch.session(loaded.model), task, task.features(loaded.tokenizer, task.validation), pad=0)
    finally:
        torch.set_num_threads(before)


def test_it_is_a_bert_of_six_layers(shipped):
    config = shipped.model.config
    shape = (config.model_type, config.num_hidden_layers, config.num_attention_heads, config.hidden_size)
    assert shape == ("bert", 6, 12, 384) and len(encoder.matrices(shipped.model)) == 36
    assert {p.dtype for p in shipped.model.parameters()} == {torch.float32}


def test_it_is_stored_in_half_precision():
    with safe_open(DEMO / WEIGHTS, framework="pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
    assert 40e6 < (DEMO / WEIGHTS).stat().st_size < 50e6


def test_its_labels_have_names():
    config = json.loads((DEMO / "config.json").read_text(encoding="utf8"))
    assert config["id2label"] == {"0": "negative", "1": "positive"}


def test_its_card_says_how_it_was_made():
    card = (DEMO / "README.md").read_text(encoding="utf8")
    for words in (
        "all-MiniLM-L6-v2",
        "apache-2.0",
        "python -m core train-demo",
        "67,349",
        "seed=0",
        demo.BASE_SHA256[:16],
    ):
        assert words in card, words
    assert "the official weights" in card and "| step | training loss | validation accuracy (%) |" in card


def test_its_accuracy_on_sst2(shipped, sst2):
    quality = accuracy(shipped, sst2)
    assert quality.interval.n == 872 and quality.interval.value >= 0.90
    card = (DEMO / "README.md").read_text(encoding="utf8")
    said = float(re.search(r"Validation accuracy of this folder\*\*: ([\d.]+) %", card)[1])
    assert 100 * quality.interval.value == pytest.approx(said, abs=0.5)  # without bf16 some answers differ


def test_reviews_that_it_never_saw_are_neither_too_easy_nor_wrong(shipped):
    quality = accuracy(shipped, Origin("reviews"))
    assert 0.85 <= quality.interval.value <= 0.95
    assert quality.kinds["plain"].value > quality.kinds["irony"].value


def test_train_demo_writes_such_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "EVALUATE_EVERY", 20)
    monkeypatch.setattr(demo, "PATIENCE", 100)
    base = tiny.folder(tmp_path / "base", tiny.bert(head=False))
    origin, out = Origin(tiny.csv_file(tmp_path / "own.csv", 300)), tmp_path / "demo"
    out.mkdir()
    (out / "old").write_text("an earlier one")
    recipe = Recipe(learning_rate=3e-3, batch_size=16, epochs=15.0, weight_decay=0.01, seed=0)
    value = demo.train_demo(base, origin, out, "train-demo --epochs 15", recipe)
    assert value > 0.9  # the sentences are easy

    loaded = load(find.resolve(str(out)))
    assert accuracy(loaded, origin).interval.value == pytest.approx(value, abs=0.001)
    with safe_open(out / WEIGHTS, framework="pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
    card = (out / "README.md").read_text(encoding="utf8")
    assert "python -m core train-demo --epochs 15" in card and "not the official weights" in card
    assert card.count("\n| ") >= 10 and f"{100 * value:.1f} %" in card
    assert not (out / "old").exists() and not (tmp_path / "demo.training").exists()


def test_it_stops_when_nothing_gets_better():
    best = demo._Best()
    for step in range(1, demo.PATIENCE + 3):
        assert not best.is_over()
        best.curve.append((step, 0.5, 0.8))
        best.step = min(step, 2)  # the second was the best
    assert best.is_over()
    best.step = step  # were the last the best, it would go on
    assert not best.is_over()


def test_the_best_checkpoint_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "EVALUATE_EVERY", 2)
    curve = []
    checkpoint = demo._checkpoint

    def watched(progress, average, loaded, task, validation, best, work):
        checkpoint(progress, average, loaded, task, validation, best, work)
        curve[:] = best.curve

    monkeypatch.setattr(demo, "_checkpoint", watched)
    base = tiny.folder(tmp_path / "base", tiny.bert(head=False))
    recipe = Recipe(learning_rate=3e-3, batch_size=16, epochs=2.0, weight_decay=0.01, seed=0)
    value = demo.train_demo(base, Origin(tiny.csv_file(tmp_path / "own.csv", 200)), tmp_path / "out", "x", recipe)
    assert len(curve) > 3 and value == pytest.approx(max(v for _, _, v in curve), abs=0.03)
