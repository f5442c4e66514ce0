"""Packing: whatever the zeros came from, what is dead goes and the logits stay."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.errors import ModelError
from core.models import encoder
from core.pruning import optimize
from tests.support import heads as kinds
from tests.support import tiny, tiny_qa

ROOT = Path(__file__).resolve().parents[2]


def without(model, *, heads=(), neurons=(), side="both"):
    """A copy with zeros in these (layer, unit); side: "in" what goes into a unit, "out" what comes out of it."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        for layer, block in enumerate(encoder.blocks(model)):
            for head in (h for at, h in heads if at == layer):
                rows = slice(head * block.head_size, (head + 1) * block.head_size)
                if side in ("both", "in"):
                    encoder.weight(model, block.names["V"])[rows] = 0
                if side in ("both", "out"):
                    encoder.weight(model, block.names["O"])[:, rows] = 0
            for neuron in (n for at, n in neurons if at == layer):
                if side in ("both", "in"):
                    encoder.weight(model, block.names["up"])[neuron] = 0
                if side in ("both", "out"):
                    encoder.weight(model, block.names["down"])[:, neuron] = 0
    return model


def shaken(build):
    """With biases that are not zero, so that a mistake about them shows."""
    return tiny.shaken(build())


BUILD = (tiny.bert, tiny.roberta, tiny.distilbert, lambda: kinds.model("token"))


@pytest.mark.parametrize("build", BUILD)
@pytest.mark.parametrize("side", ["both", "in", "out"])
def test_dead_units_go_and_the_logits_stay(build, side):
    model = without(shaken(build), heads=((0, 1), (1, 3)), neurons=((0, 5), (0, 60), (1, 0)), side=side)
    small = optimize(model)
    assert [(block.heads, block.width) for block in encoder.blocks(small)] == [(3, 62), (3, 63)]
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in model.parameters())
    torch.testing.assert_close(tiny.logits(small), tiny.logits(model), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("build", BUILD)
@pytest.mark.parametrize("side", ["both", "in", "out"])
def test_whole_attentions_and_ffns_go(build, side):
    model = without(shaken(build), heads=[(0, h) for h in range(4)], neurons=[(1, n) for n in range(64)], side=side)
    small = optimize(model)
    assert [(block.heads, block.width) for block in encoder.blocks(small)] == [(0, 64), (4, 0)]
    torch.testing.assert_close(tiny.logits(small), tiny.logits(model), atol=1e-5, rtol=1e-5)


def test_a_model_without_zeros_is_the_same_and_the_given_one_is_left_alone():
    model = shaken(tiny.bert)
    before = copy.deepcopy(model.state_dict())
    small = optimize(model)
    assert small is not model and encoder.layer_shapes(small) == encoder.layer_shapes(model)
    pruned = without(model, heads=((0, 0),), side="in")
    kept = copy.deepcopy(pruned.state_dict())
    optimize(pruned)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(torch.equal(kept[name], value) for name, value in pruned.state_dict().items())


def test_queries_and_keys_of_zero_are_no_dead_head():
    """Such a head attends to all tokens alike, which depends on the sentence."""
    model = shaken(tiny.bert)
    block = encoder.blocks(model)[0]
    with torch.no_grad():
        for role in ("Q", "K"):
            encoder.weight(model, block.names[role]).zero_()
    assert encoder.blocks(optimize(model))[0].heads == 4


def test_zeros_within_what_lives_stay_and_change_nothing():
    model = shaken(tiny.bert)
    with torch.no_grad():
        for matrix in encoder.matrices(model):
            weight = encoder.weight(model, matrix.name)
            weight.mul_(torch.rand_like(weight) > 0.7)
    small = optimize(model)
    torch.testing.assert_close(tiny.logits(small), tiny.logits(model), atol=1e-5, rtol=1e-5)


def test_a_family_whose_heads_cannot_go_is_refused():
    import transformers

    config = transformers.MPNetConfig(**{**tiny.SHAPE, "num_labels": 2})
    with pytest.raises(ModelError, match="the heads of an mpnet model cannot be taken out"):
        optimize(transformers.MPNetForSequenceClassification(config))


def test_the_example_of_the_docs_runs_as_it_stands(tmp_path, capsys):
    model = without(tiny_qa.model(), heads=((0, 1),), neurons=((1, 5),))
    folder = tiny.folder(tmp_path / "model", model)
    text = (ROOT / "docs" / "pack.md").read_text(encoding="utf8")
    code = text.partition("```python\n")[2].partition("```")[0]
    exec(compile(code.replace("FOLDER", folder), "pack.md", "exec"), {})
    first = capsys.readouterr().out.splitlines()[0]
    before = sum(p.numel() for p in model.parameters())
    assert first == f"{before:,} -> {before - (4 * 32 * 8 + 3 * 8) - (2 * 32 + 1):,} weights"
    assert 8 <= len([line for line in code.splitlines() if line]) <= 12


def test_importing_it_changes_no_other_library():
    code = (
        "import torch, transformers\n"
        "from transformers import AttentionInterface\n"
        "state = lambda: (set(AttentionInterface._global_mapping), torch.get_num_threads())\n"
        "before = state()\n"
        "from core.pruning import optimize\n"
        "assert before == state()\n"
        "print(optimize.__module__)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "core.pruning.pack"
