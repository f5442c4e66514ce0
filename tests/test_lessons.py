"""Lessons: each can be read, its figure comes from what is stored, and its texts are whole in both languages."""

import json
import string

import pytest

from core import lessons, paths
from core.engine import lesson_figures
from core.engine.store import Store
from core.errors import ConfigError
from core.lessons import PARTS, read
from pages.components.frame import sidebar

ALL = lessons.lessons()
SHIPPED = paths.ROOT / "cache" / "recorded"


def test_there_are_at_least_eight_which_follow_one_another():
    assert len(ALL) >= 8 and len({one.id for one in ALL}) == len(ALL)
    assert [one.next for one in ALL] == [*(one.id for one in ALL[1:]), ""]
    assert {one.page for one in ALL} <= {*sidebar.FIRST, *sidebar.RESULTS}


@pytest.mark.parametrize("lesson", ALL, ids=lambda one: one.id)
def test_a_lesson_reveals_what_is_recorded(lesson):
    found = lesson_figures.reveal(lesson.figure, lesson.link["task"], Store(SHIPPED))
    assert found is not None, "its figure is not among the shipped results"
    assert 0 <= lesson.right(found.value) < len(lesson.choices)
    for language in ("en", "es"):
        assert set(lesson.words[language]) == set(PARTS) and all(lesson.words[language].values())
        assert all(one.words[language] for one in lesson.choices)
        for text in lesson.words[language].values():
            assert "{" not in text.format(**found.values)
        names = {field for _, field, _, _ in string.Formatter().parse(lesson.words[language]["why"]) if field}
        assert names, "a reveal without a measured figure"
    fields = [{f for _, f, _, _ in string.Formatter().parse(lesson.words[one]["why"]) if f} for one in ("en", "es")]
    assert fields[0] == fields[1]


def test_where_nothing_is_stored_nothing_is_revealed(tmp_path):
    for lesson in ALL:
        found = lesson_figures.reveal(lesson.figure, lesson.link["task"], Store(tmp_path))
        assert found is None or lesson.figure["name"] in ("parts", "front")
    assert lesson_figures.reveal({"name": "front"}, "sst2", Store(tmp_path)) is None
    assert lesson_figures.reveal({"name": "parts"}, "no such task", Store(tmp_path)) is None
    with pytest.raises(ConfigError, match="there is no figure 'fame'; take parts"):
        lesson_figures.reveal({"name": "fame"}, "sst2", Store(tmp_path))


def test_the_right_choice_is_the_first_whose_limit_holds():
    lesson = next(one for one in ALL if one.id == "zeros")
    limits = [one.most for one in lesson.choices]
    assert lesson.right(limits[0]) == 0 and lesson.right(limits[0] + 0.01) == 1 and lesson.right(1e9) == len(limits) - 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"choices": [{"en": "one", "es": "uno"}]}, "two to six choices"),
        ({"choices": [{"most": 2, "en": "a"}, {"most": 1, "en": "b"}, {"en": "c"}], "es": None}, "have to rise"),
        ({"choices": [{"most": 2, "en": "a", "es": "a"}, {"most": 3, "en": "b", "es": "b"}]}, "two to six choices"),
        ({"figure": {}}, "a figure with its name"),
        ({"en": {"title": "only"}}, "KeyError"),
        ({"link": "x"}, "AttributeError"),
    ],
)
def test_a_file_that_is_no_lesson_says_why(tmp_path, change, words):
    values = json.loads((paths.ASSETS / "lessons" / "02-zeros.json").read_text())
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(values | change))
    with pytest.raises(ValueError, match=f"mine.json is no lesson: .*{words}"):
        read(path)
    path.write_text("{")
    with pytest.raises(ValueError, match="mine.json is no lesson"):
        read(path)


def test_a_teacher_adds_a_lesson_by_adding_a_file(tmp_path):
    text = (paths.ROOT / "docs" / "lessons.md").read_text(encoding="utf8")
    shown = text.split("```json\n")[1].split("```")[0]
    (tmp_path / "99-mine.json").write_text(shown)
    mine = read(tmp_path / "99-mine.json")
    assert mine.page == "slide" and len(mine.choices) == 2


def test_a_broken_file_takes_no_other_lesson_along(tmp_path, monkeypatch):
    for path in sorted(lessons.FOLDER.glob("*.json"))[:2]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "13-broken.json").write_text('{"id":"broken"', encoding="utf8")
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    for one in (lessons._files, lessons.lessons, lessons.broken):
        one.cache_clear()
    try:
        assert len(lessons.lessons()) == 2
        assert [why.partition(":")[0] for why in lessons.broken()] == ["13-broken.json is no lesson"]
    finally:
        for one in (lessons._files, lessons.lessons, lessons.broken):
            one.cache_clear()
