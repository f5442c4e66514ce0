"""Find it for me on Trade-offs: what is asked for goes to a job, which shows the best so far and can be stopped."""

import dataclasses

import pytest

from core.budget import SMALLEST, Budget
from core.control import Event
from core.engine.run import make_spec
from core.engine.store import default_store
from core.errors import Words
from core.jobs.status import Status
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, page, sound, stored, texts

pytestmark = pytest.mark.usefixtures("fresh_server")


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_budget_goes_to_the_job(lang: str) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    at = page("tradeoffs", lang=lang, at_least="85", at_most_mb="50", goal=SMALLEST)
    words = catalogue(lang)
    assert words["finding.title"] in [one.label for one in at.expander] and words["finding.text"] in texts(at.markdown)
    FakeJobs.searched.clear()
    at.number_input(key="find-most").set_value(5).run()
    sound(at.button(key="find").click().run())
    dense = make_spec("demo", REVIEWS).key
    assert FakeJobs.searched == [(dense, Budget(0.85, None, 50.0, SMALLEST), 5, False)]
    assert words["finding.done"] in texts(at.caption)


def test_without_limits_there_is_nothing_to_find() -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    assert "find" not in [one.key for one in page("tradeoffs").button]


def test_while_it_searches_the_best_so_far_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    held = dataclasses.replace(REVIEWS, tuning=True)
    default_store().write(tiny.result(make_spec("demo", held), quality=tiny.quality((1.0,) * 96 + (0.0,) * 4)))
    monkeypatch.setattr(FakeJobs, "answer", Status("find", "", "running", Event("finding", 1, 4), 0, None, 1.0))
    at = page("tradeoffs", at_least="85")
    words = catalogue("en")
    assert words["finding.so_far"].format(count=1, examples=100, dense="96.0 %") in texts(at.caption)
    assert any("96.0 %" in text for text in texts(at.markdown)) and at.button(key="cancel-find")
    failed = Status("find", "", "failed", Event("finding", 1, 4), 0, Words("too few examples"), 1.0)
    monkeypatch.setattr(FakeJobs, "answer", failed)
    at = page("tradeoffs", at_least="85")
    assert "too few examples" in texts(at.error) and at.button(key="find")
