"""Configs that cannot be say so in one sentence; heads that were removed are shapes of layers."""

import json

import pytest
import torch

from core.errors import ModelError
from core.models import dimensions, find
from core.models.config import config_of, told
from core.models.load import load
from core.models.macs import outline
from tests.support import tiny


@pytest.fixture
def folder(tmp_path):
    tiny.folder(tmp_path / "model", tiny.bert(seed=3))
    return tmp_path / "model"


def edit_config(folder, **fields):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def refused(folder):
    with pytest.raises(ModelError) as caught:
        load(find.resolve(str(folder)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "is quantized already (gptq)"),
        ({"quantization_config": {"load_in_8bit": True}}, "is quantized already (quantization_config)"),
        ({"pad_token_id": 10_000}, "the pad_token_id of"),
        ({"id2label": ["neg", "pos"]}, "the id2label in config.json of"),
    ],
)
def test_a_config_that_cannot_be_says_so(folder, fields, words):
    edit_config(folder, **fields)
    assert words in refused(folder)


def test_removed_heads_become_the_shapes_of_layers(folder):
    edit_config(folder, pruned_heads={"0": [1, 3], "1": [0]})
    config = config_of(find.resolve(str(folder)))
    assert [layer["heads"] for layer in config.bonsai["layers"]] == [2, 3] and config.pruned_heads == {}


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_positions_are_those_that_the_model_has(tmp_path, build):
    source = find.resolve(tiny.folder(tmp_path / "model", build()))
    most, model = outline(tiny.spec(model=source.name, revision=source.revision)).longest, load(source).model
    assert most == dimensions.max_tokens(model)
    model(input_ids=torch.full((1, most), 5))
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, most + 1), 5))


@pytest.mark.parametrize(
    "error", [KeyError("x"), Exception(""), ImportError("no bitsandbytes\nmore"), RecursionError()]
)
def test_whatever_a_library_raises_is_one_sentence(folder, error):
    with pytest.raises(ModelError) as caught, told(find.resolve(str(folder))):
        raise error
    words = str(caught.value)
    assert (
        words.startswith(f"'{folder}' cannot be loaded: ") and "\n" not in words and len(words) > len(str(folder)) + 24
    )


def test_classes_without_names_take_over_those_of_the_task_and_others_keep_theirs(folder):
    source = find.resolve(str(folder))
    assert find.class_names(source) == ("LABEL_0", "LABEL_1")
    assert load(source, labels=("bad", "good")).model.config.id2label == {0: "bad", 1: "good"}
    edit_config(folder, id2label={"0": "neg", "1": "pos"}, label2id={"neg": 0, "pos": 1})
    source = find.resolve(str(folder))
    assert find.class_names(source) == ("neg", "pos")
    assert load(source, labels=("bad", "good")).model.config.id2label == {0: "neg", 1: "pos"}
