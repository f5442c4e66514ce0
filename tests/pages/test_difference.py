"""Compare looks inside: what of each matrix only one model has, heads of each layer, and which kind breaks first."""

import json
from collections import Counter
from pathlib import Path

import pytest

from core.engine.run import make_spec, run
from core.engine.store import default_store
from core.models import find
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import parse_step
from pages.components.widgets.text import catalogue
from tests.pages.test_track import made
from tests.support import tiny
from tests.support.app import REVIEWS, page, stored, texts

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A function that measures a tiny model on Reviews after some steps."""
    monkeypatch.setattr(find, "DEMO", Path(tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert()))))

    def measure(*steps):
        origin = Origin("reviews")
        return run(make_spec("demo", origin, [*map(parse_step, steps)]), origin, default_store())

    return measure


def charts(at):
    """The figures of the page by the words that stand for them."""
    return {one.proto.alt: json.loads(one.proto.spec) for one in at.get("plotly_chart")}


def test_what_only_one_of_them_has_is_drawn(measured):
    dense, half = measured(), measured("structured:keep_macs=0.2")
    found = charts(page("compare", a=dense.key, b=half.key))
    cells = [value for trace in found[WORDS["difference.alt"]]["data"] for row in trace["z"] for value in row]
    assert {-100, 0} <= set(cells) and max(cells) == 0  # dense has all that the other has
    back = charts(page("compare", a=half.key, b=dense.key))
    turned = [value for trace in back[WORDS["difference.alt"]]["data"] for row in trace["z"] for value in row]
    assert sorted(turned) == sorted(-value for value in cells)
    bars = {trace["name"]: trace["y"] for trace in found[WORDS["difference.heads_alt"]]["data"]}
    assert bars == {"A": [4, 4], "B": half.facts["heads"]}


def test_results_that_do_not_tell_are_a_sentence():
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    keys = [result.key for result in default_store().all()]
    at = page("compare", a=keys[0], b=keys[1])
    assert WORDS["difference.none"] in texts(at.caption) and WORDS["difference.alt"] not in charts(at)
    same = page("compare", a=keys[0], b=keys[0])
    assert WORDS["difference.none"] not in texts(same.caption)


def test_accuracy_by_kind_stands_where_there_is_a_track():
    made()
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    (key,) = [result.key for result in default_store().all() if result.spec.steps]
    chart = charts(page("compare", b=key))[WORDS["difference.breaks_alt"]]
    kinds = {example.kind for example in load_task(REVIEWS).validation}
    named = [trace for trace in chart["data"] if trace.get("name")]
    assert {trace["name"] for trace in named} == {WORDS[f"kind.{kind}"] for kind in kinds}
    assert all(len(trace["x"]) == len(named[0]["x"]) > 1 for trace in named)


def test_flips_are_listed_by_kind_with_the_worst_first():
    examples = load_task(REVIEWS).validation
    dense, worst = make_spec("demo", REVIEWS), examples[-1].kind
    scores = [0.0 if example.kind == worst or number == 0 else 1.0 for number, example in enumerate(examples)]
    size = tiny.result().size
    default_store().write(tiny.result(dense, quality=tiny.quality((1.0,) * len(examples)), size=size))
    other = make_spec("demo", REVIEWS, [parse_step("wanda")])
    default_store().write(tiny.result(other, quality=tiny.quality(tuple(scores)), size=size))
    at = page("compare", a=dense.key, b=other.key)
    every = Counter(example.kind for example in examples)
    line = next(text for text in texts(at.caption) if text.startswith(WORDS[f"kind.{worst}"]))
    assert f"{every[worst]} of {every[worst]}" in line and f"1 of {every[examples[0].kind]}" in line
