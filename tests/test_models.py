"""Finding, loading, saving and describing models; every sentence that says why one cannot be used."""

import contextlib
import json
import os
import shutil

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from core import anatomy, models
from core.models import ModelError

ROLES = ["Q", "K", "V", "O", "up", "down"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model" if tiny.folder(tmp_path / "model") else None


def refused(name, **options):
    """The sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        models.load(models.resolve(str(name)), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def logits(model):
    with torch.inference_mode():
        return model(**tiny.tokenizer()("the film was good", return_tensors="pt")).logits


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_save_then_load_gives_identical_logits(tmp_path, build):
    model = build()
    name = tiny.folder(tmp_path / "model", model)
    source = models.resolve(name)
    loaded = models.load(source)
    assert source.has_head and source.name == name and not loaded.model.training
    assert loaded.tokenizer("the film")["input_ids"] == tiny.tokenizer()("the film")["input_ids"]
    ids = torch.randint(5, len(tiny.VOCABULARY), (3, 20), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        before, after = (m(input_ids=ids, attention_mask=torch.ones_like(ids)).logits for m in (model, loaded.model))
    assert torch.equal(before, after)


def test_half_precision_is_loaded_as_fp32(folder):
    tensors = {name: tensor.half() for name, tensor in load_file(folder / models.WEIGHTS).items()}
    save_file(tensors, folder / models.WEIGHTS, {"format": "pt"})
    edit_config(folder, dtype="float16")
    model = models.load(models.resolve(str(folder))).model
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert torch.equal(model.classifier.weight, tensors["classifier.weight"].float())


def test_the_revision_is_the_content(folder, tmp_path):
    before = models.resolve(str(folder)).revision
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("words about it")
    assert models.resolve(str(tmp_path / "copy")).revision == before
    for name in ("config.json", models.WEIGHTS, "tokenizer.json"):
        shutil.copytree(folder, tmp_path / name)
        content = (tmp_path / name / name).read_bytes()
        (tmp_path / name / name).write_bytes(
            content.replace(b"weight", b"weighs", 1).replace(b"good", b"goad", 1) + b" "
        )
        assert models.revision_of(tmp_path / name) != before, name


def test_a_new_revision_is_seen_at_once(folder):
    before = models.resolve(str(folder)).revision
    edit_config(folder, comment="changed")
    assert models.resolve(str(folder)).revision != before


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_matrices_of_the_encoder_have_their_roles(build):
    found = anatomy.matrices(build())
    assert [m.role for m in sorted(found, key=lambda m: (m.layer, ROLES.index(m.role)))] == ROLES * 2
    assert sorted(m.layer for m in found) == [0] * 6 + [1] * 6
    shapes = {m.role: (m.rows, m.columns) for m in found}
    assert shapes == {r: (32, 32) for r in "QKVO"} | {"up": (64, 32), "down": (32, 64)}
    assert {m.label for m in found} == {f"layer {layer} {role}" for layer in (1, 2) for role in ROLES}


@pytest.mark.parametrize(
    ("build", "others"),
    [
        (tiny.bert, ["bert.pooler.dense", "classifier"]),
        (tiny.roberta, ["classifier.dense", "classifier.out_proj"]),
        (tiny.distilbert, ["pre_classifier", "classifier"]),
    ],
)
def test_all_means_every_linear(build, others):
    model = build()
    found = anatomy.matrices(model, "all")
    assert [m.name for m in found if m.layer < 0] == others
    assert [m.label for m in found if m.layer < 0] == others
    assert len(found) == 12 + 2 == sum(isinstance(m, torch.nn.Linear) for m in model.modules())


def test_patterns_name_matrices():
    model = tiny.bert()
    assert [m.role for m in anatomy.matrices(model, "*query *key")] == ["Q", "K"] * 2
    assert [m.name for m in anatomy.matrices(model, "classifier")] == ["classifier"]
    assert {m.layer for m in anatomy.matrices(model, "*layer.1.*")} == {1}


@pytest.mark.parametrize("which", ["*nothing", "", "Encoder"])
def test_a_pattern_that_names_nothing(which):
    with pytest.raises(
        ModelError, match=f"no Linear layer is called like '{which.replace('*', '.')}'; try encoder, all"
    ):
        anatomy.matrices(tiny.bert(), which)


@pytest.mark.parametrize(("build", "limit"), [(tiny.bert, 140), (tiny.roberta, 139), (tiny.distilbert, 140)])
def test_as_many_tokens_as_there_are_positions(build, limit):
    model = build()
    assert anatomy.max_tokens(model) == limit
    for count, fits in ((limit, True), (limit + 1, False)):
        ids = torch.full((1, count), 7)
        with torch.inference_mode(), contextlib.nullcontext() if fits else pytest.raises((RuntimeError, IndexError)):
            assert model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.isfinite().all()


def test_weight_is_the_parameter_itself():
    model = tiny.bert()
    assert anatomy.weight(model, "classifier") is model.classifier.weight


def test_a_base_model_says_that_it_must_be_fine_tuned(tmp_path):
    name = tiny.folder(tmp_path / "base", tiny.bert(head=False))
    assert refused(name) == (
        f"'{name}' has no classification head: fine-tune it first, "
        f"python -m core run --model {name} --task reviews --step finetune:epochs=3 --save FOLDER"
    )


def test_a_new_head_is_drawn_by_its_seed(tmp_path):
    base = tiny.bert(head=False)
    source = models.resolve(tiny.folder(tmp_path / "base", base))
    before = torch.random.get_rng_state()
    first, again, other = (models.load(source, labels=3, new_head=True, seed=s).model for s in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first.classifier.weight, again.classifier.weight) and first.classifier.weight.shape == (3, 32)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert torch.equal(first.bert.embeddings.word_embeddings.weight, base.embeddings.word_embeddings.weight)


def test_a_new_head_replaces_the_old_one(folder):
    source = models.resolve(str(folder))
    old, new = models.load(source).model, models.load(source, new_head=True, seed=5).model
    assert not torch.equal(old.classifier.weight, new.classifier.weight)
    assert torch.equal(old.bert.pooler.dense.weight, new.bert.pooler.dense.weight)


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_another_number_of_classes(tmp_path, build):
    name = tiny.folder(tmp_path / "model", build())
    assert refused(name, labels=3) == f"'{name}' tells 2 classes apart, the task has 3; pick another task"
    assert models.load(models.resolve(name), labels=None).model.config.num_labels == 2


def test_no_config(folder):
    (folder / "config.json").unlink()
    assert refused(folder) == f"'{folder}' has no config.json; give a folder written by save_pretrained()"


@pytest.mark.parametrize("text", ["not json", "[1, 2]", ""])
def test_a_config_that_is_none(folder, text):
    (folder / "config.json").write_text(text)
    assert refused(folder) == f"the config.json of '{folder}' is not a JSON object; save the model again"


@pytest.mark.parametrize("values", [{"num_attention_heads": 5}, {"hidden_size": "wide"}, {"hidden_size": 64}])
def test_a_config_that_does_not_fit_its_weights(folder, values):
    edit_config(folder, **values)
    assert refused(folder).startswith(f"'{folder}' cannot be loaded: ")


def test_another_architecture(folder):
    edit_config(folder, model_type="gpt2")
    assert refused(folder).startswith(f"'{folder}' is a gpt2 model; Bonsai prunes BERT-family encoders: bert, roberta")


def test_weights_that_are_not_safetensors(folder):
    (folder / models.WEIGHTS).rename(folder / "pytorch_model.bin")
    assert refused(folder).startswith(f"'{folder}' has no model.safetensors; only safetensors are read (no pickle): ")


@pytest.mark.parametrize("kept", [0, 5, 1000, -1000])
def test_damaged_weights(folder, kept):
    path = folder / models.WEIGHTS
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(folder).startswith(f"the model.safetensors of '{folder}' is damaged (")
    assert refused(folder).endswith("; copy or download it again")


def test_a_missing_tensor_is_never_made_up(folder):
    tensors = load_file(folder / models.WEIGHTS)
    del tensors["bert.encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / models.WEIGHTS, {"format": "pt"})
    assert refused(folder) == (
        f"the model.safetensors of '{folder}' lacks bert.encoder.layer.1.output.dense.weight; copy or download it again"
    )
    assert "lacks bert.encoder" in refused(folder, new_head=True)


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
    name = folder / models.WEIGHTS
    assert refused(name) == f"'{name}' is a file; give the folder that holds config.json and model.safetensors"
