"""A task that labels each token is one file and one line: nothing else of the product has to know of it."""

import json

import pytest

from core.__main__ import main
from core.engine.run import make_spec
from core.models.find import resolve
from core.tasks import TASKS, forget, load_task
from core.tasks.task import Origin
from pages.components.widgets.text import catalogue
from tests.support import tiny, tiny_tokens
from tests.support.app import cells, lab, page, texts

TUNE = "finetune:learning_rate=3e-3,batch_size=8,epochs=6"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A model with a label for each token, while the task is registered."""
    forget()
    monkeypatch.setitem(TASKS, "tags", tiny_tokens.ENTRY)
    yield tiny.folder(tmp_path / "tagger", tiny_tokens.model())
    forget()


def ran(capsys, folder, *steps):
    chosen = [word for step in steps for word in ("--step", step)]
    assert main(["run", "--model", folder, "--task", "tags", *chosen, "--no-speed", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_it_is_trained_pruned_and_distilled_from_the_command_line(folder, capsys):
    dense, tuned = ran(capsys, folder), ran(capsys, folder, TUNE)
    assert dense["quality"]["value"] < 0.7 < 0.9 < tuned["quality"]["value"] and tuned["quality"]["n"] == 40
    half = ran(capsys, folder, TUNE, "structured:keep_macs=0.5")
    assert half["size"]["macs"] < tuned["size"]["macs"]
    student = "distil:layers=1,hidden=0,alpha=1,learning_rate=3e-3,batch_size=8,epochs=6"
    assert ran(capsys, folder, student)["facts"]["layers"] == [1]


@pytest.mark.parametrize("form", ["hf", "onnx"])
def test_it_is_exported_and_its_file_answers_alike(folder, capsys, tmp_path, form):
    out = tmp_path / form
    assert main(["export", "--model", folder, "--task", "tags", "--format", form, "--out", str(out)]) == 0
    assert "good" in capsys.readouterr().out
    assert json.loads((out / "labels.json").read_text())["labels"] == list(tiny_tokens.LABELS)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["check"]["agreement"] == 1 and manifest["check"]["accuracy"]["n"] == 40


def test_another_head_is_refused_with_what_to_do(folder, capsys, tmp_path):
    sentences = tiny.folder(tmp_path / "sentences", tiny.bert(labels=3))
    assert main(["run", "--model", sentences, "--task", "tags"]) == 2
    assert (
        "has a classification head and no token classification head; train a new one with --new-head"
        in capsys.readouterr().err
    )
    assert resolve(folder).head == "token" and make_spec(folder, Origin("tags")).data == load_task(Origin("tags")).data


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize("lang", ["en", "es"])
def test_it_is_on_the_pages(folder, lang):
    at = page(model=folder, task="tags", lang=lang)
    right = cells(at.table[0])[catalogue(lang)["measured.right"]]
    assert set(" ".join(right).split()) <= set(tiny_tokens.LABELS)
    at = lab(TUNE, model=folder, task="tags", lang=lang)
    assert any("--task tags" in code for code in texts(at.code))
