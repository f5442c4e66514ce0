"""The contract of every runtime with a file: the model's answers, for every shape, and clear words where not."""

import dataclasses
import functools

import pytest
import torch

from core import runtimes
from core.errors import ModelError
from core.models import dimensions
from core.pruning import removal
from core.pruning.removal import Kept
from core.runtimes import RUNTIMES
from core.runtimes.precision import Precision
from core.runtimes.runtime import Plan
from tests.support import tiny

NAMES = [name for name, runtime in RUNTIMES.items() if runtime.installed]
WIDE = {"vocab_size": 2000, "hidden_size": 64, "intermediate_size": 256}


@functools.cache
def model(kind):
    """The models that files are built from; in `shaped` layers differ, one has no attention and one no FFN."""
    if kind == "shaped":
        whole = tiny.shaken(tiny.bert(num_hidden_layers=3))
        return removal.removed(whole, Kept(((0, 2), (), (3,)), (tuple(range(24)), tuple(range(64)), ())))
    made = {"bert": tiny.bert, "roberta": tiny.roberta, "distilbert": tiny.distilbert, "wide": tiny.bert}[kind]
    return tiny.shaken(made(**(WIDE if kind == "wide" else {})))


def cases():
    """Which models each runtime is asked to take in which mode; lowering for ExecuTorch takes half a minute each."""
    for name in NAMES:
        if name == "executorch":
            yield from [(name, "shaped", "fp32"), (name, "shaped", "int8-dynamic"), (name, "roberta", "int8-static")]
            continue
        yield from [(name, kind, "fp32") for kind in ("roberta", "distilbert", "shaped", "wide")]
        yield from [(name, "wide", mode) for mode in RUNTIMES[name].modes if mode != "fp32"]
        yield from [(name, "shaped", mode) for mode in ("int8-dynamic", "int4-weights")]


def batch(*texts):
    found = tiny.tokenizer()(list(texts), padding=True, return_tensors="pt")
    return {name: found[name] for name in ("input_ids", "attention_mask")}


def plan(kind, mode="fp32"):
    examples = [batch(text) for text, _ in tiny.sentences(16)]
    calibration = examples if Precision(mode).calibrated else []
    example, longest = batch("the film was good", "bad"), dimensions.max_tokens(model(kind))
    return Plan(model(kind), tiny.tokenizer(), Precision(mode), example, calibration, longest)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The file of a runtime, model and mode, built once."""

    @functools.cache
    def build(name, kind, mode):
        runtime, folder = runtimes.find(name), tmp_path_factory.mktemp("built")
        runtime.build(plan(kind, mode), folder / runtime.file)
        assert [path.name for path in folder.iterdir()] == [runtime.file]  # nothing else is left
        return folder / runtime.file

    return build


def asked(name, file, texts, threads=1):
    session = runtimes.find(name).open(file, threads)
    try:
        return session.answer(batch(*texts)).logits
    finally:
        session.close()


@pytest.mark.parametrize(("name", "kind", "mode"), list(cases()))
def test_the_file_answers_as_the_model_does(name, kind, mode, built):
    file = built(name, kind, mode)
    apart = (asked(name, file, tiny.TEXTS[:2]) - tiny.logits(model(kind), tiny.TEXTS[:2])).abs().max()
    assert apart < {"fp32": 1e-5, "int4-weights": 0.5}.get(mode, 0.1)
    assert (apart > 0) or mode == "fp32"
    session = runtimes.find(name).open(file, 1)
    assert mode in session.precision
    session.close()


@pytest.mark.parametrize("name", NAMES)
def test_quantized_files_are_smaller(name, built):
    kind = "shaped" if name == "executorch" else "wide"
    whole = built(name, kind, "fp32").stat().st_size
    for mode in RUNTIMES[name].modes[1:]:
        if (name, kind, mode) in set(cases()):
            assert built(name, kind, mode).stat().st_size < (0.95 if kind == "shaped" else 0.7) * whole, mode


@pytest.mark.parametrize("name", NAMES)
def test_any_number_and_length_of_sentences_and_threads(name, built):
    session = runtimes.find(name).open(built(name, "shaped", "fp32"), 2)
    for texts in (["bad"], ["it was good"] * 5, ["very " * 120]):
        found = session.answer(batch(*texts)).logits
        assert torch.allclose(found, tiny.logits(model("shaped"), tuple(texts)), atol=1e-5)
    with pytest.raises(ModelError, match="the model takes at most 140 tokens, not 202; shorten the sentence"):
        session.answer(batch("very " * 200))
    session.close()


@pytest.mark.parametrize("name", NAMES)
def test_corrupt_and_foreign_files(name, built, tmp_path):
    runtime, whole = runtimes.find(name), built(name, "shaped", "fp32").read_bytes()
    contents = {"torn": whole[: len(whole) // 2], "noise": b"not a model at all" * 100, "empty": b""}
    for word, content in contents.items():
        (tmp_path / f"{word}-{runtime.file}").write_bytes(content)
    # each try of ExecuTorch starts a process
    for word in ("torn", "missing") if name == "executorch" else (*contents, "missing"):
        with pytest.raises(ModelError, match=f"'{word}-{runtime.file}' is not .*; build it again"):
            runtime.open(tmp_path / f"{word}-{runtime.file}", 1).close()


def test_a_foreign_onnx_file_says_so(built, tmp_path):
    import onnx

    graph = onnx.load(built("onnx", "shaped", "fp32"))
    graph.ClearField("metadata_props")
    onnx.save(graph, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="'other.onnx' was not exported here"):
        RUNTIMES["onnx"].open(tmp_path / "other.onnx", 1)


def test_no_folder_of_ours_is_named_in_a_file(built):
    content = built("onnx", "shaped", "fp32").read_bytes()
    assert b"site-packages" not in content and b".py" not in content


def test_a_runtime_is_frozen_and_named_after_its_file():
    for name, runtime in RUNTIMES.items():
        assert name == runtime.name and dataclasses.is_dataclass(runtime) and runtime.modes[0] == "fp32"
