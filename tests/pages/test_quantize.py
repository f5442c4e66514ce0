"""The Quantize page from the entry point: stored modes, measuring those that miss, and the rounding of a matrix."""

import dataclasses
import json

import pytest

from core.control import Event
from core.engine.recipes import one_layer, quantized, trained, waterfall
from core.engine.run import make_spec
from core.engine.store import default_store
from core.environment import cpu, cpu_flags
from core.errors import Words
from core.jobs.status import Status
from core.runtimes import RUNTIMES
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, cells, page, sound, texts, timed_buttons, uninstall, ways

pytestmark = pytest.mark.usefixtures("fresh_server")


def store(runtime, *modes):
    dense = make_spec("demo", REVIEWS)
    scores = (1.0,) * 90 + (0.0,) * 10
    for spec in (dense, *(quantized(dense, runtime, mode) for mode in modes)):
        speeds = [tiny.speed((2.0,) * 9, (4.0,) * 9)]
        if spec.runtime != "torch":
            speeds.append(tiny.speed((2.0,) * 9, (8.0,) * 9, against="torch"))
        default_store().write(tiny.result(spec, quality=tiny.quality(scores), speeds=tuple(speeds)))


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_stored_and_the_card_of_the_cpu(language):
    words = catalogue(language)
    at = page("quantize", lang=language, runtime="onnx")
    assert words["quantize.empty"].format(runtime="ONNX Runtime") in texts(at.markdown)
    captions = texts(at.caption)
    assert words[f"cpu.{cpu(cpu_flags()).expectation}"] in captions
    count = len(RUNTIMES["onnx"].modes)
    (measure,) = timed_buttons(at, words["quantize.measure"], count=count)
    assert ways(at, "modes") == [measure.label, words["empty.on_sst2"]]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_stored_modes_stand_side_by_side(runtime):
    store(runtime, *RUNTIMES[runtime].modes[:2])
    at = page("quantize", runtime=runtime)
    table = cells(at.table[0])
    assert list(table["bits"]) == list(RUNTIMES[runtime].modes[:2])
    column = catalogue("en")["quantize.same"]
    assert all(text.startswith("2.00x") for text in table[column])
    total = catalogue("en")["quantize.torch"]
    assert (total in table) == (runtime != "torch")  # a column that says nothing is left out
    assert all(text.startswith("4.00x") for text in table.get(total, ()))
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")[:3]]
    assert [chart["data"][0]["y"] for chart in charts] == [list(RUNTIMES[runtime].modes[:2])] * 3


def test_integers_after_training_stand_beside_those_without():
    store("onnx", "int8-dynamic")
    quality, dense = tiny.quality((1.0,) * 95 + (0.0,) * 5), make_spec("demo", REVIEWS)
    for spec in trained(dense, "onnx").values():
        default_store().write(tiny.result(spec, quality=quality))
    table = cells(page("quantize", runtime="onnx").table[0])
    assert list(table["bits"]) == ["int8-dynamic", "qat + int8-dynamic", "finetune + int8-dynamic"]
    assert ["+5.0 " in text or "(+5.0," in text for text in table["points"]] == [False, True, True]


def test_what_misses_is_measured_and_then_shown():
    at = page("quantize")
    timed_buttons(at, catalogue("en")["quantize.measure"], count=4)[0].click().run()
    at = page("quantize")
    assert list(cells(at.table[0])["bits"]) == list(RUNTIMES["torch"].modes)
    assert timed_buttons(at, catalogue("en")["quantize.measure"], count=4) == [] == ways(at, "modes")


def test_what_failed_says_why_and_the_rest_stays(monkeypatch):
    store("onnx", "fp32")
    page("quantize", runtime="onnx")  # the drawing of the matrices
    why = "'model.onnx' is not a whole ONNX file (InvalidProtobuf); build it again"
    at = page("quantize", runtime="onnx")
    label = catalogue("en")["quantize.measure"]
    monkeypatch.setattr(FakeJobs, "answer", Status("k", "", "failed", Event("waiting"), 0, Words(why), 1.0))
    timed_buttons(at, label, count=5)[0].click().run()
    sound(at)
    assert texts(at.error) == [why] and list(cells(at.table[0])["bits"]) == ["fp32"]
    assert len(timed_buttons(at, label, count=5)) == 1


