"""The two catalogues say the same things, and the pages say nothing that is not in them."""

import ast
import dataclasses
import itertools
import json
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.web import RECIPES, STUDENT
from core.budget import GOALS
from core.choice import AXES
from core.engine import room
from core.engine.recipes import FAMILIES, groups, sliding, waterfall
from core.installation import WORDS, Place
from core.jobs.report import report_specs
from core.metrics import METRICS
from core.model_card import CURVE, MATRICES
from core.model_card import HEADS as HEAD_BARS
from core.models.head import HEADS
from core.pictures.rounding import GRIDS
from core.result import Verdict
from core.runtimes import RUNTIMES, formats
from core.tasks import TASKS, load_task
from core.tasks.classification import SENTIMENT
from core.tasks.questions import KINDS, OTHER
from core.tasks.task import Origin
from core.techniques import TECHNIQUES
from core.training.loop import FIELDS as TRAINING
from pages.components.canvas import attention, axes, bars, copying, matrix, payloads, track, tree
from pages.components.distil import student_grid
from pages.components.frame import own_table, sidebar
from pages.components.heads import head_map
from pages.components.lab import jobs
from pages.components.results import budget
from pages.components.widgets import links
from pages.components.widgets.text import LANGUAGES, catalogue, say
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]
ROWS = [name for name, _, _ in report_specs(tiny.spec(new_head=True), tiny.spec())]


def _calls(folder: str, name: str) -> list[ast.Call]:
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Call) and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", "")):
                found.append(node)
    return found


def _stages() -> set[str]:
    """Every stage that a job can report: the first argument of each Event in core."""
    calls = [*_calls("core", "Event"), *_calls("core", "on_progress")]
    firsts = [call.args[0] for call in calls if call.args]
    return {first.value for first in firsts if isinstance(first, ast.Constant)}


CARDS = (*sidebar.FIRST, *sidebar.RESULTS, "lessons")
CONFIGS = [(name, field) for name, one in TECHNIQUES.items() for field in dataclasses.fields(one.config)]
FIELDS = {field.name if field.name in TRAINING else f"{name}_{field.name}" for name, field in CONFIGS}
SPELT = ("squad", "squad-1000")  # of the official tasks, which else are written in capitals
# what stands in the place of {} in the keys that the pages put together
FAMILIES = {
    "{}": (
        *("curve.measuring", "heads.measuring", "layer.measuring", "measured.long", "measured.retiming"),
        "measured.training",
        *("quantize.measuring", "waterfall.measuring", "phone.writing", "phone.evaluating"),
    ),
    "attention.{}": attention.TEXTS,
    "axes.{}": axes.TEXTS,
    "axis.{}": AXES,
    "bars.{}": bars.TEXTS,
    "bits.grid_{}": GRIDS,
    "canvas.{}": payloads.TEXTS,
    "card.alt_{}": (MATRICES, HEAD_BARS, CURVE),
    "cpu.{}": ("dots", "pairs", "unknown"),
    "distil.by_{}": student_grid.BY,
    "field.{}": FIELDS,
    "format.{}": formats(),
    "badge.{}": get_args(Place),
    "family.{}": set(FAMILIES) - {"dense"},
    "finding.{}": ("done", "cancelled"),
    "goal.{}": GOALS,
    "sure.{}": budget.SURE,
    "phone.recorded_{}": (*RECIPES, STUDENT),
    "phone.{}": ("phone", "tablet", "computer", "faster", "slower", "no_difference_shown", "busy"),
    "track.{}": track.TEXTS,
    "tree.{}": tree.TEXTS,
    "nav.{}": (*sidebar.FIRST, *sidebar.RESULTS, *sidebar.LEARN),
    "kept.{}": room.KINDS,
    "group.{}": groups(),
    "head.{}": HEADS,
    "heads.by_{}": head_map.COLOURS,
    "help.{}": FIELDS,
    "frame.task_{}": (*(name for name, entry in TASKS.items() if not entry.official or name in SPELT), sidebar.OWN),
    "kind.{}": {
        *(example.kind for example in load_task(Origin("reviews")).validation),
        *("PER", "LOC", "ORG", "DATE", *KINDS, OTHER),
    },
    "label.{}": SENTIMENT.values(),
    "method.{}": sliding(),
    "link.{}": copying.TEXTS,
    "metric.{}": METRICS,
    "table.{}": own_table.COLUMNS,
    "queue.{}": jobs.ICONS,
    "recipe.{}": ("up", "remove"),
    "report.row_{}": ROWS,
    "runtime.{}": RUNTIMES,
    "waterfall.{}": waterfall(tiny.spec(), "onnx"),
    "seeds.{}": ("accuracy", "taught", "alone", "gain"),
    "slide.layers_{}": ("encoder", "all"),
    "stage.{}": _stages(),
    "study.{}": ("tree", "scatter", "results", "machine"),
    "start.{}_go": CARDS,
    "start.{}_text": CARDS,
    "start.{}_title": CARDS,
    "technique.{}": TECHNIQUES,
    "truth.{}": ("dense", "zeroed", "removed"),
    "view.{}": set(matrix.TEXTS) - {"slider", "zero"},
    "verdict.{}": [verdict.replace(" ", "_") for verdict in get_args(Verdict)],
}


