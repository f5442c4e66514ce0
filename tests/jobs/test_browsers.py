"""What is recorded of browsers: the same answers in WebAssembly as of the file, by its own tokenizer."""

import dataclasses

import pytest

from core.control import Control
from core.engine.export import export
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ModelError
from core.jobs import browsers
from core.jobs.exports import Download
from core.runtimes import RUNTIMES, web
from core.techniques import parse_step
from tests.support import tiny

needs_web = pytest.mark.skipif(not web.RUNTIME.installed, reason="make web")


def test_recipes_are_dense_integers_and_half_of_the_work():
    found = browsers.specs(tiny.spec())
    assert {spec.runtime for spec in found} == {"web"}
    steps = [[step.technique for step in spec.steps] for spec in found]
    half = ["structured", "quantize"]
    assert steps == [[], ["quantize"], half, [half[0], "vocabulary", half[1]]]
    assert found[1].steps[0].config.mode == RUNTIMES["onnx"].integers


@pytest.fixture
def download(tmp_path):
    """An exported file with a vocabulary of its own, the Spec's result, and the store."""
    dense, origin = tiny.experiment(tmp_path, count=60)
    store = Store(tmp_path / "cache" / "results")
    steps = tuple(map(parse_step, ("vocabulary:min_count=1", "quantize:mode=int8-dynamic")))
    spec = make_spec(dense.model, origin, steps=steps, runtime="onnx")
    found = export(spec, origin, "onnx", tmp_path / "out", store)
    return Download(spec, "onnx", found, None, None, ""), origin, store


@needs_web
def test_a_file_answers_as_natively_and_keeps_its_sizes(download):
    one, origin, store = download
    native, found = run(one.spec, origin, store), browsers.of_file(one, origin, store, Control())
    assert found.spec == dataclasses.replace(one.spec, runtime="web") and found.size == native.size
    assert found.quality.answers == native.quality.answers and found.speeds == ()
    assert store.read(found.key) == found


@needs_web
def test_without_a_result_of_the_recipe_it_says_so(download, tmp_path):
    with pytest.raises(ModelError, match="run its recipe first"):
        browsers.of_file(download[0], download[1], Store(tmp_path / "empty"), Control())
