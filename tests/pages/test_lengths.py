"""The cost of length on the Compare page: what is stored, measuring what misses, and what no measurement needs."""

import dataclasses
import json

import pytest

from core.choice import speed_of
from core.control import Event
from core.engine import lengths
from core.engine.recipes import curve_spec, waterfall
from core.engine.run import make_spec
from core.engine.store import default_store
from core.environment import here
from core.errors import Words
from core.jobs.status import Status, lengths_key
from core.models.find import resolve
from core.models.load import load
from core.models.macs import crossings, work
from core.models.size import weigh
from core.result import Shape, Speed
from core.tasks.task import Origin
from pages.components.frame import sidebar
from pages.components.results import lengths as section
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, numbers, page, sound, texts, uninstall, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
ELSEWHERE = dataclasses.replace(here(), machine="elsewhere")
EN = catalogue("en")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A grid of two batches and three lengths, timed with few pairs."""
    for module in (lengths, section):
        monkeypatch.setattr(module, "BATCHES", (1, 4))
        monkeypatch.setattr(module, "TOKENS", (16, 64, 128))
        monkeypatch.setattr(module, "PAIRS", 6)
    monkeypatch.setattr(Speed, "busy", property(lambda self: False))  # whatever else the machine does meanwhile


def timed(batch, tokens, **changes):
    """B twice as fast as dense; both in proportion to the tokens."""
    ms = batch * tokens / 16
    return tiny.speed((ms,) * 9, (2 * ms,) * 9, batch=batch, seq=tokens, **changes)


def stored(*speeds, spec=None, **changes):
    """Dense and a smaller model in the store, the latter with these times; what B is."""
    dense = make_spec("demo", REVIEWS)
    spec = spec or curve_spec(dense, "structured", 0.5)
    size = weigh(load(resolve("demo")).model)
    default_store().write(tiny.result(dense, size=size))
    default_store().write(tiny.result(spec, **{"speeds": speeds, "size": size, **changes}))
    return spec


def compared(spec, **link):
    return page("compare", a=make_spec("demo", REVIEWS).key, b=spec.key, **link)


def charts(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def buttons(at):
    return [button.label for button in at.button]


def table(at, words=EN):
    return next(d.value for d in at.dataframe if words["lengths.dense_ms"] in d.value)


@pytest.mark.parametrize("language", ["en", "es"])
def test_stored_times_stand_in_chart_and_table(language):
    words = catalogue(language)
    spec = stored(*(timed(1, tokens) for tokens in (16, 64, 128)))
    at = compared(spec, lang=language)
    rows = table(at, words)
    assert list(rows[words["lengths.tokens"]]) == [16, 64, 128]
    assert list(rows[words["lengths.dense_ms"]]) == [2.0, 8.0, 16.0] and list(rows[words["lengths.b_ms"]]) == [1, 4, 8]
    factor = numbers(f"2.00x [2.00, 2.00] {words['verdict.faster']}", language)
    assert set(rows[words["table.speedup"]]) == {factor} and list(rows[words["lengths.b_rate"]]) == [1000, 250, 125]
    assert words["quantize.torch"] not in rows  # it would be the same
    formulas, (dense, b) = charts(at)[0]["data"][:-2], charts(at)[0]["data"][-2:]
    assert dense["y"] == [2, 8, 16] and b["y"] == [1, 4, 8] and b["name"] == "B"
    assert all(one["line"]["dash"] == "dash" for one in formulas) and len(formulas) == 2
    assert [one["y"][2] for one in formulas] == [16, 8]  # they meet the points at 128 tokens
    written = numbers(factor, language)
    summary = words["lengths.summary"].format(batch=1, short=written, first=16, long=written, last=128)
    assert summary in texts(at.markdown)
    protocol = words["lengths.protocol"].format(pairs=lengths.PAIRS, seconds=10, where=words["badge.alike"])
    assert protocol in texts(at.caption) and words["lengths.dashed"].format(tokens=128) in texts(at.caption)


def test_shares_of_the_smaller_model_and_where_attention_overtakes():
    half = Shape(32, (16, 16), (64, 8))
    spec = stored(size=dataclasses.replace(weigh(load(resolve("demo")).model), shape=half))
    at = compared(spec)
    projections, products, ffn = charts(at)[-1]["data"]
    expected = [work(half, tokens).shares for tokens in section.FAR]
    assert list(zip(projections["y"], products["y"], ffn["y"], strict=True)) == [pytest.approx(one) for one in expected]
    assert charts(at)[-1]["layout"]["shapes"][1]["x0"] == 3.5  # the tiny model takes 140 tokens: 16 to 128
    assert any(text.startswith(EN["lengths.of_b"]) for text in texts(at.caption))
    words = next(text for text in texts(at.markdown) if "BERT-large" in text)
    for count in ("**1,536**", "**2,048**"):
        assert count in words
    assert f"**{crossings(half).attention_ffn:,.0f}** tokens." in words and "In B" in words


def test_shares_of_dense_where_those_of_b_are_not_stored():
    spec = stored(size=dataclasses.replace(weigh(load(resolve("demo")).model), shape=None))
    at = compared(spec)
    assert any(text.startswith(EN["lengths.of_dense"]) for text in texts(at.caption))
    assert "In B" not in next(text for text in texts(at.markdown) if "BERT-large" in text)


def test_nothing_stored_is_measured_on_demand():
    spec = stored()
    at = compared(spec)
    assert EN["lengths.none"].format(batch=1) in texts(at.markdown)
    label = EN["lengths.measure"].format(count=6, minutes=1)
    assert ways(at, "lengths") == [label, EN["empty.on_sst2"]]
    at.button(key="empty-lengths-0").click().run()
    at = sound(compared(spec))
    assert list(table(at)[EN["lengths.tokens"]]) == [16, 64, 128] and label not in buttons(at)
    at.segmented_control(key="batch").set_value("4").run()
    assert len(table(sound(at))) == 3 and at.query_params["batch"] == "4"


def test_what_was_cancelled_shows_and_the_rest_is_offered():
    spec = stored(*(timed(1, tokens) for tokens in (16, 64)))
    at = compared(spec, batch="1")
    assert list(table(at)[EN["lengths.tokens"]]) == [16, 64]
    assert [trace["line"]["dash"] for trace in charts(at)[0]["data"] if "dash" in trace["line"]] == []  # nothing at 128
    assert EN["lengths.dashed"].format(tokens=128) not in texts(at.caption)
    assert any(label.startswith("Measure 4 ") for label in buttons(at))
    assert EN["lengths.none"].format(batch=4) in texts(compared(spec, batch="4").markdown)


def test_a_running_job_has_a_bar_and_cancel(monkeypatch):
    spec = stored()
    running = Status(lengths_key(spec), "", "running", Event("lengths", 3, 6, 20.0), 0, None, 1.0)
    monkeypatch.setattr(FakeJobs, "answer", running)
    at = compared(spec)
    words = f"{EN['stage.lengths']} · {EN['stage.eta'].format(seconds=20)}"
    assert words in [bar.proto.text for bar in at.get("progress")]
    at.button(key="cancel-lengths").click().run()
    assert FakeJobs.cancelled == [lengths_key(spec)]


def test_a_failed_job_says_why_and_can_be_asked_again(monkeypatch):
    failed = Status("x", "", "failed", Event("load"), 0, Words("the model has changed on disk"), 1.0)
    monkeypatch.setattr(FakeJobs, "answer", failed)
    at = compared(stored())
    assert str(failed.error) in texts(at.error) and any(label.startswith("Measure 6 ") for label in buttons(at))


def test_times_recorded_elsewhere_have_their_badge_and_can_be_taken_here():
    spec = stored(*(timed(1, tokens, environment=ELSEWHERE) for tokens in (16, 128)))
    at = compared(spec)
    assert list(table(at)[EN["lengths.tokens"]]) == [16, 128]
    assert any(text.endswith(EN["badge.elsewhere"]) for text in texts(at.caption) if "by turns" in text)
    assert any(label.startswith("Measure 6 ") for label in buttons(at))


def test_without_the_examples_there_is_a_sentence_instead_of_the_button(monkeypatch):
    spec = stored()
    chosen = sidebar.Chosen(make_spec("demo", REVIEWS), Origin("reviews"), False)
    monkeypatch.setattr(sidebar, "chosen", lambda: chosen)
    at = compared(spec)
    assert ways(at, "lengths") == [EN["empty.on_sst2"]] and not [one for one in buttons(at) if "lengths" in one]


def test_a_runtime_that_is_not_installed_says_how(monkeypatch):
    spec = stored(spec=waterfall(make_spec("demo", REVIEWS), "openvino")["int8"])
    uninstall(monkeypatch, "openvino")
    assert any("requirements-openvino.txt" in text for text in texts(compared(spec).markdown))


def test_dense_beside_itself_is_no_comparison():
    stored()
    at = compared(make_spec("demo", REVIEWS))
    assert EN["lengths.dense"] in texts(at.markdown) and ways(at, "lengths") == [EN["lengths.of_half"]]
    assert not [one for one in buttons(at) if one.startswith("Measure ")]
    assert len(charts(at)) == 1  # the shares


def test_another_runtime_also_stands_beside_pytorch():
    both = [timed(1, n, against=against) for n in (16, 64) for against in ("", "torch")]
    spec = stored(*both, spec=waterfall(make_spec("demo", REVIEWS), "onnx")["int8"])
    rows = table(compared(spec))
    assert list(rows[EN["quantize.torch"]]) == [f"2.00x [2.00, 2.00] {EN['verdict.faster']}"] * 2


def test_the_time_of_a_result_is_that_of_one_sentence_of_128_tokens():
    usual = timed(1, 128, environment=ELSEWHERE)
    many = [usual, timed(4, 128, environment=ELSEWHERE), timed(1, 64, environment=ELSEWHERE)]
    assert speed_of(tiny.result(speeds=tuple(many))) == usual
    assert speed_of(tiny.result(speeds=tuple(many[1:]))) is None
