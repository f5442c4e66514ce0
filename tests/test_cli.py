"""The command line as a contract: one JSON object, folders that load again, one line when something is wrong."""

import json
import re

import pytest

from core.commands import main, parser
from core.errors import TrainingError
from core.models.find import resolve
from core.spec import describe
from core.techniques import operations, parse_step
from tests.support import tiny

PRUNE = "magnitude:amount=0.3,scope=layer,criterion=l1"
TUNE = "finetune:learning_rate=1e-3,batch_size=8,steps=3"
QUICK = ("--seq", "16")
QUALITY = {"metric", "value", "low", "high", "n", "loss", "kinds", "vs_dense"}
VERSUS = {"delta", "low", "high", "p", "agreement", "flipped"}
SPEED = {"runtime", "batch", "seq", "threads", "median_ms", "dense_median_ms", "speedup", "low", "high", "verdict"}
SIZE = {"params", "nonzero", "bytes", "zip_bytes", "macs"}


@pytest.fixture
def model(tmp_path):
    return tiny.folder(tmp_path / "model")


@pytest.fixture
def own(tmp_path):
    return tiny.csv_file(tmp_path / "own.csv")


def printed(capsys, *arguments):
    """The JSON object that a command prints, run in this process."""
    assert main([*arguments, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def only_unlearnt(errors):
    """Is the only thing said on stderr that a tiny model of random weights knows nothing?"""
    return errors.count("\n") == 1 and errors.startswith("note: one answer to everything, ")


def comparable(values):
    """What must be equal when the same weights are evaluated again: all but the comparison and the environment."""
    return {name: values["quality"][name] for name in ("metric", "value", "low", "high", "n", "loss", "kinds")}


def test_run_save_and_load_in_processes_of_their_own(command_line, tmp_path, model):
    steps = ("--step", PRUNE, "--step", TUNE)
    first = command_line("run", "--model", model, *steps, *QUICK, "--save", str(tmp_path / "saved"), "--json")
    assert first.returncode == 0 and only_unlearnt(first.stderr)
    values = json.loads(first.stdout)
    assert list(values) == ["key", "spec", "environment", "quality", "speed", "speed_vs_torch", "size", "facts"]
    assert QUALITY <= set(values["quality"]) and set(values["quality"]["vs_dense"]) == VERSUS
    assert SPEED <= set(values["speed"]) and SIZE <= set(values["size"])
    assert (
        values["spec"]["task"] == "reviews" and values["quality"]["n"] == 600 and len(values["quality"]["kinds"]) == 10
    )
    assert [step["technique"] for step in values["spec"]["steps"]] == ["magnitude", "finetune"]
    assert values["spec"]["steps"][0]["config"]["amount"] == 0.3
    assert (values["speed"]["seq"], values["speed"]["threads"]) == (16, 1)
    assert {"machine", "python", "torch", "transformers"} <= set(values["environment"])
    assert [values[part]["badge"][:13] for part in ("quality", "speed")] == ["measured here"] * 2

    again = command_line("run", "--model", str(tmp_path / "saved"), *QUICK, "--json")
    assert again.returncode == 0 and only_unlearnt(again.stderr)
    loaded = json.loads(again.stdout)
    assert comparable(loaded) == comparable(values) and loaded["spec"]["steps"] == []
    assert loaded["size"]["nonzero"] == values["size"]["nonzero"] < values["size"]["params"]
    assert (
        loaded["size"]["bytes"] == values["size"]["bytes"] == (tmp_path / "saved" / "model.safetensors").stat().st_size
    )


@pytest.mark.long
def test_a_structured_model_is_smaller_saved_and_the_same_again(command_line, model, own, tmp_path):
    saved = tmp_path / "smaller"
    run = ("run", "--task", own, *QUICK, "--json")
    made = command_line(*run, "--model", model, "--step", "structured:keep_macs=0.5", "--save", str(saved), "--memory")
    assert made.returncode == 0 and only_unlearnt(made.stderr)
    values = json.loads(made.stdout)
    dense = json.loads(command_line(*run, "--model", model).stdout)
    for figure in ("params", "macs", "bytes"):
        assert values["size"][figure] < dense["size"][figure], figure
    assert {"heads", "widths"} <= values["facts"].keys() and values["speed"]["peak_bytes"] > 0
    assert json.loads((saved / "reload_check.json").read_text())["ok"]
    again = json.loads(command_line(*run, "--model", str(saved)).stdout)
    assert comparable(again) == comparable(values) and again["size"] == values["size"]


def test_fisher_without_training_examples_offers_magnitude(capsys, model, tmp_path):
    tiny.csv_file(tmp_path / "only" / "test.csv", 30)
    run = ("run", "--model", model, "--task", str(tmp_path / "only"), "--no-speed")
    assert main([*run, "--step", "structured:keep_macs=0.5"]) == 2
    words = "'only' has no training examples, which this criterion needs; take criterion=magnitude"
    assert capsys.readouterr().err.endswith(f"bonsai: {words}\n")
    assert main([*run, "--step", "structured:keep_macs=0.5,criterion=magnitude"]) == 0


def test_what_no_model_can_reach_is_named_with_the_smallest(capsys, model, own):
    assert main(["run", "--model", model, "--task", own, "--no-speed", "--step", "structured:keep_macs=0.05"]) == 2
    error = capsys.readouterr().err
    assert re.search(r"keep_macs=0.05 cannot be reached: one head is 0\.\d+ of this model's work", error)


def test_no_step_is_the_dense_baseline(capsys, model, own):
    values = printed(capsys, "run", "--model", model, "--task", own, *QUICK)
    assert values["spec"]["steps"] == [] and values["quality"]["vs_dense"]["delta"] == 0
    assert values["quality"]["vs_dense"]["agreement"] == 1 and values["quality"]["vs_dense"]["flipped"] == []


def test_the_issues_example_with_the_defaults_spelt_out(capsys, model, own):
    short = printed(capsys, "run", "--model", model, "--task", own, "--step", "magnitude", "--no-speed")
    long = printed(capsys, "run", "--model", model, "--task", own, "--step", f"{PRUNE},layers=encoder", "--no-speed")
    assert short["key"] == long["key"] and short["speed"] is None


def test_the_seed_reaches_the_steps(capsys, model, own):
    random = ("run", "--model", model, "--task", own, "--no-speed", "--step", "magnitude:amount=0.5,criterion=random")
    first, second = (printed(capsys, *random, "--seed", seed) for seed in ("1", "2"))
    assert first["key"] != second["key"] and first["quality"]["loss"] != second["quality"]["loss"]


def test_the_table_is_for_people(capsys, model, own, tmp_path):
    saved = tmp_path / "saved"
    assert main(["run", "--model", model, "--task", own, "--step", PRUNE, *QUICK, "--save", str(saved)]) == 0
    out = capsys.readouterr().out
    for words in (describe(parse_step(PRUNE)), "accuracy", "latency", "samples/s", "zipped", f"saved     {saved}"):
        assert words in out, words
    assert resolve(str(saved)).head == "sequence"
    # accuracy, with what it was computed in, and latency
    assert len(re.findall(r"^ {10}measured here, 20\d\d-\d\d-\d\d(?:, in \w.*)?$", out, re.MULTILINE)) == 2


def test_rows_that_cannot_be_used_are_reported_beside_the_json(capsys, model, tmp_path):
    file = tmp_path / "own.csv"
    tiny.csv_file(file)
    file.write_text(file.read_text() + ",1\n")
    assert main(["run", "--model", model, "--task", str(file), "--no-speed", "--json"]) == 0
    captured = capsys.readouterr()
    skipped, rest = captured.err.split("\n", 1)
    assert (
        skipped == "note: own.csv line 122: the text is empty"
        and only_unlearnt(rest)
        and json.loads(captured.out)["key"]
    )


def test_named_columns(capsys, model, tmp_path):
    rows = "".join(f"{text},{label},9\n" for text, label in tiny.sentences(60))
    (tmp_path / "own.csv").write_text("words,stars,label\n" + rows)
    named = ("--text-column", "words", "--label-column", "stars")
    values = printed(capsys, "run", "--model", model, "--task", str(tmp_path / "own.csv"), *named, "--no-speed")
    assert values["quality"]["n"] > 3


def test_a_base_model_with_a_new_head(capsys, own, tmp_path):
    base = tiny.folder(tmp_path / "base", tiny.bert(head=False))
    values = printed(capsys, "run", "--model", base, "--task", own, "--step", TUNE, "--no-speed")
    assert values["spec"]["new_head"]
    values = printed(capsys, "run", "--model", base, "--task", own, "--new-head", "--no-speed")
    assert values["spec"]["new_head"] and values["spec"]["steps"] == []


def test_sst2_from_its_folder(capsys, model, tmp_path):
    for part in ("train", "dev"):
        (tmp_path / f"{part}.tsv").write_text("sentence\tlabel\ngood film\t1\nbad film\t0\n")
    values = printed(capsys, "run", "--model", model, "--task", "sst2", "--data", str(tmp_path), "--no-speed")
    assert (values["spec"]["task"], values["quality"]["n"]) == ("sst2", 2)


WRONG = [
    (("--step", "prune:amount=0.3"), "unknown technique 'prune'; techniques: magnitude, wanda, structured"),
    (("--step", "magnitude:sparsity=0.3"), "unknown field 'sparsity'; fields: amount, criterion, scope, layers"),
    (("--step", "magnitude:amount=1.5"), "amount=1.5 is not allowed; amount takes a number from 0 to 1"),
    (("--step", "magnitude:amount=-1"), "amount=-1.0 is not allowed; amount takes a number from 0 to 1"),
    (("--step", "magnitude:amount=nan"), "amount=nan is not allowed; amount takes a number from 0 to 1"),
    (("--step", "magnitude:amount"), "'amount' is not name=value"),
    (("--step", "magnitude:criterion=l2"), "criterion=l2 is not allowed; criterion takes l1, random"),
    (("--step", "magnitude:layers=*nothing"), "no Linear layer is called like '*nothing'"),
    (("--step", "finetune:batch_size=0"), "batch_size=0 is not allowed; batch_size takes a whole number from 1"),
    (("--step", "finetune:steps=x"), "steps=x is not allowed; steps takes a whole number of at least 1"),
    (("--task", "poems"), "unknown task 'poems'; tasks: sst2, reviews"),
    (("--model", "/nowhere/at/all"), "there is no folder '/nowhere/at/all'"),
    (("--model", "someone/nothing"), "'someone/nothing' is not on this machine and the hub cannot be reached"),
    (("--seq", "0"), "0 is not allowed; a whole number from 1"),
    (("--seq", "141"), "takes at most 140 tokens, not 141"),
    (("--threads", "-1"), "-1 is not allowed; a whole number from 1"),
    (("--batch", "x"), "x is not allowed; a whole number from 1"),
    (("--seed", "x"), "invalid seed value: 'x'"),
    (("--seed", "-1"), "invalid seed value: '-1'"),
    (("--seed", str(10**29)), "invalid seed value"),
    (("--save", __file__), f"'{__file__}' is a file; name a folder to save the model in"),
    (("--sparsity", "0.3"), "unrecognized arguments: --sparsity 0.3"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_what_is_not_possible_is_one_line_and_exit_code_2(capsys, model, own, arguments, words):
    # what argparse refuses ends the program, what the engine refuses comes back from main
    try:
        code = main(["run", "--model", model, "--task", own, *arguments])
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    assert code == 2 and captured.out == ""
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n") and words in captured.err


@pytest.mark.parametrize("arguments", [("run", "--step", "magnitude:amount=nan"), ("run", "--batch", "0"), ()])
def test_exit_code_2_and_one_line_of_a_real_process(command_line, arguments):
    done = command_line(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_a_training_that_fails_is_one_line_too(capsys, model, own, monkeypatch):
    def fail(*arguments, **options):
        raise TrainingError("the loss became nan at step 1; lower the learning rate (0.01)")

    monkeypatch.setattr(operations, "train_", fail)
    assert main(["run", "--model", model, "--task", own, "--step", TUNE]) == 2
    assert capsys.readouterr().err == "bonsai: the loss became nan at step 1; lower the learning rate (0.01)\n"


def test_help_names_every_technique_and_field(capsys):
    with pytest.raises(SystemExit) as end:
        main(["run", "--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0
    for words in ("magnitude", "finetune", "amount=0.3", "criterion=l1", "learning_rate=2e-05", "a number from 0 to 1"):
        assert words in out, words


@pytest.mark.parametrize("name", ["evaluate", "masks", "slider"])
def test_bench_prints_what_the_script_of_that_name_measures(capsys, monkeypatch, name):
    import importlib

    script = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(script, "measure", lambda data: {"ours": 1.0, "peer": 5.0, "ratio": 5.0, "data": data})
    assert main(["bench", name, "--data", "folder", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ours": 1.0, "peer": 5.0, "ratio": 5.0, "data": "folder"}
    assert main(["bench", name]) == 0
    assert "ratio                    5.0\n" in capsys.readouterr().out


def test_the_commands_there_are():
    (commands,) = (action for action in parser()._actions if action.dest == "==SUPPRESS==" or action.choices)
    ours = {
        "run",
        "sweep",
        "export",
        "choose",
        "search",
        "track",
        "score",
        "optimize",
        "train-demo",
        "experiment",
        "bench",
    }
    assert set(commands.choices) == ours


def test_the_experiment_of_lengths_prints_a_line_a_cell(tmp_path, monkeypatch, capsys):
    from core.engine import lengths
    from core.jobs import recorded, report
    from core.models import find

    monkeypatch.setattr(find, "DEMO", tmp_path / "demo")
    tiny.folder(tmp_path / "demo")
    monkeypatch.setattr(lengths, "BATCHES", (1, 4))
    monkeypatch.setattr(lengths, "TOKENS", (8, 16))
    monkeypatch.setattr(report, "recorded_lengths", lambda dense: recorded.recorded_lengths(dense)[:1])
    assert main(["experiment", "lengths", "--task", "reviews"]) == 0
    first, *cells = capsys.readouterr().out.splitlines()
    assert first.startswith("structured:keep_macs=0.5") and " · torch   " in first
    shapes = [re.match(r" +(\d+) x +(\d+) tokens .* dense .*x \[.* samples/s$", line) for line in cells]
    assert [match.groups() for match in shapes] == [("1", "8"), ("1", "16"), ("4", "8"), ("4", "16")]


@pytest.mark.long
def test_export_says_what_it_wrote_and_whether_it_is_good(tmp_path, command_line):
    model, table = tiny.folder(tmp_path / "model"), tiny.csv_file(tmp_path / "own.csv")
    common = ["export", "--model", model, "--task", table, "--step", "quantize", "--out", str(tmp_path / "mine")]
    done = command_line(*common, "--format", "onnx", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["check"]["good"] else 1)
    assert found["check"]["accuracy"]["n"] > 10 and (tmp_path / "mine" / "model.onnx").is_file()
    again = command_line(*common, "--format", "onnx")
    assert again.returncode == 2 and "is there already; name a new folder" in again.stderr
    other = command_line(*common[:-1], str(tmp_path / "hf"), "--format", "hf")
    assert other.returncode == 2 and "int8-dynamic cannot be written in the format 'hf'" in other.stderr
