"""Each kind of head goes through every technique and runtime, the sweep, exported programs and the pages."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers

from core.__main__ import main
from core.engine import uploads
from core.engine.export import export
from core.engine.run import make_spec, run
from core.engine.store import Store, default_store
from core.metrics import of
from core.models.find import resolve
from core.runtimes import RUNTIMES, formats
from core.spec import TORCH, Step
from core.tasks import load_task
from core.techniques import TECHNIQUES, parse_step, quantize, structured
from pages.components.widgets.text import catalogue
from tests.support import heads, tiny
from tests.support.app import lab, page, sound, texts

FIELDS = {name: {"steps": 2} for name in ("finetune", "qat", "gradual")}
FIELDS |= {"distil": {"layers": 1, "steps": 2}, "movement": {"steps": 3, "block": 8}}
ANSWERED = {"pair": "label", "regression": "value", "multi-label": "labels", "token": "entities"}
TEXTS = ("the film was good", "it was very bad")


@pytest.fixture(params=heads.KINDS)
def kind(request):
    return request.param


@pytest.fixture
def world(kind, tmp_path):
    """A model with that head, a table for it, and a store."""
    folder = tiny.folder(tmp_path / "model", heads.model(kind))
    return folder, heads.table(kind, tmp_path / "own"), Store(tmp_path / "cache" / "results")


@pytest.mark.parametrize("kind", heads.EVERY, indirect=True)
@pytest.mark.parametrize("technique", sorted(TECHNIQUES))
def test_every_technique(world, technique):
    folder, origin, store = world
    step = Step(technique, TECHNIQUES[technique].config(**FIELDS.get(technique, {})))
    quality = run(make_spec(folder, origin, (step,)), origin, store).quality
    task = load_task(origin)
    assert quality.interval.n == len(task.validation) > 5 and quality.metric == task.metric
    assert not quality.invalid and quality.interval.low <= quality.interval.value <= quality.interval.high


@pytest.mark.parametrize("kind", heads.EVERY, indirect=True)
@pytest.mark.parametrize("runtime", sorted({*RUNTIMES} - {TORCH, "executorch"}))  # that one is asked by its export
def test_every_runtime_answers_alike(world, kind, runtime):
    folder, origin, store = world
    if not RUNTIMES[runtime].installed:
        pytest.skip(f"{runtime} is not installed")
    ours, theirs = (run(make_spec(folder, origin, runtime=one), origin, store).quality for one in (TORCH, runtime))
    assert of(ours.metric).changed(ours.sample, theirs.sample) == ()
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-2) and ours.truths == theirs.truths
    if kind in ("pair", "regression"):  # whose files differ from the next ones' by nothing that is cut or rounded
        return
    smaller = (Step("structured", structured.Config(keep_macs=0.5)), Step("quantize", quantize.Config()))
    assert run(make_spec(folder, origin, smaller, runtime=runtime), origin, store).quality.interval.n == ours.interval.n


@pytest.mark.parametrize("form", sorted(formats()))
@pytest.mark.slow
@pytest.mark.usefixtures("shared_lowering")
def test_every_program_says_what_its_numbers_mean(world, kind, form, tmp_path):
    folder, origin, store = world
    if not formats()[form].installed or (form == "pte" and kind != "token"):  # of which each takes half a minute
        pytest.skip(f"{form} is not installed, or is asked for another head")
    if formats()[form].export.page:
        pytest.skip("its program serves a page, see tests/engine/test_browser")
    done = export(make_spec(folder, origin, runtime=formats()[form].name), origin, form, tmp_path / "mine", store)
    assert done.check.good, done.check.reasons
    facts = json.loads((done.folder / "labels.json").read_text())
    assert facts["head"] == resolve(folder).head and facts["texts"] == 1 + (kind == "pair")
    asked = TEXTS if kind == "pair" else TEXTS[:1]
    line = subprocess.run(
        [sys.executable, "run.py", *asked], cwd=done.folder, capture_output=True, text=True, timeout=200, check=True
    ).stdout
    found = json.loads(line)
    assert found["text"] == " / ".join(asked) and found[ANSWERED[kind]] == meant(kind, folder, asked)


def meant(kind, folder, asked):
    """What transformers' own pipeline, or its logits, say."""
    tokenizer, model = tiny.tokenizer(), heads.model(kind)
    with torch.inference_mode():
        logits = model(**tokenizer(*asked, return_tensors="pt")).logits[0]
    names = model.config.id2label
    if kind == "pair":
        return names[int(logits.argmax())]
    if kind == "regression":
        return pytest.approx(float(logits[0]), abs=1e-4)
    if kind == "multi-label":
        return [names[i] for i, one in enumerate(logits) if one > 0]
    pipeline = transformers.pipeline(
        "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first"
    )
    return [
        {"text": one["word"], "type": one["entity_group"], "start": one["start"], "end": one["end"]}
        for one in pipeline(asked[0])
    ]


@pytest.mark.long
@pytest.mark.parametrize("kind", heads.EVERY, indirect=True)
def test_a_sweep(world, tmp_path, capsys, monkeypatch):
    folder, origin, _ = world
    recipes = ["structured:keep_macs=0.5", "magnitude:amount=0.5"]
    (tmp_path / "recipes.json").write_text(json.dumps([{"steps": [one]} for one in recipes]))
    line = ["sweep", str(tmp_path / "recipes.json"), "--model", folder, "--task", origin.task, "--no-speed"]
    assert main(line) == 0, capsys.readouterr()
    specs = [make_spec(folder, origin, [parse_step(one)]) for one in recipes]
    assert all(default_store().read(spec.key) is not None for spec in specs)


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_pages_name_its_metric(world, kind, lang):
    folder, origin, _ = world
    task, words = load_task(origin), catalogue(lang)
    store = default_store()
    title = words.get(f"metric.{task.metric}", task.metric)
    content = Path(origin.task).read_bytes()
    known = {"model": folder, "task": "own", "table": uploads.keep(Path(origin.task).name, content).parent.name}
    origin = dataclasses.replace(origin, task=str(uploads.keep(Path(origin.task).name, content)))
    run(make_spec(folder, origin), origin, store)
    at = sound(page("start", **known, lang=lang))
    shown = " ".join(texts(at.markdown))
    assert kind == "pair" or title in shown
    at = sound(page("tradeoffs", **known, lang=lang))
    at = sound(lab("structured:keep_macs=0.5", **known, lang=lang))
    assert any(origin.task in code for code in texts(at.code))
