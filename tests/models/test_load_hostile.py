"""Folders that would fill the memory, take minutes, or load and then not run: each is one sentence, soon."""

import json
import re
import resource
import time

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.models import find
from core.models.load import load
from tests.support import tiny

GOOD = {"heads": 4, "width": 64}
HUGE = 10**9


def refused(folder):
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError) as caught:
        load(find.resolve(str(folder)))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    assert time.process_time() - began < 30  # of this process, so that a busy machine does not count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB
    return str(caught.value)


@pytest.mark.parametrize(
    "field",
    ["num_hidden_layers", "num_attention_heads", "hidden_size", "intermediate_size", "vocab_size", "num_labels"]
    + ["max_position_embeddings", "type_vocab_size"],
)
@pytest.mark.parametrize("value", [HUGE, -HUGE, 10**400, float("inf"), float("nan")])
def test_sizes_of_no_encoder(either, field, value):
    tiny.edit_config(either, **{field: value})
    assert re.search(rf"says {field} = .+; no encoder has more than \d+, so correct it", refused(either))


@pytest.mark.parametrize(
    "values",
    [
        {"hidden_size": 32_000, "bonsai": {"layers": [GOOD, GOOD]}},
        {"intermediate_size": 131_072, "hidden_size": 32_768, "num_attention_heads": 4},
        {"num_hidden_layers": 256, "bonsai": {"layers": [GOOD] * 256}},
        {"vocab_size": 4_000_000, "hidden_size": 16_384},
        {"max_position_embeddings": 4_000_000},
        {"num_attention_heads": -1},
        {"num_attention_heads": 0},
        {"chunk_size_feed_forward": 7},
        {"return_dict": False},
        {"hidden_act": "no such"},
        {"id2label": {str(i): "x" * 20 for i in range(1_000_000)}},
    ],
    ids=lambda values: json.dumps(values)[:60],
)
def test_a_config_that_does_not_fit_or_cannot_run(either, values):
    tiny.edit_config(either, **values)
    refused(either)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '{"model_type": "bert", "hidden_size": 1e999}'])
def test_a_config_that_is_none(either, text):
    (either / "config.json").write_text(text)
    refused(either)


def test_weights_without_any_size(either):
    path = either / "model.safetensors"
    save_file({name: torch.tensor(1.0) for name in load_file(path)}, path, metadata={"format": "pt"})
    refused(either)


def test_names_of_classes_that_no_text_can_hold(either):
    tiny.edit_config(either, id2label={"0": "\ud800", "1": "b"})
    assert "is not a JSON object" in refused(either)
