"""Inputs that were once answered wrongly, handed in from outside: each gives its right value, or says what is wrong.

They lie beside the repository (BONSAI_CASES, or shared/cases); what each stands for is tested in its own room as well.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.commands import main

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(os.environ.get("BONSAI_CASES") or ROOT.parent / "shared" / "cases")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CASES / "build.py").is_file(), reason=f"there are no cases in {CASES}"),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The models of the cases, built by their own program."""
    out = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, CASES / "build.py", out], cwd=ROOT, check=True, capture_output=True, timeout=280)
    return out


@pytest.fixture
def run(models, capsys):
    """Run the command on an input; its exit code, its JSON where it has one, and what it said on stderr."""

    def call(model, data, *more):
        model = model if model == "demo" else str(models / model)
        arguments = ["run", "--model", model, "--task", str(CASES / "data" / data), "--no-speed", "--json", *more]
        code = main(arguments)
        out, err = capsys.readouterr()

        def refuse(constant):
            raise AssertionError(f"{constant} is no JSON")

        return code, json.loads(out, parse_constant=refuse) if out else None, err

    return call


@pytest.mark.parametrize(
    ("model", "data", "percent", "words"),
    [
        ("swapped", "words.csv", 89.6, ""),
        ("intents", "intents", 100, ""),
        ("intents", "intents_eleven", 100, ""),
        ("twelve", "twelve_float", 100, ""),
        ("twelve", "twelve_stars", 100, "no names for its classes"),
        ("demo", "fresh.csv", 9.8, '--labels "fresh=CLASS,..."'),
        ("demo", "verdict_last.csv", 83.6, ""),
        ("demo", "unclosed.csv", None, "line 22: a quotation mark is opened and not closed (181 lines"),
        ("demo", "twoquotes.csv", None, "line 32: a quotation mark is opened and not closed (31 lines"),
        ("demo", "pandasnl.tsv", None, "as pandas and Excel write them"),
        ("demo", "pandas.tsv", None, "as pandas and Excel write them"),
        ("demo", "nan.jsonl", None, "line 1: the label is empty"),
        ("demo", "nanlabel.csv", None, "line 2: the label is empty"),
        ("demo", "mixed.jsonl", None, ""),
        ("demo", "truefalse.jsonl", None, "(False, True)"),
        ("demo", "utf16.csv", None, ""),
        ("demo", "semicolon.csv", None, "separated by ';'"),
        ("demo", "mrpc.tsv", None, ""),
        ("short64", "long.csv", None, ""),
        ("prunemask", "words.csv", None, ""),
        ("moduleprefix", "words.csv", None, ""),
        ("compiled", "words.csv", None, ""),
        ("sharded", "words.csv", None, ""),
        ("robertavocab", "words.csv", None, ""),
        ("prunedheads", "words.csv", None, ""),
    ],
)
def test_the_right_value(run, model, data, percent, words):
    code, found, said = run(model, data)
    assert code == 0 and words in said
    assert percent is None or round(100 * found["quality"]["value"], 1) == percent


def test_what_is_said_of_the_labels_turns_them(run):
    _, found, said = run("demo", "fresh.csv", "--labels", "fresh=positive,rotten=negative")
    assert round(100 * found["quality"]["value"], 1) == 90.2 and "--labels" not in said


def test_texts_that_are_cut_are_counted(run):
    _, found, _ = run("demo", "verdict_last.csv", "--max-tokens", "128")
    assert (found["quality"]["cut"], found["quality"]["n"]) == (73, 73)
    assert run("short64", "long.csv")[1]["spec"]["max_tokens"] == 64


def test_what_is_no_number_is_counted_and_valid_json(run):
    code, found, _ = run("nanweight", "words.csv")
    assert code == 0 and found["quality"]["invalid"] == found["quality"]["n"] and found["quality"]["loss"] is None


@pytest.mark.parametrize(
    ("model", "data", "words"),
    [
        ("relkey", "relkey", "tells positions by their distance"),
        ("fewerlayers", "fewerlayers", "its config has no room for bert.encoder.layer.2."),
        ("demo", "multilabel.jsonl", "no multi-label head; train a new one"),
        ("demo", "same.csv", "all of its texts are the same"),
        ("demo", "dupheader.csv", "has the column 'text' twice"),
        ("demo", "stars10.csv", "10 stars) and the model 2 classes (negative, positive)"),
        ("demo", "latin1.csv", "is not UTF-8 (byte 13)"),
        ("demo", "c150.csv", "... (150)) and the model 2 classes"),
        ("demo", "cola.tsv", "its columns are: 1, 2, 3, 4"),
        ("addedtokens", "tweets.csv", "resize_token_embeddings"),
        ("q_bnb", "words.csv", "is quantized already (bitsandbytes)"),
        ("q_gptq", "words.csv", "is quantized already (gptq)"),
        ("q_awq", "words.csv", "is quantized already (awq)"),
        ("q_compressed", "words.csv", "is quantized already (compressed-tensors)"),
        ("q_torchaoq", "words.csv", "is quantized already (torchao)"),
        ("padbeyond", "words.csv", "the pad_token_id of"),
        ("id2list", "words.csv", "the id2label in config.json"),
        ("badtok", "words.csv", "cannot be loaded: "),
        ("lfstok", "words.csv", "git lfs pull"),
        ("regression", "words.csv", "gives one number"),
    ],
)
def test_one_line_says_what_is_wrong(run, model, data, words):
    code, found, said = run(model, data)
    line = said.splitlines()[-1]
    assert (code, found) == (2, None) and line.startswith("bonsai: ") and words in line


def test_a_new_head_has_the_classes_of_the_table(run, models, capsys, tmp_path):
    code, found, _ = run("regression", "fourkinds.csv", "--new-head", "--step", "finetune:steps=1")
    assert code == 0 and found["quality"]["n"] > 10
    task, out = str(CASES / "data" / "spamham.csv"), tmp_path / "spamham"
    model = str(models / "regression")  # a head of another kind gives way too
    arguments = ["export", "--model", model, "--task", task, "--new-head", "--step", "finetune:steps=1"]
    main([*arguments, "--format", "hf", "--out", str(out)])
    capsys.readouterr()
    assert json.loads((out / "config.json").read_text())["id2label"] == {"0": "ham", "1": "spam"}
    assert json.loads((out / "labels.json").read_text())["labels"] == ["ham", "spam"]
