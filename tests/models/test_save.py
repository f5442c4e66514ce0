"""A folder that loads again with the same logits, with our code and with the lines it brings, or says that it fails."""

import dataclasses
import json
import os
import re
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.models import encoder, find, save
from core.models import load as models_load
from core.models.save import CHECK, LINES
from core.models.weights import WEIGHTS
from core.pruning import removal
from core.pruning.removal import Kept
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import vocabulary
from core.techniques.technique import Context, State
from core.techniques.vocabulary import cut
from tests.support import tiny

ALL = tuple(range(64))
BUILDS = {"bert": tiny.bert, "roberta": tiny.roberta, "distilbert": tiny.distilbert}
PLAIN = ("plain", "fewer layers", "smaller vocabulary")
SHAPED = {
    "heads and neurons": Kept(((0, 2), (1, 2, 3)), (tuple(range(13)), tuple(range(40)))),
    "no attention": Kept(((), (0, 2)), (ALL, ALL[:5])),
    "no FFN": Kept(((1, 2), (0, 1, 2, 3)), (ALL, ())),
    "no attention anywhere": Kept(((), ()), (ALL, ALL)),
    "nothing at all": Kept(((), ()), ((), ())),
    "every layer alike": Kept(((0, 1), (0, 1)), (ALL[:32], ALL[:32])),
}
KINDS = pytest.mark.parametrize("kind", [*PLAIN, *SHAPED])
FAMILIES = pytest.mark.parametrize("family", BUILDS)
STRANGER = """
import json, sys
for place in sys.argv[1:]:
    names = {"folder": place}
    exec(open(f"{place}/lines.py").read(), names)
    import torch, transformers
    words = transformers.AutoTokenizer.from_pretrained(place)(json.load(open(f"{place}/texts.json")),
                                                              padding=True, return_tensors="pt")
    with torch.inference_mode():
        found = names["model"](input_ids=words["input_ids"], attention_mask=words["attention_mask"]).logits
    json.dump([found.tolist(), any(n.split(".")[0] == "core" for n in sys.modules)], open(f"{place}/found.json", "w"))
"""


def build(family, kind="plain"):
    """A model and its tokenizer."""
    model = tiny.shaken(BUILDS[family](vocab_size=len(tiny.SPELLING)))
    if kind == "fewer layers":
        model = encoder.keep_layers(model, [1])
    if kind in SHAPED:
        model = removal.removed(model, SHAPED[kind])
    if kind != "smaller vocabulary":
        return model, tiny.spelling()
    kept = [*range(12), *range(20, 60)]
    words = cut(tiny.spelling(), kept)
    return encoder.keep_pieces(model, kept, words.pad_token_id), words


def load(folder):
    return models_load.load(find.resolve(str(folder)), labels=None)


def same(first, second):
    """Equal but for the last bit: kernels differ with the place of a weight in memory."""
    return torch.allclose(first, second, rtol=0, atol=1e-6)


def verdict(folder):
    return json.loads((folder / CHECK).read_text())


def damaged(monkeypatch, change):
    """Writing a model puts `change` between what is in memory and what lies on disk."""
    check = save.reload_check

    def tampered(model, tokenizer, folder, sentences):
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS, {"format": "pt"})
        return check(model, tokenizer, folder, sentences)

    monkeypatch.setattr(save, "reload_check", tampered)


@KINDS
@FAMILIES
def test_saved_and_loaded_it_answers_the_same(family, kind, tmp_path):
    model, words = build(family, kind)
    check = save.save(model, words, tmp_path / "model")
    assert check.ok and check.largest_difference < 1e-6 and check.sentences == len(save.SENTENCES)
    assert verdict(tmp_path / "model") == dataclasses.asdict(check)
    again = load(tmp_path / "model")
    assert same(tiny.logits(again.model, words=again.tokenizer), tiny.logits(model, words=words))
    for text in (*tiny.TEXTS, *save.SENTENCES, ""):
        assert again.tokenizer(text)["input_ids"] == words(text)["input_ids"]
    assert encoder.shape_of(again.model) == encoder.shape_of(model) and not again.model.training
    before = dict(model.named_parameters())
    assert all(torch.equal(before[name], p) for name, p in again.model.named_parameters() if p.numel())


