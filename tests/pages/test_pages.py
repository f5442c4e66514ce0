"""The pages from their entry point, without a browser: every state in both languages, links, picks and tables."""

import dataclasses
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import paths
from core.control import Event
from core.engine.recipes import curve_spec
from core.engine.run import make_spec, recorded_spec
from core.engine.store import Store, default_store
from core.environment import here
from core.errors import Words
from core.jobs.report import BATCH, report_specs
from core.jobs.status import Status
from core.models import find
from core.tasks import sst2
from pages.components.canvas import payloads
from pages.components.widgets import session
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, ROOT, FakeJobs, cells, numbers, page, sound, stored, texts, ways

PAGES = ("start", "slide", "tradeoffs", "compare", "tree", "report")


pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_an_empty_store(name: str, language: str) -> None:
    at, words = page(name, lang=language), catalogue(language)
    assert at.session_state["lang"] == language
    assert here().machine in "".join(texts(at.sidebar.caption))
    if name == "start":
        assert texts(at.title) == ["BERT Bonsai"] and words["start.slide_title"] in texts(at.header)
        assert len(at.page_link) == 16 and len(at.table) == 1
    elif name == "slide":  # the jobs of this test answer at once
        assert words["curve.title"].format(metric=words["tile.accuracy"]) in texts(at.subheader)
        labels = [words[f"tile.{name}"] for name in ("accuracy", "latency", "file", "weights")]
        assert [m.label for m in at.metric] == labels
        assert len(at.main.get("bidi_component")) == 3 and len(at.get("plotly_chart")) == 1
        assert words["slide.why"] in texts(at.info)
    else:
        assert words[f"{name}.title"] in texts(at.subheader)
        assert words[f"{name}.empty"] in texts(at.markdown)
        assert ways(at, name)[0] == words["start.slide_go"]
        assert len(at.get("plotly_chart")) == 0  # never a blank chart


@pytest.mark.parametrize("language", ["en", "es"])
def test_slide_and_tradeoffs_show_what_is_stored(language: str) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    words = catalogue(language)
    slide = page("slide", lang=language)
    assert [m.value for m in slide.metric] == [
        numbers(one, language) for one in ("80.0 %", "2.0 ms", "34.0 MB", "88 %")
    ]
    assert slide.metric[0].delta == words["tile.points"].format(points=numbers("-10.0", language))
    assert words["badge.alike"] in texts(slide.caption)  # nobody measured them
    chart = json.loads(slide.get("plotly_chart")[0].proto.spec)
    assert [len(trace["x"]) if isinstance(trace["x"], list) else 1 for trace in chart["data"]] == [1, 0, 0, 0, 0, 0, 0]
    tradeoffs = page("tradeoffs", lang=language)
    assert len(tradeoffs.get("plotly_chart")) == 1 and len(tradeoffs.dataframe[0].value) == 2
    assert list(tradeoffs.dataframe[0].value[words["table.recipe"]])[0] == words["group.dense"].capitalize()


def test_the_canvas_speaks_the_language_and_starts_where_the_link_says() -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    for language, label in (("en", "layer 1 Q"), ("es", "capa 1 Q")):
        at = page("slide", lang=language, amount="30")
        header = json.loads(at.get("bidi_component")[0].proto.json)
        assert header["matrices"][0]["label"] == label and header["amount"] == 30
        wanted = {name: catalogue(language)[f"canvas.{name}"] for name in (*payloads.TEXTS, "slider", "zero")}
        assert header["text"] == wanted and header["maximum"] == 100


@pytest.mark.parametrize(
    "model",
    ["/nowhere/at/all", "no-such-owner/no-such-model", "not a model!", str(ROOT / "app.py"), str(ROOT / "docs")],
)
@pytest.mark.parametrize("name", ["start", "slide"])
def test_a_wrong_model_is_one_sentence_and_the_way_to_the_demo(model: str, name: str) -> None:
    at = page(name, model=model)
    (said,) = [text for text in texts(at.markdown) if f"'{model}'" in text]
    assert "Traceback" not in said and "\n" not in said
    assert ways(at, "frame") == [catalogue("en")["frame.use_demo"]]