def test_a_runtime_that_is_not_installed_says_how(monkeypatch):
    uninstall(monkeypatch, "openvino")
    at = page("quantize", runtime="openvino")
    assert any("`pip install -r requirements-openvino.txt`" in text for text in texts(at.markdown))
    assert ways(at, "modes") == [catalogue("en")["empty.on_sst2"]]
    assert not [button for button in at.button if button.label.startswith("Measure") and "layers" not in button.label]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_matrix_as_a_histogram_with_its_grid(language):
    words = catalogue(language)
    page("quantize", lang=language)  # asks for the drawing
    at = page("quantize", lang=language, grid="4-matrix")
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    histogram, noise = charts[-2:]
    assert 8 <= len(histogram["layout"]["shapes"]) <= 15
    assert [trace["name"] for trace in noise["data"]] == ["Q", "K", "V", "O", "up", "down"]
    note = next(text for text in texts(at.caption) if text.endswith(words["bits.note"][-20:]))
    assert f"{len(histogram['layout']['shapes'])} " in note


def test_another_matrix_is_another_histogram():
    page("quantize")
    at = page("quantize")
    before = at.get("plotly_chart")[-2].proto.spec
    box = at.selectbox(key="bits_matrix")
    assert box.options[7] == "layer 2 K" and len(box.options) == 14
    box.select_index(7).run()
    assert sound(at).get("plotly_chart")[-2].proto.spec != before


def test_the_waterfall_shows_the_steps_that_are_stored():
    words, dense = catalogue("en"), make_spec("demo", REVIEWS)
    at = stored_steps(dense, 1)
    assert words["waterfall.empty"].format(runtime="ONNX Runtime") in texts(at.markdown)
    assert ways(at, "waterfall")[1:] == [words["empty.on_sst2"]] and len(ways(at, "waterfall")) == 2
    at = stored_steps(dense, 4)
    table = at.dataframe[-1].value
    assert list(table["step"]) == [words[f"waterfall.{name}"] for name in ("torch", "runtime", "pruned", "int8")]
    assert list(table[words["quantize.torch"]]) == ["", *["4.00x [4.00, 4.00] faster"] * 3]
    assert any(words["waterfall.vocabulary"] in text for text in texts(at.markdown))
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")[-3:]]
    assert [len(chart["data"][0]["y"]) for chart in charts] == [4, 4, 4]


def stored_steps(dense, count):
    scores = (1.0,) * 90 + (0.0,) * 10
    for spec in list(waterfall(dense, "onnx").values())[:count]:
        against = "torch" if spec.runtime != "torch" else ""
        speeds = (tiny.speed((2.0,) * 9, (8.0,) * 9, against=against),)
        default_store().write(tiny.result(spec, quality=tiny.quality(scores), speeds=speeds))
    return page("tradeoffs")


def test_each_layer_alone_is_measured_and_the_worst_is_named():
    words = catalogue("en")
    page("quantize")  # asks for the drawing, from which the page knows the layers
    at = page("quantize")
    assert words["layer.empty"] in texts(at.markdown)
    timed_buttons(at, words["layer.measure"], count=2)[0].click().run()
    at = page("quantize")
    table = at.dataframe[-1].value
    assert list(table["layer"]) == [1, 2]
    charts = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")[-2:]]
    assert [len(chart["data"][0]["y"]) for chart in charts] == [2, 2]
    added = table[words["layer.loss"]]
    worst = 1 + int(added.argmax())
    costs = f"Layer {worst} costs most: {added.max():+.1f} " if added.max() > 0 else words["layer.free"]
    assert any(costs in text for text in texts(at.caption))


def test_where_no_layer_costs_anything_none_is_said_to():
    dense = make_spec("demo", REVIEWS)
    default_store().write(tiny.result(dense, quality=dataclasses.replace(tiny.quality(), loss=0.5)))
    page("quantize")  # asks for the drawing, from which the page knows the layers
    for layer in (1, 2):
        better = dataclasses.replace(tiny.quality(), loss=0.4)
        default_store().write(tiny.result(one_layer(dense, layer), quality=better))
    assert any(catalogue("en")["layer.free"] in one for one in texts(page("quantize").caption))


def test_a_runtime_with_nothing_to_compare_leads_to_the_one_that_has():
    store("onnx", "fp32", "int8-dynamic")
    words = catalogue("en")
    at = page("quantize")
    sentence = words["quantize.elsewhere"].format(runtime="ONNX Runtime", count=2)
    assert sentence in texts(at.markdown)
    at = sound(at.button(key="empty-runtime-0").click().run())
    assert at.session_state["runtime"] == "onnx" and sentence not in texts(at.markdown)
    assert "empty-runtime-0" not in [one.key for one in page("quantize", runtime="onnx").button]
