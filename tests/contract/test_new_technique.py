"""A technique is one file and one line: the rest of the product knows a toy without another line changed."""

import json

import pytest

from core import paths
from core.__main__ import main
from core.engine import recipes
from core.engine.run import make_spec
from core.engine.store import default_store
from core.models import encoder
from core.models.find import resolve
from core.models.load import load
from core.pictures.picture import Mosaic, picture_key
from core.spec import Step
from core.techniques import TECHNIQUES
from pages.components.widgets import links
from pages.components.widgets.text import LANGUAGES, catalogue
from tests.support import tiny, toy_technique
from tests.support.app import REVIEWS, button, lab, line, link_of, page, sound, texts

STEP = "toy:amount=0.3"


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The one line."""
    monkeypatch.setitem(TECHNIQUES, "toy", toy_technique.TECHNIQUE)


@pytest.fixture
def recipe(tmp_path):
    """What the command line is told of a tiny model, its examples and the toy."""
    model, own = tiny.folder(tmp_path / "model"), tiny.csv_file(tmp_path / "own.csv")
    return ("--model", model, "--task", own, "--step", STEP, "--json")


def zeros(model):
    """The share of zeros in each matrix of the encoder."""
    weights = [encoder.weight(model, matrix.name) for matrix in encoder.matrices(model)]
    return [float((weight == 0).float().mean()) for weight in weights]


def test_the_command_line_lists_it(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["run", "--help"])
    listed = capsys.readouterr().out.partition("techniques and their fields:")[2]
    field = "amount=0.2   share of each matrix that the toy sets to zero (a number from 0 to 1)"
    assert f"  toy\n    {field}\n" in listed


def test_the_command_line_runs_it(recipe, capsys, tmp_path):
    assert main(["run", *recipe, "--no-speed", "--save", str(tmp_path / "saved")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["spec"]["steps"] == [{"technique": "toy", "config": {"amount": 0.3}}]
    assert found["size"]["nonzero"] < 0.9 * found["size"]["params"]
    assert zeros(load(resolve(str(tmp_path / "saved"))).model) == pytest.approx([0.3] * 12, abs=0.001)


@pytest.mark.parametrize("form", ["hf", "onnx"])
def test_it_is_exported(form, recipe, capsys, tmp_path):
    assert main(["export", *recipe, "--format", form, "--out", str(tmp_path / "mine")]) == 0
    assert json.loads(capsys.readouterr().out)["check"]["good"]
    assert STEP in (tmp_path / "mine" / "README.md").read_text()


@pytest.fixture(params=LANGUAGES)
def language(request, monkeypatch, fresh_server):
    """Each language of the pages, also for the format functions that AppTest calls outside of a session."""
    value = links.value  # not text.current: a module that is first imported here would keep it for the tests after this
    monkeypatch.setattr(links, "value", lambda key: request.param if key == "lang" else value(key))
    return request.param


def test_the_lab_has_a_form_for_it(language):
    words = catalogue(language)
    at = page("lab", lang=language)
    at.selectbox(key="technique").set_value("toy")
    sound(button(at, words["recipe.add"]).click().run())
    title = toy_technique.__doc__.splitlines()[0]
    assert at.selectbox(key="technique").options[-1] == f"toy: {title}"
    assert f"**1 · toy** · {title}" in texts(at.markdown) and link_of(at) == ["toy:amount=0.2"]
    share = at.number_input(key="step-0-amount")
    assert (share.label, share.min, share.max, share.step) == ("amount", 0.0, 1.0, 0.01)
    assert share.help == "`amount`: share of each matrix that the toy sets to zero (0 – 1)"
    share.set_value(0.3).run()
    assert link_of(sound(at)) == line(at).step == [STEP] and texts(at.error) == []
    assert link_of(lab(STEP, lang=language)) == [STEP]
    sound(button(at, words["lab.measure"]).click().run())
    spec = make_spec("demo", REVIEWS, (Step("toy", toy_technique.Config(0.3)),))
    assert default_store().read(spec.key) is not None


def test_the_pages_with_a_slider_offer_and_draw_it(language):
    assert recipes.sliding()[-1] == "toy" and recipes.maximum("toy") == 100 and not recipes.removes("toy")
    at = page("slide", lang=language, method="toy", amount="30")
    assert at.segmented_control(key="method").options[-1] == "toy" and at.session_state["method"] == "toy"
    at = sound(at.run())
    drawn = json.loads(at.get("bidi_component")[0].proto.json)
    assert drawn["kind"] == "ranks" and len(drawn["matrices"]) == 12 and drawn["maximum"] == 100
    key = picture_key(make_spec("demo", REVIEWS), recipes.step("toy", 0.7), Mosaic())
    assert (paths.CACHE / "pictures" / f"{key}.bin").is_file()
    for name in ("heads", "matrices"):
        sound(page(name, lang=language, method="toy", amount="30").run())


def test_its_results_stand_on_trade_offs_under_their_own_name(language):
    dense = make_spec("demo", REVIEWS)
    for spec in (dense, *(recipes.curve_spec(dense, method, 0.3) for method in ("toy", "l1-layer"))):
        default_store().write(tiny.result(spec))
    at = page("tradeoffs", lang=language)
    traces = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    words = catalogue(language)
    told = [text for trace in traces for text in trace.get("text", ()) if "customdata" in trace]
    runtime = words["runtime.torch"]
    names = [words["group.dense"], words["group.l1-layer"], "toy"]
    assert {text.split("<br>")[1] for text in told} == {f"{name} · {runtime}" for name in names}