def test_a_model_without_a_head_is_offered_a_fine_tuning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words, folder = catalogue("en"), Path(tiny.folder(tmp_path / "bare", tiny.bert(head=False)))
    monkeypatch.setattr(find, "DEMO", folder)
    at = page("slide")
    assert words["offer.no_head"].format(model="demo") in texts(at.markdown)
    assert "--step finetune:" in at.code[0].value and at.code[0].value.endswith(" --save FOLDER")
    assert ways(at, "offer") == [words["offer.start"].format(task="reviews")]
    at.button(key="empty-offer-0").click().run()
    assert [[step.technique for step in spec.steps] for spec in FakeJobs.trained] == [["finetune"]]
    event = Event("train", 3, 12, 9.0)
    key = f"train-{FakeJobs.trained[0].key}"
    monkeypatch.setattr(FakeJobs, "answer", Status(key, "", "running", event, 0, None, 1.0))
    sound(at.run())
    assert at.get("progress")[0].proto.value == 25
    at.button(key="cancel-training").click().run()
    assert FakeJobs.cancelled == [key]


@pytest.mark.parametrize(
    ("link", "amount"),
    [("50", 50), ("0", 0), ("100", 100), ("999", 30), ("-1", 30), ("4.5", 30), ("x", 30), ("\u00b2", 30), ("", 30)],
)
def test_the_amount_of_a_link_is_checked(link: str, amount: int) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30), 0.5: (0.7, 25), 1.0: (0.5, 10)})
    at = page("slide", amount=link)
    assert at.session_state["amount"] == amount
    assert at.query_params["amount"] in (str(amount), [str(amount)])
    assert at.metric[0].value == {0: "90.0 %", 30: "80.0 %", 50: "70.0 %", 100: "50.0 %"}[amount]


def test_a_link_holds_ids_and_reopens_the_same_choices() -> None:
    link = {"method": "random", "layers": "all", "lang": "es", "amount": "40"}
    at = page("slide", **link)
    assert {name: at.query_params[name] for name in link} == link
    assert [at.session_state[name] for name in ("method", "layers", "lang")] == ["random", "all", "es"]
    at = page("slide", layers="all")
    at.segmented_control(key="method").set_value("l1-global").run()
    at.segmented_control(key="layers").set_value("encoder").run()
    at.segmented_control(key="lang").set_value("es").run()
    assert at.session_state["method"] == "l1-global"
    # the first choice needs no place in the link
    assert at.query_params == {"amount": "30", "method": "l1-global", "lang": "es", "task": "reviews"}


def test_a_link_holds_the_axis() -> None:
    stored({0: (0.9, 36)})
    assert page("tradeoffs", axis="macs").session_state["axis"] == "macs"


def test_a_link_with_unknown_choices_opens_the_first_ones() -> None:
    at = page("slide", method="Random", layers="none", lang="xx")
    assert [at.session_state[name] for name in ("method", "layers", "lang")] == ["l1-layer", "encoder", "en"]
    assert at.query_params == {"amount": "30", "task": "reviews"}
    assert page("start", task="nothing").session_state["task"] == "sst2"