def _templates(node: ast.expr) -> list[str]:
    """The keys that an argument of say() can be, with {} where something is put in."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _templates(node.body) + _templates(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.BinOp):
        return [left + right for left in _templates(node.left) for right in _templates(node.right)]
    return ["{}"]


def _used() -> list[tuple[str, ast.Call]]:
    """Every key that the pages say, with the call that says it."""
    found = []
    sayers = ("say", "say_or", "score", "score_axis")
    for call in itertools.chain.from_iterable(_calls("pages", name) for name in sayers):
        for template in _templates(call.args[0]):
            values = FAMILIES[template] if "{}" in template else ("",)
            found += [(template.replace("{}", value), call) for value in values]
    return found


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_catalogues_have_the_same_keys_in_every_language() -> None:
    assert set(LANGUAGES) == {"en", "es"}
    assert catalogue("en").keys() == catalogue("es").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_names_no_key_twice(language: str) -> None:
    def unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
        names = [name for name, _ in pairs]
        assert sorted(names) == sorted(set(names))
        return dict(pairs)

    json.loads((ROOT / "assets" / "text" / f"{language}.json").read_text(encoding="utf8"), object_pairs_hook=unique)


def test_a_text_has_the_same_placeholders_in_every_language() -> None:
    english, spanish = catalogue("en"), catalogue("es")
    different = [key for key in english if _placeholders(english[key]) != _placeholders(spanish[key])]
    assert different == []


def test_long_texts_are_translated() -> None:
    english, spanish = catalogue("en"), catalogue("es")
    same = [key for key in english if english[key] == spanish[key] and len(english[key].split()) > 3]
    assert same == []


def test_the_form_helps_with_the_words_of_the_command_line() -> None:
    english = catalogue("en")
    for name, field in CONFIGS:
        words = field.name if field.name in TRAINING else f"{name}_{field.name}"
        assert english[f"help.{words}"] == field.metadata["help"]


def test_the_badges_are_those_of_the_command_line() -> None:
    assert {place: catalogue("en")[f"badge.{place}"] for place in get_args(Place)} == WORDS


def test_no_text_is_empty_or_has_loose_ends() -> None:
    for language in LANGUAGES:
        for key, text in catalogue(language).items():
            assert text and text == text.strip(), key
            assert "  " not in text and "TODO" not in text, key


def test_every_key_that_is_said_exists() -> None:
    assert sorted({key for key, _ in _used()} - catalogue("en").keys()) == []


def test_every_key_is_said_somewhere() -> None:
    assert sorted(catalogue("en").keys() - {key for key, _ in _used()}) == []


def test_every_placeholder_is_given_and_nothing_else() -> None:
    """A text without values is shown as it is, so its braces would be seen; the canvas fills its own."""
    wrong = []
    for key, call in _used():
        given = {keyword.arg for keyword in call.keywords}
        filled_elsewhere = None in given or (
            key.startswith(("canvas.", "bars.", "view.", "track.", "tree.", "attention.", "axes.")) and not given
        )
        if not filled_elsewhere and given != _placeholders(catalogue("en")[key]):
            wrong.append(key)
    assert wrong == []


def test_the_canvas_fills_what_its_texts_leave_open() -> None:
    script = (ROOT / "pages" / "components" / "canvas" / "mosaic.js").read_text(encoding="utf8")
    names = {name for key in payloads.TEXTS for name in _placeholders(catalogue("en")[f"canvas.{key}"])}
    assert names == {"label", "row", "column", "percent", "amount", "top", "bottom", "left", "right"}
    assert all(re.search(rf"\b{name}\b", script) for name in names)
    shown = set(re.findall(r'data-text="(\w+)"', (ROOT / "pages/components/canvas/mosaic.html").read_text()))
    shown |= set(re.findall(r"\btext\.(\w+)", script))
    assert shown == {*payloads.TEXTS, "slider", "zero"}


def test_the_track_fills_what_its_texts_leave_open() -> None:
    script = (ROOT / "pages" / "components" / "canvas" / "track.js").read_text(encoding="utf8")
    names = {name for key in track.TEXTS for name in _placeholders(catalogue("en")[f"track.{key}"])}
    assert names and all(re.search(rf"\b{name}\b", script) for name in names)
    named = ("accuracy", "loss", "weights", "zipped")  # after which its tiles are called
    assert {*re.findall(r"\btext\.(\w+)", script), *named} == set(track.TEXTS)


def test_no_page_writes_a_sentence_of_its_own() -> None:
    """Words of a page come from say(): a literal with two words or more outside it would stay untranslated."""
    shown = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "info",
        "warning",
        "error",
        "success",
        "button",
        "metric",
    )
    found = []
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in shown:
                literals = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found += [text for text in literals if " " in text]
    assert found == ["BERT Bonsai"]


def test_say_takes_the_language_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for language, expected in (("es", "es"), ("en", "en"), ("xx", "en"), (None, "en")):
        monkeypatch.setattr(links.st, "session_state", {"kept-lang": language})
        assert say("nav.report") == catalogue(expected)["nav.report"]
    assert say("tile.points", points="+1.0") == "+1.0 points"
