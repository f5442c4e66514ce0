"""Finding, loading, saving and describing models; every sentence that says why one cannot be used."""

import json
import os
import re
import shutil

import psutil
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.models import find
from core.models.load import load
from core.models.weights import WEIGHTS
from tests.support import tiny

GOOD = {"heads": 4, "width": 64}  # the shape of a tiny layer


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model" if tiny.folder(tmp_path / "model") else None


def refused(name, **options):
    """The sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        load(find.resolve(str(name)), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit_weights(folder, change):
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})


def logits(model):
    with torch.inference_mode():
        return model(**tiny.tokenizer()("the film was good", return_tensors="pt")).logits


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_save_then_load_gives_identical_logits(tmp_path, build):
    model = build()
    name = tiny.folder(tmp_path / "model", model)
    source = find.resolve(name)
    loaded = load(source)
    assert source.head == "sequence" and source.name == name and not loaded.model.training
    assert loaded.tokenizer("the film")["input_ids"] == tiny.tokenizer()("the film")["input_ids"]
    ids = torch.randint(5, len(tiny.VOCABULARY), (3, 20), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        before, after = (m(input_ids=ids, attention_mask=torch.ones_like(ids)).logits for m in (model, loaded.model))
    assert torch.equal(before, after)


def test_half_precision_is_loaded_as_fp32(folder):
    tensors = {name: tensor.half() for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    tiny.edit_config(folder, dtype="float16")
    model = load(find.resolve(str(folder))).model
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert torch.equal(model.classifier.weight, tensors["classifier.weight"].float())


def test_the_revision_is_the_content(folder, tmp_path):
    before = find.resolve(str(folder)).revision
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("words about it")
    assert find.resolve(str(tmp_path / "copy")).revision == before
    for name in ("config.json", WEIGHTS, "tokenizer.json"):
        shutil.copytree(folder, tmp_path / name)
        content = (tmp_path / name / name).read_bytes()
        (tmp_path / name / name).write_bytes(
            content.replace(b"weight", b"weighs", 1).replace(b"good", b"goad", 1) + b" "
        )
        assert find.revision_of(tmp_path / name) != before, name


def test_a_new_revision_is_seen_at_once(folder):
    before = find.resolve(str(folder)).revision
    tiny.edit_config(folder, comment="changed")
    assert find.resolve(str(folder)).revision != before


def test_a_base_model_says_that_it_must_be_fine_tuned(tmp_path):
    name = tiny.folder(tmp_path / "base", tiny.bert(head=False))
    assert refused(name) == (
        f"'{name}' is an encoder without any head, and so has no classification head; train one with --new-head "
        "--step finetune:epochs=3"
    )


def test_a_new_head_is_drawn_by_its_seed(tmp_path):
    base = tiny.bert(head=False)
    source = find.resolve(tiny.folder(tmp_path / "base", base))
    before = torch.random.get_rng_state()
    first, again, other = (load(source, labels=("a", "b", "c"), new_head=True, seed=s).model for s in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first.classifier.weight, again.classifier.weight) and first.classifier.weight.shape == (3, 32)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert torch.equal(first.bert.embeddings.word_embeddings.weight, base.embeddings.word_embeddings.weight)


def test_a_new_head_replaces_the_old_one(folder):
    source = find.resolve(str(folder))
    old, new = load(source).model, load(source, new_head=True, seed=5).model
    assert not torch.equal(old.classifier.weight, new.classifier.weight)
    assert torch.equal(old.bert.pooler.dense.weight, new.bert.pooler.dense.weight)


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_a_new_head_has_the_classes_of_the_task_whatever_it_had(tmp_path, build):
    source = find.resolve(tiny.folder(tmp_path / "model", build()))
    config = load(source, labels=("ham", "spam", "other"), new_head=True).model.config
    assert (config.num_labels, config.id2label) == (3, {0: "ham", 1: "spam", 2: "other"})
    assert load(source).model.config.num_labels == 2


def test_no_config(folder):
    (folder / "config.json").unlink()
    assert refused(folder) == f"'{folder}' has no config.json; give a folder written by save_pretrained()"


@pytest.mark.parametrize("text", ["not json", "[1, 2]", ""])
def test_a_config_that_is_none(folder, text):
    (folder / "config.json").write_text(text)
    assert refused(folder) == f"the config.json of '{folder}' is not a JSON object; save the model again"


@pytest.mark.parametrize("values", [{"num_attention_heads": 5}, {"hidden_size": "wide"}, {"hidden_size": 64}])
def test_a_config_that_does_not_fit_its_weights(folder, values):
    tiny.edit_config(folder, **values)
    assert refused(folder).startswith(f"'{folder}' cannot be loaded: ")


def test_another_architecture(folder):
    tiny.edit_config(folder, model_type="gpt2")
    assert refused(folder).startswith(f"'{folder}' is a gpt2 model; Bonsai prunes BERT-family encoders: bert, roberta")


def test_weights_that_are_not_safetensors(folder):
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    assert refused(folder).startswith(f"'{folder}' has no model.safetensors; only safetensors are read (no pickle): ")


@pytest.mark.parametrize("kept", [0, 5, 1000, -1000])
def test_damaged_weights(folder, kept):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(folder).startswith(f"the model.safetensors of '{folder}' is damaged (")
    assert refused(folder).endswith("; copy or download it again")


def test_a_missing_tensor_is_never_made_up(either):
    edit_weights(either, lambda tensors: tensors.pop("bert.encoder.layer.1.output.dense.weight"))
    assert refused(either) == (
        f"the model.safetensors of '{either}' lacks bert.encoder.layer.1.output.dense.weight; copy or download it again"
    )
    assert "lacks bert.encoder" in refused(either, new_head=True)


def test_a_folder_without_tokenizer(folder):
    for path in folder.glob("*token*"):
        path.unlink()
    sentence = f"'{folder}' has no tokenizer.json or vocab.txt; call save_pretrained() of its tokenizer too"
    assert refused(folder) == sentence


def test_a_hub_that_cannot_be_reached():
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert refused("someone/nothing") == (
        "'someone/nothing' is not on this machine and the hub cannot be reached; "
        "connect once, give a local folder, or use demo"
    )


@pytest.mark.parametrize("name", ["what a model!", "a--b", "owner/"])
def test_a_name_that_is_none(name):
    assert refused(name) == f"'{name}' is neither a folder nor a hub id (owner/model); try demo"


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there(name):
    assert refused(name) == f"there is no folder '{name}'; give an existing folder, a hub id, or demo"


def test_a_file_instead_of_a_folder(folder):
    name = folder / WEIGHTS
    assert refused(name) == f"'{name}' is a file; give the folder that holds config.json and model.safetensors"


@pytest.mark.parametrize("flag", ["is_decoder", "add_cross_attention", "is_encoder_decoder"])
def test_a_decoder(folder, flag):
    tiny.edit_config(folder, **{flag: True})
    assert refused(folder).startswith(f"'{folder}' is a bert decoder; Bonsai prunes encoders: bert, roberta, distilb")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("bert.encoder.layer.1.output.dense.weight", (32, 64)),
        ("bert.encoder.layer.1.output.dense.bias", (32,)),
        ("bert.embeddings.word_embeddings.weight", (27, 32)),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named(either, name, shape):
    wrong = (shape[0] + 1, *shape[1:])
    edit_weights(either, lambda tensors: tensors.update({name: torch.zeros(wrong)}))
    assert refused(either) == (
        f"'{either}' cannot be loaded: {name} is {wrong} in its model.safetensors and {shape} by its config.json; "
        "copy both from one place"
    )


def test_a_config_of_another_width_names_the_first_tensor(folder):
    tiny.edit_config(folder, intermediate_size=128)
    assert re.search(
        r"cannot be loaded: bert\.encoder\.layer\.0\.intermediate\.dense\.\w+ is \(64,.* and \(128,.* by its config",
        refused(folder),
    )


def test_a_tensor_more_than_a_shaped_folder_has_room_for(either):
    edit_weights(either, lambda tensors: tensors.update({"bert.encoder.layer.2.output.dense.bias": torch.zeros(32)}))
    place = "bert.encoder.layer.2.output.dense.bias"
    assert refused(either) == (
        f"'{either}' cannot be loaded: its config has no room for {place}; copy both from one place"
    )


@pytest.mark.parametrize("described", [None, [], 7, "x", {}, {"layers": None}, {"layers": []}, {"layers": [GOOD]}])
def test_shapes_that_are_not_one_a_layer(folder, described):
    tiny.edit_config(folder, bonsai=described)
    assert refused(folder) == f"the config.json of '{folder}' has no bonsai.layers with one entry a layer"


@pytest.mark.parametrize(
    "wrong",
    [{"heads": h, "width": w} for h, w in ((5, 64), (-1, 64), (2, -1), (2, 1 << 40), (2.5, 64), ("2", 64), (2, None))]
    + [{"heads": 2}, {"width": 64}, {}, 7, None],
)
def test_a_shape_that_is_none(folder, wrong):
    tiny.edit_config(folder, bonsai={"layers": [GOOD, wrong]})
    assert refused(folder) == f"bonsai.layers[1] of '{folder}' is {wrong}; it needs heads and width"


@pytest.mark.parametrize(("heads", "width"), [(3, 64), (4, 63), (0, 64), (4, 0)])
def test_a_shape_that_its_weights_do_not_have(folder, heads, width):
    tiny.edit_config(folder, bonsai={"layers": [GOOD, {"heads": heads, "width": width}]})
    assert re.search(r"cannot be loaded: (its config has no room for )?bert\.encoder\.layer\.1\.", refused(folder))


@pytest.mark.parametrize(
    "share",
    [
        0.5,
        2,
    ],
)
def test_a_model_larger_than_the_memory(folder, monkeypatch, share):
    # one byte a weight, in a file of holes: the fp32 model that is kept and its copy take eight times its size
    rows = int(share * (psutil.virtual_memory().total + psutil.swap_memory().total)) // 1024
    entry = {"classifier.weight": {"dtype": "U8", "shape": [2, rows, 512], "data_offsets": [0, rows * 1024]}}
    header = json.dumps(entry).encode()
    with (folder / WEIGHTS).open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + rows * 1024)
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_: pytest.fail("it is being loaded"))
    source = find.Source(
        str(folder), folder, "0123456789abcdef", "sequence"
    )  # resolve would read all of it for its hash
    with pytest.raises(ModelError) as caught:
        load(source)
    words = f"'{folder}' needs about {8 * rows * 1024 / 1e9:.1f} GB of memory and "
    assert str(caught.value).startswith(words)
    assert str(caught.value).endswith(" GB are free; close other programs or take a smaller model")
