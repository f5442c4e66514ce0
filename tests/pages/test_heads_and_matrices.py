"""Heads, Matrices, Compare, and the Speed truth card, from the entry point and without a browser."""

import dataclasses
import json

import pytest

from core.control import Event
from core.engine import recipes
from core.engine.recipes import ablation, curve_spec, masked
from core.engine.run import make_spec
from core.engine.store import default_store
from core.errors import Words
from core.jobs.status import Status
from core.pictures import heads
from core.pictures.mosaic import unpack
from pages.components.widgets.text import catalogue, sentence
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, cells, numbers, page, sound, stored, texts, timed_buttons

SAME = catalogue("en")["tile.same_points"].format(points="+0.0")
pytestmark = pytest.mark.usefixtures("fresh_server")


def dense():
    return make_spec("demo", REVIEWS)


def drawn(name, **link):
    """A page whose pictures are there: the first visit asks for them."""
    page(name, **link)
    page(name, **link)
    return page(name, **link)


@pytest.mark.parametrize("language", ["en", "es"])
def test_heads_shows_map_head_and_layers(language):
    words = catalogue(language)
    at = drawn("heads", lang=language, method="structured", amount="50")
    option = json.loads(at.get("echarts_chart")[0].proto.spec)
    cells = option["series"][0]["data"]
    assert [cell["value"][:2] for cell in cells[:5]] == [[0, 0], [1, 0], [2, 0], [3, 0], [0, 1]] and len(cells) == 8
    crosses = sum(cell["label"]["show"] for cell in cells)
    bars = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    kept, removed = (trace["y"] for trace in bars)
    assert [k + r for k, r in zip(kept, removed, strict=True)] == [4, 4] and sum(removed) == crosses > 0
    assert [m.label for m in at.metric] == [words[f"heads.{name}"] for name in ("rank", "kept", "without")]
    assert at.metric[0].value == "1 / 8" and len(at.get("image")) == 4
    assert at.button[-1] in timed_buttons(at, words["heads.measure_all"], count=8)


def test_a_head_is_measured_and_then_shown():
    at = drawn("heads")
    place = [index for index, button in enumerate(at.button) if button.label == catalogue("en")["heads.measure"]]
    at.button[place[0]].click().run()
    sound(at)
    assert at.metric[2].value.endswith(" %") and at.metric[2].delta == SAME
    assert at.button[-1] in timed_buttons(at, catalogue("en")["heads.measure_all"], count=7)
    at.button[-1].click().run()
    assert all(default_store().read(ablation(dense(), layer, head).key) for layer in range(2) for head in range(4))
    at.segmented_control(key="colour").set_value("accuracy").run()
    cells = json.loads(sound(at).get("echarts_chart")[0].proto.spec)["series"][0]["data"]
    assert all(isinstance(cell["value"][2], float) for cell in cells)


def test_unstructured_methods_remove_no_head():
    at = drawn("heads", method="l1-layer", amount="60")
    cells = json.loads(at.get("echarts_chart")[0].proto.spec)["series"][0]["data"]
    assert not any(cell["label"]["show"] for cell in cells)
    assert catalogue("en")["heads.only_structured"] in texts(at.markdown)
    assert 30 < float(at.metric[1].value.removesuffix(" %")) < 50


@pytest.mark.parametrize("method", ["l1-layer", "wanda", "structured"])
def test_matrices_shows_one_and_a_bar_for_each(method):
    at = drawn("matrices", method=method, matrix="bert.encoder.layer.1.attention.output.dense", amount="40")
    view, bars = (unpack(part.proto.bytes)[0] for part in at.main.get("bidi_component"))
    assert view["name"] == "bert.encoder.layer.1.attention.output.dense" == bars["selected"]
    assert (view["heads"], view["headAxis"], view["amount"]) == (4, "columns", 40)
    assert view["kind"] == ("lines" if method == "structured" else "ranks")
    assert view["maximum"] == recipes.maximum(method) and len(bars["matrices"]) == 12
    assert at.selectbox(key="matrix").value == view["name"]


def test_a_matrix_that_is_not_there_opens_the_first():
    at = drawn("matrices", matrix="nothing", lang="es")
    assert at.selectbox(key="matrix").value == "bert.encoder.layer.0.attention.self.query"
    assert unpack(at.get("bidi_component")[0].proto.bytes)[0]["label"] == "capa 1 Q"


def truth_results(peak: int | None = 500_000_000):
    """Dense, zeroed and removed at half of the work in the store."""
    spec = curve_spec(dense(), "structured", 0.5)
    store = default_store()
    store.write(tiny.result(dense()))
    slow = tiny.speed((2.0,) * 9, (2.0,) * 9, peak_bytes=peak, dense_peak_bytes=peak)
    fast = tiny.speed((1.0,) * 9, (2.0,) * 9, peak_bytes=peak, dense_peak_bytes=peak)
    store.write(tiny.result(masked(spec), speeds=(slow,), facts={"heads": [2, 2]}))
    store.write(tiny.result(spec, speeds=(fast,), facts={"heads": [2, 2]}))
    return spec


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ["slide", "compare"])
def test_speed_truth_has_both_verdicts(name, language):
    words, spec = catalogue(language), truth_results()
    link = {"method": "structured", "amount": "50"} if name == "slide" else {"a": dense().key, "b": spec.key}
    at = page(name, lang=language, **link)
    assert f"**{words['truth.title']}**" in texts(at.markdown)
    table = next(cells(one) for one in at.table if words["truth.model"] in one.value)
    assert list(table[words["truth.model"]]) == [words[f"truth.{n}"] for n in ("dense", "zeroed", "removed")]
    assert (
        list(table["ms"]) == [numbers(one, language) for one in ("2.0", "2.0", "1.0")]
        and list(table[words["truth.peak"]]) == ["500"] * 3
    )
    against = list(table[words["table.speedup"]])
    assert against[0] == "" and against[1].endswith(words["verdict.no_difference_shown"])
    assert against[2] == f"{numbers('2.00x [2.00, 2.00]', language)} {words['verdict.faster']}"


