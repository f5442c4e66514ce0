"""The contract of every runtime with a file: the model's answers, for every shape, and clear words where not."""

import dataclasses

import pytest
import tiny
import torch

from core import anatomy, removal, runtimes
from core.models import ModelError
from core.precision import Precision
from core.removal import Kept
from core.runtimes import RUNTIMES
from core.runtimes.runtime import Plan

EACH = pytest.mark.parametrize("name", [name for name, runtime in RUNTIMES.items() if runtime.installed])
PAIRS = [(n, m) for n, runtime in RUNTIMES.items() if runtime.installed for m in runtime.modes if m != "fp32"]


def batch(*texts):
    found = tiny.tokenizer()(list(texts), padding=True, return_tensors="pt")
    return {name: found[name] for name in ("input_ids", "attention_mask")}


def plan(model, mode="fp32"):
    examples = [batch(text) for text, _ in tiny.sentences(16)]
    calibration = examples if Precision(mode).calibrated else []
    return Plan(model, Precision(mode), batch("the film was good", "bad"), calibration, anatomy.max_tokens(model))


def answers(name, what, tmp_path, *texts):
    runtime = runtimes.find(name)
    file = tmp_path / runtime.file
    runtime.build(what, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == [runtime.file]  # nothing else is left
    session = runtime.open(file, 1)
    try:
        return session.answer(batch(*texts)).logits
    finally:
        session.close()


@EACH
def test_the_file_answers_as_the_model_does(name, tmp_path):
    model = tiny.shaken(tiny.bert())
    found = answers(name, plan(model), tmp_path, *tiny.TEXTS)
    assert torch.allclose(found, tiny.logits(model), atol=1e-5)


@EACH
@pytest.mark.parametrize("family", [tiny.roberta, tiny.distilbert])
def test_other_families(name, family, tmp_path):
    model = tiny.shaken(family())
    assert torch.allclose(answers(name, plan(model), tmp_path, *tiny.TEXTS), tiny.logits(model), atol=1e-5)


@EACH
def test_models_whose_layers_differ(name, tmp_path):
    model = tiny.shaken(tiny.bert(num_hidden_layers=3))
    kept = Kept(heads=((0, 2), (), (3,)), neurons=(tuple(range(24)), tuple(range(64)), ()))
    small = removal.removed(model, kept)
    assert torch.allclose(answers(name, plan(small), tmp_path, *tiny.TEXTS), tiny.logits(small), atol=1e-5)


@pytest.mark.parametrize(("name", "mode"), PAIRS)
def test_every_mode_takes_models_whose_layers_differ(name, mode, tmp_path):
    model = tiny.shaken(tiny.bert(num_hidden_layers=3))
    kept = Kept(heads=((0, 2), (), (3,)), neurons=(tuple(range(24)), tuple(range(64)), ()))
    small = removal.removed(model, kept)
    found = answers(name, plan(small, mode), tmp_path, tiny.TEXTS[0])
    assert (found - tiny.logits(small, tiny.TEXTS[:1])).abs().max() < 0.5


@EACH
def test_any_number_and_length_of_sentences(name, tmp_path):
    model, runtime = tiny.shaken(tiny.bert()), runtimes.find(name)
    file = tmp_path / runtime.file
    runtime.build(plan(model), file)
    session = runtime.open(file, 1)
    for texts in (["bad"], ["it was good"] * 5, ["very " * 120]):
        found = session.answer(batch(*texts)).logits
        assert torch.allclose(found, tiny.logits(model, tuple(texts)), atol=1e-5)
    with pytest.raises(ModelError, match="the model takes at most 140 tokens, not 202; shorten the sentence"):
        session.answer(batch("very " * 200))
    session.close()


@pytest.mark.parametrize(("name", "mode"), PAIRS)
def test_every_mode_answers_nearly_the_same_in_a_smaller_file(name, mode, tmp_path):
    model = tiny.shaken(tiny.bert(vocab_size=2000, hidden_size=64, intermediate_size=256))
    runtime, sizes = runtimes.find(name), []
    for which in ("fp32", mode):
        runtime.build(plan(model, which), tmp_path / which)
        sizes.append((tmp_path / which).stat().st_size)
    session = runtime.open(tmp_path / mode, 1)
    found = session.answer(batch(tiny.TEXTS[0])).logits
    session.close()
    apart = (found - tiny.logits(model, tiny.TEXTS[:1])).abs().max()
    assert 0 < apart < (0.5 if mode == "int4-weights" else 0.1)
    assert sizes[1] < 0.7 * sizes[0]
    assert mode in session.precision


@EACH
def test_corrupt_and_foreign_files(name, tmp_path):
    runtime = runtimes.find(name)
    whole = tmp_path / "whole"
    runtime.build(plan(tiny.bert()), whole)
    torn = tmp_path / f"torn-{runtime.file}"
    torn.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    noise = tmp_path / f"noise-{runtime.file}"
    noise.write_bytes(b"not a model at all" * 100)
    for file in (torn, noise, tmp_path / "missing"):
        with pytest.raises(ModelError, match=file.name):
            runtime.open(file, 1).close()


@EACH
def test_a_model_of_two_threads_answers_the_same(name, tmp_path):
    model, runtime = tiny.shaken(tiny.bert()), runtimes.find(name)
    runtime.build(plan(model), tmp_path / runtime.file)
    session = runtime.open(tmp_path / runtime.file, 2)
    assert torch.allclose(session.answer(batch("bad")).logits, tiny.logits(model, ("bad",)), atol=1e-5)
    session.close()


def test_a_runtime_is_frozen_and_named_after_its_file():
    for name, runtime in RUNTIMES.items():
        assert name == runtime.name and dataclasses.is_dataclass(runtime) and "fp32" in runtime.modes
