"""Pairs of texts: which text a token is of reaches the model in every runtime and every exported program."""

import json
import subprocess
import sys

import pytest
import torch

from core.engine.export import export
from core.engine.prepare import prepare
from core.engine.run import compress, make_spec, run
from core.engine.store import Store
from core.runtimes import RUNTIMES, formats
from core.spec import TORCH, Step
from core.techniques import TECHNIQUES, distil, finetune, quantize, structured
from tests.support import heads, tiny

FIELDS = {name: {"steps": 2} for name in ("finetune", "qat", "gradual")}
FIELDS |= {"distil": {"layers": 1, "steps": 2}, "movement": {"steps": 3, "block": 8}}


@pytest.fixture
def world(tmp_path):
    """A model whose answers depend on which text a token is of, a table of pairs, and a store."""
    folder = tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert()))
    return folder, heads.pairs(tmp_path / "pairs.tsv"), Store(tmp_path / "cache" / "results")


def truth(folder, first, second):
    """What transformers answers, with the tokenizer's own token types."""
    model, inputs = tiny_model(folder), tiny.tokenizer()(first, second, return_tensors="pt")
    assert inputs["token_type_ids"].max() == 1
    with torch.inference_mode():
        told = model(**inputs).logits[0]
        inputs["token_type_ids"].zero_()
        untold = model(**inputs).logits[0]
    assert (told - untold).abs().max() > 1e-3  # or nothing would be seen of it
    return told


def tiny_model(folder):
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(folder).eval()


def test_pairs_are_evaluated_as_transformers_does(world):
    folder, origin, store = world
    spec = make_spec(folder, origin)
    ready, quality = prepare(spec, origin), run(spec, origin, store).quality
    example = ready.task.validation[0]
    assert example.second and len(ready.features[0].types) == len(ready.features[0].ids)
    for number, one in enumerate(ready.task.validation):
        logits = truth(folder, one.text, one.second)
        assert quality.answers[number] == ready.task.labels[int(logits.argmax())]


@pytest.mark.parametrize("name", ["onnx", "openvino"])  # ExecuTorch's file is asked by its export below
def test_every_runtime_is_told_the_types(world, name):
    folder, origin, store = world
    if not RUNTIMES[name].installed:
        pytest.skip(f"{name} is not installed")
    answers = [run(make_spec(folder, origin, runtime=runtime), origin, store).quality for runtime in (TORCH, name)]
    assert answers[0].answers == answers[1].answers and answers[0].loss == pytest.approx(answers[1].loss, abs=1e-3)


@pytest.mark.parametrize("form", formats())
@pytest.mark.slow
@pytest.mark.usefixtures("shared_lowering")
def test_every_program_is_told_the_types(world, form, tmp_path):
    folder, origin, store = world
    done = export(make_spec(folder, origin, runtime=formats()[form].name), origin, form, tmp_path / "mine", store)
    assert done.check.good
    facts = json.loads((done.folder / "labels.json").read_text())
    assert facts["texts"] == 2 and facts["head"] == "sequence" and "token_type_ids" in facts["inputs"]
    if formats()[form].export.page:  # its program serves it, see tests/engine/test_browser
        return
    command = [sys.executable, "run.py", "the film was good", "it was bad", "good", "very bad"]
    lines = subprocess.run(command, cwd=done.folder, capture_output=True, text=True, timeout=200, check=True).stdout
    first, second = map(json.loads, lines.splitlines())
    for found, texts in ((first, command[2:4]), (second, command[4:6])):
        assert torch.tensor(found["logits"]) == pytest.approx(truth(folder, *texts), abs=1e-4)
    assert {first["label"], second["label"]} <= {"entailment", "other"}


@pytest.mark.parametrize("technique", sorted(TECHNIQUES))
def test_every_technique_takes_pairs(world, technique):
    folder, origin, store = world
    step = Step(technique, TECHNIQUES[technique].config(**FIELDS.get(technique, {})))
    result = run(make_spec(folder, origin, (step,)), origin, store)
    assert result.quality.interval.n == len(prepare(result.spec, origin).task.validation) > 5


def test_steps_follow_each_other_on_pairs(world):
    folder, origin, store = world
    steps = (
        Step("structured", structured.Config(keep_macs=0.5)),
        Step("distil", distil.Config(steps=2, hidden=0.0)),
        Step("finetune", finetune.Config(steps=2)),
    )
    state = compress(make_spec(folder, origin, steps), origin, store)
    assert state.model is not None
    quantized = make_spec(folder, origin, (*steps, Step("quantize", quantize.Config())), runtime="onnx")
    assert run(quantized, origin, store).quality.interval.n > 5