def test_speed_truth_is_measured_on_demand(monkeypatch):
    words, spec = catalogue("en"), truth_results(peak=None)
    at = page("slide", method="structured", amount="50")
    asked = []
    monkeypatch.setattr(
        FakeJobs, "run", lambda self, one, origin, timing, title="", watcher="": asked.append((one, timing))
    )
    assert catalogue("en")["truth.lead"] in texts(at.markdown)
    at.button(key="empty-truth-0").click().run()
    assert [one for one, _ in asked[-2:]] == [masked(spec), spec] and all(timing.memory for _, timing in asked[-2:])
    running = Status(spec.key, "", "running", Event("speed", 3, 31), 0, None, 1.0)
    monkeypatch.setattr(FakeJobs, "answer", running)
    sound(at.run())
    assert words["stage.speed"] in [p.proto.text for p in at.get("progress")]
    at.button(key="cancel-truth").click().run()
    assert FakeJobs.cancelled[-1] == spec.key  # the answer's key


def test_the_slider_of_structured_ends_where_it_can(monkeypatch):
    running = Status("x", "", "running", Event("load"), 0, None, 1.0)
    monkeypatch.setattr(FakeJobs, "answer", running)
    at = drawn("slide", method="structured", amount="99")
    header = json.loads(at.get("bidi_component")[0].proto.json)
    assert header["maximum"] == 95 and header["text"]["slider"] == catalogue("en")["canvas.slider_removed"]
    assert at.session_state["amount"] == 99  # another method may go there


def test_compare_names_what_differs():
    words = catalogue("en")
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    spec = curve_spec(dense(), "l1-layer", 0.3)
    at = page("compare", a=dense().key, b=spec.key)
    assert any(":red[↓ -10.0 (p = 0.002)]" in text for text in texts(at.markdown))
    figures, recipe, flipped = map(cells, at.table)
    assert list(figures["A"])[0].startswith("90.0 %") and list(figures["B"])[0].startswith("80.0 %")
    assert set(recipe[words["compare.differs"]]) == {"≠"}
    assert f"1 · magnitude · {words['field.magnitude_amount']}" in set(recipe[words["compare.field"]])
    assert len(flipped) == 10 and words["truth.title"] not in "".join(texts(at.markdown))
    same = page("compare", a=spec.key, b=spec.key)
    assert words["compare.same_answers"] in texts(same.caption)


def test_compare_opens_with_dense_and_half():
    spec = truth_results()
    at = page("compare", a="unknown")
    assert [box.value for box in at.selectbox if box.key in ("a", "b")] == [dense().key, spec.key]


def test_a_point_is_pinned_for_comparing():
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    at = page("tradeoffs")
    at.number_input(key="at_most_mb").set_value(35).run()
    at.button(key="pin-b").click().run()
    assert at.session_state["b"] == curve_spec(dense(), "l1-layer", 0.3).key


def test_single_heads_do_not_crowd_the_tradeoffs():
    stored({0: (0.9, 36), 0.3: (0.88, 30)})
    default_store().write(tiny.result(ablation(dense(), 0, 1)))
    assert len(page("tradeoffs").dataframe[0].value) == 2


def test_what_the_worker_cannot_draw_is_said(monkeypatch):
    failed = Status("x", "", "failed", Event("importance"), 0, Words("the task has no training examples"), 1.0)
    monkeypatch.setattr(FakeJobs, "answer", failed)
    monkeypatch.setattr(FakeJobs, "draw", lambda self, *arguments: "x")
    for name in ("heads", "matrices", "slide"):
        assert sentence(failed.error) in texts(page(name, method="structured").error)


def test_importance_is_what_core_says():
    at = drawn("heads", method="structured", amount="50")
    shown = [cell["value"][2] for cell in json.loads(at.get("echarts_chart")[0].proto.spec)["series"][0]["data"]]
    kept = default_store().recall(dense().key, "heads")
    shares = kept["fisher"].reshape(-1) / kept["fisher"].max()
    assert shown == pytest.approx((100 * shares).log10().tolist())
    assert dataclasses.is_dataclass(heads.Map)


@pytest.mark.parametrize(("lost", "colour"), [(1, "off"), (60, "normal")])
def test_a_difference_inside_its_interval_is_grey(lost, colour):
    default_store().write(tiny.result(dense(), quality=tiny.quality((1.0,) * 100)))
    worse = tiny.quality((0.0,) * lost + (1.0,) * (100 - lost))
    for place in ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3)):
        default_store().write(tiny.result(ablation(dense(), *place), quality=worse))
    (tile,) = [m for m in drawn("heads").metric if m.label == catalogue("en")["heads.without"]]
    assert tile.proto.color == tile.proto.MetricColor.Value("GRAY" if colour == "off" else "RED")
