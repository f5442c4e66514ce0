"""Weights under the names of transformers, whatever a program wrote around them; what has no place is refused."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.models import find
from core.models.load import load
from core.models.weights import INDEX, WEIGHTS, plain_name, shapes
from tests.support import tiny

QUERY = "bert.encoder.layer.0.attention.self.query"


@pytest.fixture
def folder(tmp_path):
    tiny.folder(tmp_path / "model", tiny.bert(seed=3))
    return tmp_path / "model"


def rewrite(folder, change):
    """Store the weights of a folder under the names and with the values that `change` makes of them."""
    tensors = load_file(folder / WEIGHTS)
    save_file({name: value.contiguous() for name, value in change(dict(tensors)).items()}, folder / WEIGHTS)


def edit_config(folder, **fields):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def refused(folder, **options):
    with pytest.raises(ModelError) as caught:
        load(find.resolve(str(folder)), **options)
    return str(caught.value)


def same(one, other):
    """The same answer; where a tensor lies in memory may choose another kernel, and so the last digit."""
    return torch.allclose(one, other, rtol=0, atol=1e-6)


def answer(folder):
    with torch.inference_mode():
        return load(find.resolve(str(folder))).model(input_ids=torch.tensor([[2, 7, 9, 3]])).logits


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda name: f"module.{name}",
        lambda name: f"_orig_mod.{name}",
        lambda name: f"module._orig_mod.{name}",
        lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
    ],
)
def test_wrapped_names_are_the_same_model(folder, wrapped):
    before = answer(folder)
    rewrite(folder, lambda tensors: {wrapped(name): value for name, value in tensors.items()})
    assert same(answer(folder), before) and find.resolve(str(folder)).head == "sequence"


def test_names_that_only_look_wrapped_stay():
    assert plain_name("bert.module.weight") == "bert.module.weight" and plain_name("module.a") == "a"


def test_parts_with_an_index_are_one_model_whose_revision_knows_them_all(folder):
    before, tensors = answer(folder), load_file(folder / WEIGHTS)
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for part, some in parts.items():
        save_file({name: tensors[name] for name in some}, folder / part)
    places = {name: part for part, some in parts.items() for name in some}
    (folder / INDEX).write_text(json.dumps({"weight_map": places}))
    (folder / WEIGHTS).unlink()
    assert same(answer(folder), before) and len(shapes(folder)) == len(names)
    revision = find.resolve(str(folder)).revision
    last = "model-00002-of-00002.safetensors"
    save_file({name: tensors[name] + 1 for name in names[1::2]}, folder / last)
    assert find.resolve(str(folder)).revision != revision
    (folder / last).unlink()
    assert refused(folder) == f"{INDEX} names {last}, which is not there; copy it too"
    (folder / INDEX).write_text("[]")
    assert "is not an index of safetensors files" in refused(folder)


def test_masks_of_torch_prune_are_a_pruned_model_whose_masks_stay(folder):
    mask = torch.arange(32 * 32).reshape(32, 32) % 2

    def pruned(tensors):
        weight = tensors.pop(f"{QUERY}.weight")
        return tensors | {f"{QUERY}.weight_orig": weight, f"{QUERY}.weight_mask": mask.float()}

    whole = load(find.resolve(str(folder))).model.get_parameter(f"{QUERY}.weight")
    rewrite(folder, pruned)
    loaded = load(find.resolve(str(folder)))
    assert torch.equal(loaded.model.get_parameter(f"{QUERY}.weight"), whole * mask)
    assert list(loaded.masks) == [f"{QUERY}.weight"] and torch.equal(loaded.masks[f"{QUERY}.weight"], mask.bool())


def test_heads_that_transformers_4_removed_are_removed(folder):
    rows = [row for row in range(32) if row // 8 != 1]  # of four heads with eight columns, the second is gone

    def cut(tensors):
        for role in ("query", "key", "value"):
            for part in ("weight", "bias"):
                name = f"bert.encoder.layer.0.attention.self.{role}.{part}"
                tensors[name] = tensors[name][rows]
        output = "bert.encoder.layer.0.attention.output.dense.weight"
        return tensors | {output: tensors[output][:, rows]}

    full = load(find.resolve(str(folder))).model
    with torch.no_grad():
        full.get_parameter("bert.encoder.layer.0.attention.output.dense.weight")[:, 8:16] = 0
    expected = full(input_ids=torch.tensor([[2, 7, 9, 3]])).logits
    rewrite(folder, cut)
    edit_config(folder, pruned_heads={"0": [1]})
    assert torch.allclose(answer(folder), expected, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["bert.embeddings.position_ids", "cls.predictions.bias", "bert.pooler2.weight", "qa_outputs.weight"]
)
def test_what_no_answer_needs_may_be_left_over_and_nothing_else(folder, name):
    before = answer(folder)
    rewrite(folder, lambda tensors: tensors | {name: torch.zeros(3)})
    if "pooler2" in name:
        assert "its config has no room for bert.pooler2.weight" in refused(folder)
    else:
        assert same(answer(folder), before)


def test_layers_that_the_config_does_not_have_are_not_dropped(folder):
    edit_config(folder, num_hidden_layers=1)
    assert "its config has no room for bert.encoder.layer.1." in refused(folder) and "15 more" in refused(folder)


def test_a_place_without_a_tensor_is_named(folder):
    rewrite(folder, lambda tensors: {n: v for n, v in tensors.items() if n != f"{QUERY}.bias"})
    assert refused(folder) == f"the model.safetensors of '{folder}' lacks {QUERY}.bias; copy or download it again"


def test_relative_positions_are_refused(folder):
    rewrite(folder, lambda t: t | {"bert.encoder.layer.0.attention.self.distance_embedding.weight": torch.zeros(3, 8)})
    assert "tells positions by their distance" in refused(folder)


def test_a_tokenizer_larger_than_the_embeddings_is_refused(folder):
    tokenizer = tiny.tokenizer()
    tokenizer.add_tokens(["covfefe"])
    tokenizer.save_pretrained(folder)
    assert "the tokenizer of" in refused(folder) and "resize_token_embeddings" in refused(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", WEIGHTS])
def test_a_pointer_of_git_lfs_is_told_from_a_broken_file(folder, name):
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n")
    assert "git lfs pull" in refused(folder)


def test_a_tokenizer_that_cannot_write_anything_is_one_sentence(folder):
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b", "c"]]}}))
    words = refused(folder)
    assert "cannot be loaded" in words and "\n" not in words
