"""An export: its file is run before it is offered, half of one is never seen, its program needs the runtime only."""

import dataclasses
import errno
import hashlib
import json
import math
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import onnxruntime
import pytest
import torch

from core.control import Control
from core.engine import check as checks
from core.engine.export import export
from core.engine.manifest import LABELS, MANIFEST
from core.engine.run import run
from core.engine.store import Store
from core.errors import Cancelled, ModelError
from core.runtimes import formats
from core.spec import Step
from core.tasks import load_task
from core.techniques import magnitude, quantize, structured
from tests.support import runtimes, tiny

INT8, FP16 = Step("quantize", quantize.Config()), Step("quantize", quantize.Config("fp16"))
SMALLER = Step("structured", structured.Config(keep_macs=0.6, criterion="magnitude", refit="none"))
SITE = Path(onnxruntime.__file__).parent.parent
# what `pip install onnxruntime tokenizers` brings
ONLY = ("onnxruntime", "tokenizers", "numpy", "numpy.libs", "flatbuffers", "google", "packaging", "huggingface_hub")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache" / "results")


def experiment(tmp_path, form, *steps, model=None):
    model = model or tiny.shaken(tiny.bert(hidden_size=64, intermediate_size=256))
    spec, origin = tiny.experiment(tmp_path, model=model)
    return dataclasses.replace(spec, steps=steps, runtime=formats()[form].name), origin


@pytest.mark.parametrize(
    ("form", "steps"),
    [("hf", ()), ("hf", (SMALLER,)), ("hf", (FP16,)), ("onnx", ()), ("onnx", (SMALLER, INT8)), ("pte", (INT8,))],
    ids=["hf", "hf-smaller", "hf-fp16", "onnx", "onnx-smaller-int8", "pte-int8"],
)
@pytest.mark.usefixtures("shared_lowering")
def test_the_file_is_checked_on_every_example_and_described(form, steps, tmp_path, store):
    if not formats()[form].installed:
        pytest.skip(f"{formats()[form].title} is not installed")
    model = runtimes.model("shaped") if form == "pte" else None  # which is lowered already
    spec, origin = experiment(tmp_path, form, *steps, model=model)
    events, folder = [], tmp_path / "out" / "mine"
    done = export(spec, origin, form, folder, store, Control(on_event=lambda event: events.append(event.stage)))
    assert {"reference", "evaluate", "zip"} <= set(events)
    check = done.check
    assert check.good and check.accuracy.n == check.torch_accuracy.n > 10 and check.latency_ms > 0
    assert check.largest_difference < (checks.LOGITS if not {INT8, FP16} & set(steps) else 0.5)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["key"] == spec.key and manifest["check"]["good"] and manifest["format"] == form
    for name, facts in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (facts["bytes"], facts["sha256"]), name
    with zipfile.ZipFile(done.archive) as zipped:
        assert {Path(name).relative_to("mine").as_posix() for name in zipped.namelist()} == {
            *manifest["files"],
            MANIFEST,
        }
    assert sorted(path.name for path in folder.parent.iterdir()) == ["mine", "mine.zip"]
    words = (folder / "README.md").read_text()
    assert "right" in words and str(tmp_path) not in (folder / "run.py").read_text()
    assert "# What was measured\n\n## In short\n\n- " in words and spec.key in words  # the model card
    removed = SMALLER in steps
    assert (folder / "plots.html").is_file() == ("`plots.html` has the figures" in words)
    assert not removed or "were removed entirely" in words and "Plotly.newPlot(" in (folder / "plots.html").read_text()