@KINDS
@FAMILIES
def test_what_lies_in_the_folder(family, kind, tmp_path):
    model, words = build(family, kind)
    save.save(model, words, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors", ".md"}
    config = json.loads((tmp_path / "config.json").read_text())
    assert config.get("bonsai") == ({"layers": encoder.shape_of(model)} if kind in SHAPED else None)
    assert (tmp_path / WEIGHTS).stat().st_size < 1.02 * sum(4 * p.numel() for p in model.parameters()) + 16384


@KINDS
@FAMILIES
def test_saving_what_was_loaded_writes_the_same(family, kind, tmp_path):
    model, words = build(family, kind)
    save.save(model, words, tmp_path / "first")
    again = load(tmp_path / "first")
    assert save.save(again.model, again.tokenizer, tmp_path / "second").ok
    weights = [(tmp_path / place / WEIGHTS).read_bytes() for place in ("first", "second")]
    assert weights[0] == weights[1]
    shapes = [json.loads((tmp_path / p / "config.json").read_text()).get("bonsai") for p in ("first", "second")]
    assert shapes[0] == shapes[1]


def test_a_whole_model_over_a_shaped_one(tmp_path):
    for kind in ("no attention", "plain"):
        model, words = build("bert", kind)
        assert save.save(model, words, tmp_path).ok
        assert same(tiny.logits(load(tmp_path).model), tiny.logits(model))
    assert "bonsai" not in (tmp_path / "config.json").read_text()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """Folders of many kinds, loaded by their own lines in a process that knows nothing of this code."""
    base, answers = tmp_path_factory.mktemp("strangers"), {}
    for family in BUILDS:
        for kind in (*PLAIN, *SHAPED):
            model, words = build(family, kind)
            folder = base / f"{family} {kind}"
            save.save(model, words, folder)
            (lines,) = re.findall(r"```python\n(.*?)```", (folder / LINES).read_text(), re.DOTALL)
            (folder / "lines.py").write_text(lines)
            (folder / "texts.json").write_text(json.dumps(tiny.TEXTS))
            answers[folder.name] = tiny.logits(model, words=words)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", STRANGER, *(str(base / name) for name in answers)]
    done = subprocess.run(command, cwd=base, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return {
        name: (expected, *json.loads((base / name / "found.json").read_text())) for name, expected in answers.items()
    }


@KINDS
@FAMILIES
def test_its_own_lines_load_it_without_us(strangers, family, kind):
    expected, found, knows_us = strangers[f"{family} {kind}"]
    assert not knows_us
    assert same(torch.tensor(found), expected)


@pytest.mark.parametrize("kind", PLAIN)
def test_an_ordinary_folder_needs_two_lines(kind):
    text = save.how_to_load(build("bert", kind)[0])
    assert text.startswith("An ordinary Hugging Face folder. `folder` is this folder.")
    assert text.count("\n") == 6 and "from_pretrained(folder)" in text


@pytest.mark.parametrize("kind", ["plain", "no attention"])
def test_other_weights_on_disk_are_seen(kind, tmp_path, monkeypatch):
    def change(tensors):
        tensors["classifier.bias"] += 0.01

    damaged(monkeypatch, change)
    check = save.save(*build("bert", kind), tmp_path)
    assert not check.ok and check.largest_difference == pytest.approx(0.01, abs=1e-5)
    assert verdict(tmp_path)["ok"] is False
    assert save.words(check) == "reloaded: logits DIFFERENT on 4 sentences (at most 1.0e-02 apart)"


def test_a_difference_of_one_sentence_is_seen(tmp_path, monkeypatch):
    number = tiny.spelling().convert_tokens_to_ids("phone")
    damaged(monkeypatch, lambda tensors: tensors["bert.embeddings.word_embeddings.weight"][number, 0].add_(1))
    model, words = build("bert")
    assert save.save(model, words, tmp_path, ("good", "the film", "bad")).ok
    assert not save.save(model, words, tmp_path, ("good", "the phone", "bad")).ok


def test_an_answer_that_is_no_number_is_seen(tmp_path, monkeypatch):
    number = tiny.spelling().convert_tokens_to_ids("phone")
    damaged(monkeypatch, lambda tensors: tensors["bert.embeddings.word_embeddings.weight"][number].fill_(float("nan")))
    assert not save.save(*build("bert"), tmp_path, ("good", "the phone", "bad")).ok


@pytest.mark.parametrize("kind", ["plain", "heads and neurons", "no attention"])
@pytest.mark.parametrize("lost", ["bert.encoder.layer.1.intermediate.dense.weight", "classifier.weight"])
def test_a_folder_that_cannot_be_loaded_is_red(kind, lost, tmp_path, monkeypatch):
    damaged(monkeypatch, lambda tensors: tensors.pop(lost))
    check = save.save(*build("bert", kind), tmp_path)
    assert not check.ok and check.sentences == 0 and verdict(tmp_path)["ok"] is False
    assert save.words(check) == "reload FAILED: the folder cannot be loaded"


def test_the_verdict_is_plain_json(tmp_path, monkeypatch):
    damaged(monkeypatch, lambda tensors: tensors.pop("classifier.weight"))
    save.save(*build("bert"), tmp_path)

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    found = json.loads((tmp_path / CHECK).read_text(), parse_constant=refuse)
    assert found["largest_difference"] is None


def test_another_tokenizer_on_disk_is_seen(tmp_path, monkeypatch):
    model, words = build("bert")
    other = cut(tiny.spelling(), list(range(len(tiny.SPELLING) - 4)))  # without ##ly
    monkeypatch.setattr(words, "save_pretrained", other.save_pretrained)
    assert not save.save(model, words, tmp_path, ("goodly",)).ok


def test_the_words_of_a_green_check(tmp_path):
    check = dataclasses.replace(save.save(*build("bert"), tmp_path, ("good", "bad")), largest_difference=0.0)
    assert save.words(check) == "reloaded: logits identical on 2 sentences (at most 0.0e+00 apart)"


def test_a_long_sentence_is_cut(tmp_path):
    assert save.save(*build("roberta"), tmp_path, ("good " * 500,)).ok


def test_a_vocabulary_step_and_a_shape_at_once(tmp_path):
    model, words = build("distilbert", "no attention")
    context = Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))
    after = vocabulary.apply(State(model, {}, words), vocabulary.Config(min_count=5), context)
    assert save.save(after.model, after.tokenizer, tmp_path / "both").ok
    again = load(tmp_path / "both")
    expected = tiny.logits(after.model, words=after.tokenizer)
    assert same(tiny.logits(again.model, words=again.tokenizer), expected)
    assert encoder.shape_of(again.model) == encoder.shape_of(model)
