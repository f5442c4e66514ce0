"""Compare: steps of the same technique beside each other, times as on Trade-offs, and a word where A is B."""

import dataclasses

import pytest

from core.engine.run import make_spec
from core.engine.store import default_store
from core.techniques import parse_step
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, cells, page, texts

WORDS = catalogue("en")
pytestmark = pytest.mark.usefixtures("fresh_server")


def keep(ms: float, dense_ms: float, right: int, *steps: str) -> str:
    """A stored result that was timed on a day on which dense took so long; its key."""
    spec = dataclasses.replace(make_spec("demo", REVIEWS), steps=tuple(map(parse_step, steps)))
    scores = tuple(float(place < right) for place in range(600))
    result = tiny.result(spec, quality=tiny.quality(scores))
    default_store().write(result.with_speed(tiny.speed((ms,) * 9, (dense_ms,) * 9)))
    return str(spec.key)


def test_times_are_those_of_trade_offs() -> None:
    """On a slow day both dense and the result take twice as long: that is no difference."""
    keep(40.0, 40.0, 540)
    a = keep(20.0, 40.0, 530, "magnitude:amount=0.3")
    b = keep(36.0, 80.0, 520, "magnitude:amount=0.5")  # 2.2 times as fast as dense
    at = page("compare", a=a, b=b)
    figures = cells(at.table[0]).set_index(WORDS["compare.figure"])
    row = figures.loc[WORDS["compare.ms"]]
    assert row["A"].startswith("20.0 (2.00x") and row["B"].startswith("18.0 (2.22x")
    for name in ("tradeoffs", "tree"):
        detail = cells(page(name, point=b).table[0]).set_index(WORDS["compare.figure"])
        assert list(detail.loc["ms"])[:2] == ["18.0", "40.0"]


def test_a_step_that_only_one_has_moves_no_other() -> None:
    keep(40.0, 40.0, 540)
    a = keep(20.0, 40.0, 530, "structured:keep_macs=0.5", "quantize:mode=int8-dynamic")
    b = keep(20.0, 40.0, 530, "structured:keep_macs=0.5", "vocabulary", "quantize:mode=int8-dynamic")
    rows = cells(page("compare", a=a, b=b).table[1])
    marked = rows[rows[WORDS["compare.differs"]] == "≠"][WORDS["compare.field"]]
    assert len(marked) > 0 and all(" · vocabulary · " in name for name in marked)
    assert sum(" · quantize · " in name for name in rows[WORDS["compare.field"]]) > 3


def test_the_same_result_twice_is_said_and_titles_stand_in_full() -> None:
    dense = keep(40.0, 40.0, 540)
    other = keep(20.0, 40.0, 530, "magnitude:amount=0.3")
    assert WORDS["compare.same"] in texts(page("compare", a=dense, b=dense).info)
    at = page("compare", a=dense, b=other)
    assert WORDS["compare.same"] not in texts(at.info)
    titles = [box.options[box.index] for box in at.selectbox if box.key in ("a", "b")]
    assert len(titles) == 2 and set(titles) <= set(texts(at.caption))