def program(folder, path=None, *texts):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **({"PYTHONPATH": str(path)} if path else {})}
    # without -S the packages of this environment would be found too
    command = [sys.executable, *(["-S"] if path else []), "run.py", *texts]
    settings = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run(command, **settings, check=False)
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_the_onnx_program_needs_the_runtime_only(tmp_path, store):
    spec, origin = experiment(tmp_path, "onnx")
    folder, only = tmp_path / "mine", tmp_path / "only"
    export(spec, origin, "onnx", folder, store)
    only.mkdir()
    for name in ONLY:
        if (SITE / name).exists():
            (only / name).symlink_to(SITE / name)
    answers = program(folder, only, *tiny.TEXTS[:2])
    expected = tiny.logits(tiny.shaken(tiny.bert(hidden_size=64, intermediate_size=256)), tiny.TEXTS[:1])[0].tolist()
    assert [row["text"] for row in answers] == list(tiny.TEXTS[:2])
    assert answers[0]["logits"] == pytest.approx(expected, abs=1e-4)
    labels = json.loads((folder / LABELS).read_text())["labels"]
    assert answers[0]["label"] == labels[expected.index(max(expected))] and answers[0]["probability"] >= 0.5


@pytest.mark.slow
def test_the_hf_program_loads_layers_that_differ(tmp_path, store):
    spec, origin = experiment(tmp_path, "hf", SMALLER)
    export(spec, origin, "hf", tmp_path / "mine", store)
    (answer,) = program(tmp_path / "mine", None, "the film was good")
    assert len(answer["logits"]) == 2


def test_a_file_beyond_the_tolerances_is_not_called_good(tmp_path, store, monkeypatch):
    spec, origin = experiment(tmp_path, "onnx", INT8)
    monkeypatch.setattr(checks, "AGREEMENT", 1.01)
    done = export(spec, origin, "onnx", tmp_path / "mine", store)
    assert not done.check.good and "of the answers are the same, fewer than 101 %" in str(done.check.reasons[0])
    assert "NOT good" in (tmp_path / "mine" / "README.md").read_text()
    monkeypatch.setattr(checks, "LOGITS", -1.0)
    plain = export(dataclasses.replace(spec, steps=()), origin, "onnx", tmp_path / "plain", store)
    assert "a logit differs by" in str(plain.check.reasons[0])


def test_a_file_that_answers_no_numbers_is_not_good(tmp_path, store):
    """One number of one word's embedding is none: the sentences with that word have no answer."""
    model, word = tiny.bert(), tiny.VOCABULARY.index(tiny.GOOD[0])
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight[word, 0] = math.nan
    spec, origin = tiny.experiment(tmp_path, model=model)
    spec = dataclasses.replace(spec, runtime="onnx")
    struck = sum(tiny.GOOD[0] in e.text.split() for e in load_task(origin).validation)
    done = export(spec, origin, "onnx", tmp_path / "mine", store)
    assert struck and done.check.invalid == struck and not done.check.good
    manifest = json.loads((done.folder / MANIFEST).read_text(), parse_constant=lambda name: pytest.fail(name))
    assert manifest["check"]["good"] is False and "no numbers" in (done.folder / "README.md").read_text()


def test_an_interrupted_export_leaves_nothing(tmp_path, store):
    spec, origin = experiment(tmp_path, "onnx")
    seen = []
    stopped = Control(on_event=lambda event: seen.append(event.stage), cancelled=lambda: "evaluate" in seen)
    with pytest.raises(Cancelled):
        export(spec, origin, "onnx", tmp_path / "out" / "mine", store, stopped)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_full_disk_and_a_folder_that_is_there(tmp_path, store, monkeypatch):
    spec, origin = experiment(tmp_path, "onnx")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    with pytest.raises(ModelError, match="'.*full' is there already; name a new folder to export to"):
        export(spec, origin, "onnx", tmp_path / "full", store)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("core.engine.export._zip", full)
    with pytest.raises(ModelError, match=r"could not be written \(No space left on device\); \d+ MB are free there"):
        export(spec, origin, "onnx", tmp_path / "out" / "mine", store)
    assert not list((tmp_path / "out").iterdir())


def test_a_model_that_was_measured_under_another_name_is_exported(tmp_path, store):
    spec, origin = tiny.experiment(tmp_path, Step("magnitude", magnitude.Config(amount=0.5)))
    for one in (spec.dense, spec):
        run(one, origin, store)
    moved = tmp_path / "elsewhere"
    Path(spec.model).rename(moved)
    done = export(dataclasses.replace(spec, model=str(moved)), origin, "hf", tmp_path / "out", store)
    assert done.check.good
