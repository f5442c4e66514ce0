"""The page that runs models in a browser: its facts, its files, and an export of it whose model was run before."""

import json
import re

import pytest

from core.engine import browser
from core.engine.export import export
from core.engine.recipes import SLIDER
from core.engine.run import make_spec
from core.engine.store import Store
from core.errors import ModelError
from core.runtimes import web
from core.tasks.classification import SENTIMENT
from core.tasks.task import Origin
from core.techniques import parse_step
from tests.support import tiny

PAGE = browser.FOLDER
needs_web = pytest.mark.skipif(not web.RUNTIME.installed, reason="make web")


def test_words_are_the_same_in_both_languages_and_every_one_is_said():
    words = json.loads((PAGE / browser.WORDS).read_text(encoding="utf8"))
    assert set(words["en"]) == set(words["es"])
    for key, text in words["en"].items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", words["es"][key])), key
    code = "".join(path.read_text(encoding="utf8") for path in PAGE.glob("*.mjs"))
    methods = {f"method_{name.replace('-', '_')}" for name in SLIDER}
    said = set(re.findall(r"""["'`](\w+)["'`]""", code)) | {"name", "text_1", "text_2"} | methods
    said |= {f"label_{name}" for name in SENTIMENT.values()}
    assert set(words["en"]) <= said, set(words["en"]) - said


def test_the_page_asks_no_other_host():
    for path in PAGE.iterdir():
        assert not re.findall(r"https?://", path.read_text(encoding="utf8")), path.name


@needs_web
def test_an_export_is_a_page_with_the_dense_model_beside(tmp_path):
    model = tiny.folder(tmp_path / "tiny")
    origin = Origin("reviews")
    spec = make_spec(model, origin, steps=(parse_step("quantize:mode=int8-dynamic"),), runtime="web")
    found = export(spec, origin, "web", tmp_path / "page", Store(tmp_path / "store"))
    assert found.check.good and found.folder == tmp_path / "page"
    facts = json.loads((found.folder / browser.FACTS).read_text(encoding="utf8"))
    assert [one["place"] for one in facts["models"]] == ["dense/", "./"] and facts["post"] == ""
    assert facts["models"][1]["name"] == {"en": "int8", "es": "int8"}
    for one in facts["models"]:
        for name in ("model.onnx", "tokenizer.json", "tokenizer_config.json", "labels.json"):
            assert (found.folder / one["place"] / name).is_file()
    for name in browser.files():
        assert (found.folder / name).is_file(), name
    assert spec.key in (found.folder / "offline.js").read_text(encoding="utf8")
    versions = json.loads((found.folder / "manifest.json").read_text(encoding="utf8"))["versions"]
    assert versions["onnxruntime-web"] and versions["@huggingface/tokenizers"]


@needs_web
def test_what_has_no_labels_is_refused_before_it_is_computed(tmp_path):
    spec = make_spec("demo-entities", Origin("entities"), runtime="web")
    with pytest.raises(ModelError, match="answers with labels or a number, and 'entities' has neither"):
        export(spec, Origin("entities"), "web", tmp_path / "page", Store(tmp_path / "store"))
