"""The Distil page: the grid, a student before it is trained, its training with a live curve, and its result."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

from core.control import Event
from core.engine.run import make_spec
from core.engine.store import default_store
from core.errors import Words
from core.jobs import recorded
from core.jobs.status import Status
from core.techniques import distil
from core.training import students
from pages.components.distil import student_grid
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, button, page, sound, texts, timed_buttons, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")


def store(layers, width, taught, right, curve=(), seed=0):
    quality = tiny.quality((1.0,) * right + (0.0,) * (100 - right))
    spec = dataclasses.replace(student_grid.spec_of(make_spec("demo", REVIEWS), layers, width, taught), seed=seed)
    facts = {"curves": [[list(point) for point in curve]]} if curve else {}
    default_store().write(tiny.result(spec, quality=quality, facts=facts))


def chart(at, place=0):
    return json.loads(at.get("plotly_chart")[place].proto.spec)


def said(size):
    numbers = {"params": f"{size.params / 1e6:.1f}", "macs": f"{size.macs / 1e6:,.0f}", "mb": f"{size.bytes / 1e6:.1f}"}
    return WORDS["distil.before"].format(**numbers)


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_trained_yet(language):
    words = catalogue(language)
    at = page("distil", lang=language)
    assert words["distil.empty"] in texts(at.markdown) and ways(at, "sizes") == [words["empty.on_sst2"]]
    assert not at.get("plotly_chart")
    assert [len(timed_buttons(at, words[f"distil.{name}"])) for name in ("train", "train_alone")] == [1, 1]


def test_the_grid_shows_accuracy_and_what_the_teacher_adds():
    dense = tiny.quality((1.0,) * 90 + (0.0,) * 10)
    default_store().write(tiny.result(make_spec("demo", REVIEWS), quality=dense))
    store(2, "1", True, 88)
    store(2, "1", False, 85)
    store(1, "0.5", False, 70)
    heat, _ = chart(page("distil"))["data"]
    assert heat["text"] == [["–"] * 4, ["88.0", "–", "–", "–"]] and heat["x"] == ["100 %", "75 %", "50 %", "25 %"]
    assert chart(page("distil", by="alone"))["data"][0]["text"] == [["–", "–", "70.0", "–"], ["85.0", "–", "–", "–"]]
    at = page("distil", by="gain")
    assert chart(at)["data"][0]["text"] == [["–"] * 4, ["+3.0", "–", "–", "–"]]
    assert chart(at)["data"][0]["z"] == [[None] * 4] * 2  # three sentences more may be chance (p = 0.25)
    assert WORDS["distil.chance"] in texts(at.caption)[0]
    table = at.dataframe[-1].value
    assert list(table["layers"]) == [1, 2] and list(table["width"]) == ["50 %", "100 %"]
    none = WORDS["tile.same"].format(points="+3.0", p="p = 0.25")
    assert table[WORDS["distil.by_gain"]][1].startswith(f"{none} [")


def test_a_size_says_what_it_will_be():
    at = page("distil")
    wanted = students.sizes_of(make_spec("demo", REVIEWS), 2, "1")
    assert said(wanted) in texts(at.markdown)
    at.number_input(key="distil-layers").set_value(1)
    at.selectbox(key="distil-width").set_value("0.5").run()
    smaller = students.sizes_of(make_spec("demo", REVIEWS), 1, "0.5")
    assert smaller.params < wanted.params and smaller.macs < wanted.macs
    assert said(smaller) in texts(sound(at).markdown)
    at.number_input(key="distil-layers").set_value(9).run()
    assert texts(sound(at).error) == ["layers=9 is not allowed: the student's teacher has 2 layers"]
    assert timed_buttons(at, WORDS["distil.train"]) == []


def test_a_size_that_is_stored_has_its_own_time_instead_of_an_estimate():
    dense = tiny.result(make_spec("demo", REVIEWS), speeds=(tiny.speed((40.0,) * 9, (40.0,) * 9),))
    default_store().write(dense)
    at = page("distil")
    at.number_input(key="distil-layers").set_value(2).run()
    about = WORDS["distil.estimate"].partition(" {")[0]
    assert any(text.startswith(about) for text in texts(at.caption))
    spec = student_grid.spec_of(dense.spec, 2, "1", False)
    default_store().write(tiny.result(spec, speeds=(tiny.speed((13.0,) * 9, (40.0,) * 9),)))
    found = texts(sound(at.run()).caption)
    assert any(text.startswith("13.0 ms a sentence of 128 tokens, 3.08x") for text in found)
    assert not any(text.startswith(about) for text in found)


def test_it_is_trained_and_stands_beside_the_same_student_alone():
    at = page("distil")
    at.number_input(key="distil-steps").set_value(4)
    at.run()
    for label in ("distil.train", "distil.train_alone"):
        timed_buttons(at, WORDS[label])[0].click().run()
    assert timed_buttons(sound(at), WORDS["distil.train"]) == []
    verdict = WORDS["distil.verdict"].partition(" {")[0]
    assert any(text.startswith(verdict) for text in texts(at.markdown))
    figure = chart(at)
    assert [trace["name"] for trace in figure["data"]][1:] == [WORDS["distil.by_taught"], WORDS["distil.by_alone"]]
    assert figure["data"][1]["x"][-1] == 4
    assert WORDS["distil.turn"].format(step=2) in texts(at.caption)


def test_seeds_say_how_much_is_chance():
    dense = tiny.quality((1.0,) * 90 + (0.0,) * 10)
    default_store().write(tiny.result(make_spec("demo", REVIEWS), quality=dense))
    for seed, taught in enumerate((88, 90, 86)):
        store(2, "1", True, taught, seed=seed)
    first = WORDS["seeds.taught"].format(count=3, mean="88.0 %", low="86.0", high="90.0")
    assert first in texts(sound(page("distil")).caption)  # also where nobody has trained it alone
    for seed, alone in enumerate((85, 86, 87)):
        store(2, "1", False, alone, seed=seed)
    told = [
        WORDS[f"seeds.{name}"].format(count=3, mean=mean, low=low, high=high)
        for name, mean, low, high in (
            ("taught", "88.0 %", "86.0", "90.0"),
            ("alone", "86.0 %", "85.0", "87.0"),
            ("gain", "2.0", "-1.0", "4.0"),
        )
    ]
    assert " ".join(told) in texts(sound(page("distil")).caption)


def test_a_training_has_a_live_curve_and_cancel(monkeypatch):
    event = Event("train", 40, 100, 30.0, 0.5, value=0.8)
    curve = ((20, 0.7, None), (30, 0.6, 0.75), (40, 0.5, 0.8))
    monkeypatch.setattr(FakeJobs, "answer", Status("k", "", "running", event, 0, None, 1.0, curve))
    at = sound(page("distil"))
    figure = chart(at)
    assert figure["data"][0]["y"] == [0.7, 0.6, 0.5] and figure["data"][1]["y"] == [75.0, 80.0]
    next(button for button in at.button if button.label == WORDS["measured.cancel"]).click().run()
    assert FakeJobs.cancelled


def test_what_failed_says_why(monkeypatch):
    why = "the loss became nan at step 7; lower the learning rate (0.01)"
    monkeypatch.setattr(FakeJobs, "answer", Status("k", "", "failed", Event("train"), 0, Words(why), 1.0))
    at = sound(page("distil"))
    assert set(texts(at.error)) == {why} and len(timed_buttons(at, WORDS["distil.train"])) == 1


def test_alone_is_the_same_student():
    one, other = (student_grid.spec_of(tiny.spec(), 3, "0.5", taught).steps[0].config for taught in (True, False))
    assert other == recorded.alone(one) and one.alpha == distil.Config().alpha > other.alpha == 0.0


def test_a_click_on_a_cell_chooses_its_size(monkeypatch):
    selected = SimpleNamespace(selection=SimpleNamespace(points=[{"x": "50 %", "y": "1"}]))
    held = {"sizes": selected}
    monkeypatch.setattr(student_grid.st, "session_state", held)
    student_grid._choose()
    assert (held["distil-layers"], held["distil-width"]) == (1, "0.5")
    selected.selection.points = []
    student_grid._choose()
    assert held["distil-layers"] == 1


def test_the_time_of_a_trained_student_can_be_measured():
    store(2, "1", True, 88)
    dense = tiny.quality((1.0,) * 90 + (0.0,) * 10)
    default_store().write(tiny.result(make_spec("demo", REVIEWS), quality=dense, speeds=(tiny.speed((2.0,), (2.0,)),)))
    at = page("distil")
    at.number_input(key="distil-layers").set_value(2).run()
    assert any("its time can be measured below" in one for one in texts(at.caption))
    button(at, WORDS["distil.time"]).click().run()
    spec = student_grid.spec_of(make_spec("demo", REVIEWS), 2, "1", True)
    assert default_store().read(spec.key).speeds and WORDS["distil.time"] not in [one.label for one in at.button]
