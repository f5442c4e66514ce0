"""Movement on the pages that slide: each position is a training, which begins on a click only."""

import dataclasses
import json
from pathlib import Path

import pytest

from core.engine.recipes import curve_spec
from core.engine.run import compress, make_spec, run
from core.engine.store import default_store
from core.models import find
from core.spec import Spec, Step
from core.tasks import load_task
from core.techniques import movement
from core.techniques.moving import keep_scores
from core.techniques.technique import Context
from pages.components.slide import measured
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import REVIEWS, FakeJobs, button, page, sound, texts, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
NO_PICTURE = "learns what goes while it trains"


@pytest.fixture
def dense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """Of a demo whose heads are as wide as a block."""
    model = tiny.bert(hidden_size=64, num_attention_heads=2)
    monkeypatch.setattr(find, "DEMO", Path(tiny.folder(tmp_path / "wide", tiny.shaken(model))))
    spec = make_spec("demo", REVIEWS)
    run(spec, REVIEWS, default_store())
    return spec


def _store(dense: Spec, amount: float) -> Spec:
    """A result under the key of that position, as if it had been trained."""
    spec, store = curve_spec(dense, "movement", amount), default_store()
    other = run(curve_spec(dense, "l1-layer", amount), REVIEWS, store)
    store.write(dataclasses.replace(other, spec=spec, speeds=(tiny.speed((5.0,) * 9, (10.0,) * 9),)))
    return spec


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_position_that_is_not_trained_is_offered_and_not_begun(dense: Spec, lang: str) -> None:
    words = catalogue(lang)
    _store(dense, 0.5)
    at = sound(page("slide", method="movement", amount="64", lang=lang))
    chart = json.loads(at.get("plotly_chart")[0].proto.spec)
    (learnt,) = [trace for trace in chart["data"] if trace.get("name") == words["method.movement"]]
    assert learnt["x"] == [50]  # where it is stored, which need not be a tenth
    assert any(words["measured.not_trained"].format(amount=64) in text for text in texts(at.markdown))
    train, back = ways(at, "train")
    assert train.startswith(words["measured.train"].split("{")[0]) and back == words["measured.go_to"].format(amount=50)
    assert not any(status.state == "done" for status in FakeJobs.listed.values())  # nothing was computed
    assert len(at.info) == len(at.slider) == 1 and not at.error and (lang == "es" or NO_PICTURE in at.info[0].value)
    assert not any(one.label.startswith(words["curve.measure"].split("{")[0]) for one in at.button)


def test_a_click_trains_and_the_position_is_shown(dense: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    at = page("slide", method="movement", amount="64")
    monkeypatch.setattr(FakeJobs, "run", lambda self, spec, *_: self._seen(str(_store(dense, 0.64).key), "", "", ""))
    (train,) = [one for one in at.button if one.key == "empty-train-0"]
    at = sound(train.click().run())
    assert at.metric[0].label and not ways(at, "train")


@pytest.mark.parametrize("name", ["slide", "heads", "matrices"])
def test_with_scores_every_page_draws_it(dense: Spec, name: str) -> None:
    store, config = default_store(), movement.Config()
    quick = dataclasses.replace(config, steps=4, alpha=0.0)
    compress(dataclasses.replace(dense, steps=(Step("movement", quick),)), REVIEWS, store)
    (path,) = (store.folder.parent / "scores").glob(f"{dense.key}-movement-scores-*")
    learnt = store.recall(dense.key, path.stem.removeprefix(f"{dense.key}-"))
    assert learnt is not None
    context = Context(None, remember=lambda key, compute: store.remember(dense.key, key, compute))  # type: ignore[arg-type]
    keep_scores(learnt, config, context)
    at = sound(page(name, method="movement", amount="64"))
    assert not at.error and not any(NO_PICTURE in one.value for one in at.info)


@pytest.mark.parametrize("lang", ["en", "es"])
def test_what_takes_minutes_is_offered_and_not_begun(dense: Spec, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "UNASKED_S", 0.5)
    run(curve_spec(dense, "l1-layer", 0.5), REVIEWS, default_store())
    words = catalogue(lang)
    at = sound(page("slide", amount="20", lang=lang))
    count = len(load_task(REVIEWS).validation)
    assert any(words["measured.not_measured"].format(amount=20, count=count) in text for text in texts(at.markdown))
    start, back = ways(at, "long")
    assert start.startswith(words["measured.start"].split("{")[0]) and back == words["measured.go_to"].format(amount=50)
    spec = curve_spec(dense, "l1-layer", 0.2)
    assert default_store().read(spec.key) is None and spec.key not in FakeJobs.listed
    sound(button(at, start).click().run())
    assert default_store().read(spec.key) is not None