def test_sst2_without_data_is_a_sentence_or_what_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sst2, "from_hub", None)  # no page asks the hub by itself
    words = catalogue("en")
    at = page("slide", task="sst2")
    assert words["frame.nothing_recorded"].format(model="demo") in texts(at.markdown) and len(at.error) == 0
    assert ways(at, "frame") == [words["empty.on_reviews"], words["empty.on_sst2"]]
    dense = recorded_spec("demo", "sst2")
    assert dense is not None
    recorded = Store(paths.CACHE / "recorded")
    elsewhere = dataclasses.replace(here(), machine="another machine")
    speed = tiny.speed((2.0,) * 9, (2.0,) * 9, environment=elsewhere)
    recorded.write(tiny.result(dense))
    recorded.write(tiny.result(curve_spec(dense, "l1-layer", 0.3), speeds=(speed,)))
    for amount in (30, 31):
        at = page("slide", task="sst2", amount=str(amount))
        assert texts(at.error) == [] and words["frame.recorded_only"] in texts(at.sidebar.caption)
        assert len(at.metric) == (4 if amount == 30 else 0)
        assert (words["measured.not_recorded"].format(amount=amount) in texts(at.markdown)) == (amount == 31)
    assert ways(at, "position") == [words["measured.go_to"].format(amount=30), words["empty.on_reviews"]]
    at.button(key="empty-position-0").click().run()
    assert len(sound(at).metric) == 4 and at.query_params["amount"] == "30" and at.session_state["amount"] == 30
    header = json.loads(at.get("bidi_component")[0].proto.json)
    assert header["amount"] == 30 and ways(at, "position") == []  # the drawing's own slider is there too
    every = page("slide", task="sst2", layers="all")
    assert ways(every, "position") == [words["measured.usual"], words["empty.on_reviews"]]
    every.button(key="empty-position-0").click().run()
    assert len(sound(every).metric) == 4 and every.session_state["layers"] == "encoder"
    over = page("slide", task="sst2", amount="31")
    over.button(key="empty-position-1").click().run()
    assert sound(over).session_state["task"] == "reviews" and len(over.metric) == 4
    assert not any("Measure" in button.label for button in at.button)
    tradeoffs = page("tradeoffs", task="sst2", axis="ms")
    assert words["tradeoffs.elsewhere"].format(count=1) in texts(tradeoffs.caption)


def test_a_table_of_ones_own_is_read_and_its_bad_rows_are_named(tmp_path: Path) -> None:
    words = catalogue("en")
    at = page("start", task="own")
    assert words["frame.no_table"] in texts(at.markdown) and len(at.file_uploader) == 1
    content = Path(tiny.csv_file(tmp_path / "mine.csv")).read_text() + "no label here,\n"
    at.file_uploader[0].set_value(("../../mine.csv", content.encode(), "text/csv")).run()
    assert texts(sound(at).error) == [] and len(at.table) == 1
    understood = next(one for one in at.sidebar.expander if one.label == words["understood.title"])
    assert f"{words['understood.skipped']}: **1**" in understood.markdown[0].value
    assert "122" in at.sidebar.text[0].value  # the heading is line 1
    kept = [path for path in (tmp_path / "cache" / "uploads").rglob("mine.csv")]
    assert [path.read_text() for path in kept] == [content] and kept[0].is_relative_to(tmp_path / "cache" / "uploads")


@pytest.mark.parametrize("language", ["en", "es"])
def test_labels_of_the_shipped_tasks_are_words(language: str) -> None:
    words = catalogue(language)
    names = {words["label.negative"], words["label.positive"]}
    start = cells(page("start", lang=language).table[0])
    assert set(start[words["measured.right"]]) <= names
    dense = make_spec("demo", REVIEWS)
    for spec, answers in ((dense, ("0",) * 600), (curve_spec(dense, "l1-layer", 0.3), ("1",) * 3 + ("0",) * 597)):
        default_store().write(tiny.result(spec, quality=tiny.quality((1.0,) * 600, answers)))
    rows = cells(page("compare", lang=language).table[-1])
    assert set(rows["A"]) == {words["label.negative"]} and set(rows["B"]) == {words["label.positive"]}
    assert set(rows[words["measured.right"]]) <= names
    if language == "en":  # AppTest cannot run a page in another language a second time
        at = page("slide")
        at.session_state["flipped"] = True
        flipped = cells(sound(at.run()).table[0])
        assert set(flipped[words["measured.dense"]]) == {words["label.negative"]}
        assert set(flipped[words["measured.now"]]) == {words["label.positive"]}


