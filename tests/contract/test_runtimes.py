"""A new runtime is one file and one line: a toy that nothing of the product names does all that the others do."""

import hashlib
import json
import subprocess
import sys
import zipfile

import pytest

from core.__main__ import main
from core.engine.recipes import waterfall
from core.engine.run import make_spec
from core.engine.store import default_store
from core.jobs import exports
from core.jobs.recorded import recorded_modes
from core.runtimes import RUNTIMES
from core.spec import Step
from core.techniques import quantize
from pages.components.widgets.text import catalogue
from tests.support import runtimes, tiny, toy_runtime
from tests.support.app import REVIEWS, FakeJobs, button, cells, lab, page, sound, texts

TITLE, WORDS = toy_runtime.RUNTIME.title, catalogue("en")


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    """The one line."""
    monkeypatch.setitem(RUNTIMES, "toy", toy_runtime.RUNTIME)


@pytest.mark.parametrize(("kind", "mode"), runtimes.cases(toy_runtime.RUNTIME))
def test_its_file_keeps_the_contract_of_runtimes(kind, mode, tmp_path):
    runtime = toy_runtime.RUNTIME
    (tmp_path / "built").mkdir()
    file = runtimes.build(runtime, kind, mode, tmp_path / "built")
    runtimes.check_answers(runtime, kind, mode, file)
    runtimes.check_entry(runtime)
    if kind == "shaped":
        runtimes.check_any_batch(runtime, file)
        runtimes.check_broken_files(runtime, file, tmp_path)


def command(tmp_path, *words):
    """A command of the command line on a tiny model and its examples."""
    model, table = tiny.folder(tmp_path / "model"), tiny.csv_file(tmp_path / "own.csv")
    return main([words[0], "--model", model, "--task", table, *words[1:]])


def test_the_command_line_runs_it_and_names_it(tmp_path, capsys):
    assert command(tmp_path, "run", "--runtime", "toy", "--seq", "16", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["speed"]["runtime"] == "toy" and found["speed_vs_torch"]["speedup"] > 0
    assert found["size"]["bytes"] > 0 and list((tmp_path / "cache" / "built").glob("*/model.toy"))
    for words, named in ((["run"], "openvino, web, toy"), (["export"], "onnx,pte,web,toy,hf")):
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        assert named in " ".join(capsys.readouterr().out.split())


def test_what_it_cannot_do_is_said_in_one_sentence(tmp_path, capsys):
    assert command(tmp_path, "run", "--runtime", "toy", "--step", "quantize") == 2
    why = "'toy' has no int8-dynamic; it has fp32; int8-dynamic exists in torch, onnx, executorch, openvino"
    assert why in capsys.readouterr().err
    assert command(tmp_path, "run", "--runtime", "toy", "--memory", "--seq", "16") == 2
    assert "peak memory is measured in torch only, not in toy" in capsys.readouterr().err
    assert command(tmp_path, "run", "--runtime", "tflite") == 2
    assert "runtimes: torch, onnx, executorch, openvino, web, toy" in capsys.readouterr().err


@pytest.mark.slow
def test_its_format_is_exported_checked_and_described(tmp_path, capsys):
    folder = tmp_path / "mine"
    assert command(tmp_path, "export", "--format", "toy", "--out", str(folder), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["check"]["good"] and found["check"]["accuracy"]["n"] == found["check"]["torch_accuracy"]["n"] > 10
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == "toy" and manifest["recipe"]["runtime"] == "toy"
    assert {"torch", "safetensors", "tokenizers"} <= set(manifest["versions"])
    for name, facts in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == facts["sha256"], name
    assert {"model.toy", "tokenizer.json", "labels.json", "README.md", "run.py"} <= set(manifest["files"])
    with zipfile.ZipFile(folder.with_suffix(".zip")) as zipped:
        assert {f"mine/{name}" for name in (*manifest["files"], "manifest.json")} == set(zipped.namelist())
    readme = (folder / "README.md").read_text()
    assert readme.startswith("# A toy file") and "pip install torch==" in readme and "any number" in readme
    done = subprocess.run(
        [sys.executable, "run.py", tiny.TEXTS[0]], cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    expected = tiny.logits(tiny.bert(), tiny.TEXTS[:1])[0].tolist()
    assert json.loads(done.stdout)["logits"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.usefixtures("fresh_server")
def test_the_lab_measures_in_it_and_exports_its_format():
    at = lab(runtime="toy", format="toy")
    assert TITLE in at.selectbox(key="runtime").options and "A toy file" in at.segmented_control(key="format").options
    assert (at.session_state["runtime"], at.session_state["format"]) == ("toy", "toy")
    spec = make_spec("demo", REVIEWS, runtime="toy")
    button(at, WORDS["lab.measure"]).click().run()
    assert sound(at) and default_store().read(spec.key).spec.runtime == "toy"
    button(at, WORDS["takehome.export"].format(form="A toy file")).click().run()
    assert texts(sound(at).error) == [] and set(FakeJobs.listed) == {spec.key, f"export-{spec.key}-toy"}
    assert exports.find(spec.key, "toy").exported.check.good and len(lab(format="toy").success) == 1
    assert "'toy' has no int8-dynamic" in texts(lab("quantize", format="toy").error)[-1]


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize("language", ["en", "es"])
def test_quantize_shows_its_precisions_and_tradeoffs_its_points(language):
    stages = waterfall(make_spec("demo", REVIEWS), "toy")
    assert list(stages) == ["torch", "runtime", "pruned", "vocabulary", "student"]
    for name in ("torch", "runtime", "pruned"):
        against = "torch" if name != "torch" else ""
        speed = tiny.speed((2.0,) * 9, (4.0,) * 9, against=against)
        default_store().write(tiny.result(stages[name], speeds=(speed,)))
    at = page("quantize", runtime="toy", lang=language)
    assert TITLE in at.segmented_control(key="runtime").options and list(cells(at.table[0]).iloc[:, 0]) == ["fp32"]
    at = page("tradeoffs", steps_in="toy", lang=language)
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert TITLE in [trace.get("name") for trace in charts[0]["data"]]
    assert TITLE in at.segmented_control(key="steps_in").options
    assert [len(chart["data"][0]["y"]) for chart in charts[-3:]] == [3, 3, 3]


def test_what_is_recorded_of_every_runtime_is_recorded_of_it():
    found = [spec.steps for spec in recorded_modes(tiny.spec()) if spec.runtime == "toy"]
    assert () in found and len(found) == 3  # fp32, half the work, and fewer words
    assert Step("quantize", quantize.Config()) not in [step for steps in found for step in steps]