def test_a_job_shows_its_figures_its_wait_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    words, key = catalogue("en"), curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.3).key
    event = Event("evaluate", 64, 600, 7.0, value=0.75, low=0.63, high=0.84)
    status = Status(key, "", "running", event, 1, None, 1.0)
    monkeypatch.setattr(FakeJobs, "answer", status)
    at = page("slide")
    # the picture is still drawn; so are its weights, as the file of the first is there at once
    assert len(at.get("progress")) == 4
    assert [one.key for one in at.main.get("bidi_component")] == ["planes"]
    sound(at.run())
    assert [(m.label, m.value) for m in at.metric] == [(words["tile.accuracy_so_far"], "75.0 %")]
    assert at.get("progress")[0].proto.value == 10
    eta = words["stage.eta"].format(seconds=7)
    assert at.get("progress")[0].proto.text == f"{words['stage.evaluate']} · {eta}"
    assert words["stage.restarted"] in texts(at.caption)
    measure = words["curve.measure"].format(count=9, method=words["method.l1-layer"], about="")
    assert at.button[-2].label.startswith(measure)  # the slider's own job is none of those that this button asks for
    at.button[-2].click().run()
    assert words["curve.measuring"].format(done=0, total=9) in [one.proto.text.strip() for one in at.get("progress")]
    at.button(key="cancel").click().run()
    assert FakeJobs.cancelled == [key]
    for state, error, cancelled in (("cancelled", None, key), ("failed", Words("no space left"), None)):
        at.session_state["cancelled"] = cancelled
        monkeypatch.setattr(FakeJobs, "answer", dataclasses.replace(status, state=state, error=error))
        sound(at.run())
        assert set(texts(at.error)) == ({str(error)} if error else set())
        assert texts(at.warning) == ([] if error else [words["measured.cancelled"]])
        assert words["measured.again"] in [button.label for button in at.button]
    for amount in (35, 60):
        at.session_state["amount"] = amount
        at.run()
    left = curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.35).key
    assert FakeJobs.cancelled == [key, left]  # leaving a position stops its job, but not one that the curve asked for


def test_the_report_shows_its_rows_and_both_sentences() -> None:
    words = catalogue("en")
    official = recorded_spec("demo", "sst2")
    specs = report_specs(None, official)
    speed = tiny.speed((2.0,) * 9, (2.0,) * 9, batch=BATCH.batch, seq=None)
    for _, _, spec in specs:
        default_store().write(tiny.result(spec, speeds=(speed,)))
    at = page("report")
    assert list(cells(at.table[0])[words["report.setting"]]) == [words[f"report.row_{name}"] for name, _, _ in specs]
    assert words["report.concluded"] in texts(at.markdown)
    assert any("**Measured:**" in text and "1.00x [1.00, 1.00]" in text for text in texts(at.markdown))


def test_the_first_link_into_a_fresh_server_has_its_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit runs a page's file alone before it has met st.navigation (see frame.chosen)."""
    monkeypatch.undo()
    monkeypatch.setattr(session, "Jobs", FakeJobs)
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    sound(at.switch_page("pages/report.py").run())
    assert len(at.sidebar.selectbox) == 2 and catalogue("en")["report.title"] in texts(at.subheader)


def test_a_time_of_a_busy_machine_is_taken_again_on_a_click() -> None:
    words, dense = catalogue("en"), make_spec("demo", REVIEWS)
    spec = curve_spec(dense, "l1-layer", 0.3)
    for one in (dense, spec):
        default_store().write(tiny.result(one, speeds=(tiny.speed((9.0,) * 9, (9.0,) * 9, cpu_share=0.1),)))
    at = page("slide", amount="30")
    (again,) = [one for one in at.button if one.label == words["measured.retime"]]
    again.click().run()
    assert default_store().read(spec.key).speed(here().machine).times_ms != (9.0,) * 9
    quiet = tiny.result(spec, speeds=(tiny.speed((9.0,) * 9, (9.0,) * 9),))
    default_store().write(quiet)
    assert words["measured.retime"] not in [one.label for one in page("slide", amount="30").button]


def test_the_report_says_that_it_is_about_sst2() -> None:
    words = catalogue("en")
    assert words["report.task"] in texts(page("report").caption)
    assert words["report.task"] not in texts(page("report", task="sst2").caption)


def test_kinds_of_sentences_are_words_in_spanish() -> None:
    words = catalogue("es")
    kinds = set(cells(page("start", lang="es").table[0])[words["measured.kind"]])
    assert kinds <= {value for name, value in words.items() if name.startswith("kind.")} and len(kinds) > 0
