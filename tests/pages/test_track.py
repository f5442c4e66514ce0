"""The track on Slide: its bytes say what was measured, and where there is none a button measures it."""

import dataclasses
import json
import zlib

import numpy as np
import pytest

from core.control import Control
from core.engine import track
from core.engine.recipes import curve_spec, step
from core.engine.run import make_spec
from core.engine.store import default_store
from core.errors import Cancelled
from core.jobs.status import track_key
from core.metrics import Sample
from core.pictures.mosaic import unpack
from core.result import figure
from core.tasks import load_task
from pages.components.canvas import track as view
from pages.components.widgets.text import catalogue
from tests.support.app import REVIEWS, FakeJobs, button, page, sound, stored, texts, ways
from tests.support.tracks import tracked

pytestmark = pytest.mark.usefixtures("fresh_server")


def made(levels: tuple[int, ...] = (0, 50, 100)) -> track.Track:
    """A track of the reviews, whose answers turn one by one."""
    return tracked("demo", "l1-layer", levels, lambda level: 3 * level, default_store().folder, sure=200)


def mounted(at) -> tuple[dict, bytes]:
    (data,) = [one.proto.bytes for one in at.get("bidi_component") if b'"losses"' in one.proto.bytes]
    header, body = unpack(data)
    return header, zlib.decompress(body)


def test_the_bytes_are_the_answers_with_the_sentences_and_their_kinds():
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    found, task = made(), load_task(REVIEWS)
    header, body = mounted(sound(page("slide", amount="30")))
    count, size = len(task.validation), 3 * len(task.validation)
    assert (header["levels"], header["count"], header["amount"]) == ([0, 50, 100], count, 30)
    assert (np.frombuffer(body[:size], np.uint8).reshape(3, count) == found.answers).all()
    assert (np.frombuffer(body[2 * size : 2 * size + count], np.uint8) == found.right).all()
    kinds = np.frombuffer(body[2 * size + count : 2 * size + 2 * count], np.uint8)
    assert [header["kinds"][number] for number in kinds[:3]] == [one.kind for one in task.validation[:3]] or kinds.max()
    assert json.loads(body[2 * size + 2 * count :]) == [one.text for one in task.validation]
    assert header["low"][0] < 100 == header["high"][0] and header["better"] == [0, -1, -1]
    assert header["nonzero"] == [1.0, pytest.approx(0.55, abs=1e-4), pytest.approx(0.1, abs=1e-4)]
    assert set(view.TEXTS) == set(header["text"])


def test_other_seeds_of_chance_are_told_beside_it():
    folder, levels = default_store().folder, (0, 50, 100)
    for seed, wrong in ((0, 3), (1, 6)):
        tracked("demo", "random", levels, lambda level, wrong=wrong: wrong * level // 5, folder, seed=seed)
    tracked("demo", "random", (0, 100), lambda level: level, folder, seed=2)  # a part, which says nothing of the rest
    header, _ = mounted(sound(page("slide", method="random")))
    assert header["seeds"] == [[100.0, 95.0, 90.0], [100.0, 90.0, 80.0]]
    made()
    assert mounted(sound(page("slide", method="l1-layer")))[0]["seeds"] == []


def test_in_spanish_labels_and_kinds_are_named_too():
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    made()
    pages = [page("slide", lang=language) for language in ("en", "es")]
    assert [at.session_state["kept-lang"] for at in pages] == ["en", "es"]
    english, spanish = (mounted(at)[0] for at in pages)
    for header, words in ((english, catalogue("en")), (spanish, catalogue("es"))):
        assert header["text"]["accuracy"] == words["track.accuracy"]
        assert header["labels"] == [words["label.negative"], words["label.positive"]]
    assert english["kinds"] != spanish["kinds"]


def test_a_part_of_a_track_is_shown_with_the_button_that_measures_the_rest():
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    made()
    at = page("slide")
    assert ways(at, "track")[0].startswith("Measure every position (about ")  # how long, before it is asked for
    button(at, ways(at, "track")[0]).click().run()
    assert track_key(make_spec("demo", REVIEWS), "l1-layer", "encoder") in FakeJobs.listed


def test_a_whole_track_asks_for_nothing():
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    made(tuple(range(101)))
    assert ways(page("slide"), "track") == []


def test_movement_has_no_track_since_each_position_is_a_training():
    stored({0: (0.9, 36)})
    assert ways(page("slide", method="movement"), "track") == []


def test_the_job_measures_until_it_is_cancelled(tmp_path):
    dense, store, seen = make_spec("demo", REVIEWS), default_store(), []
    control = Control(on_event=lambda event: seen.append(event.stage), cancelled=lambda: "track" in seen)
    with pytest.raises(Cancelled):
        track.follow(dense, "l1-layer", REVIEWS, store, control)
    assert track.read(dense, step("l1-layer", 0), store).levels == (0,)


def test_where_a_track_and_a_stored_result_differ_it_is_said():
    stored({0: (0.9, 36), 0.5: (0.8, 30)})
    found = made()
    right = 100 * (found.answers[1] == found.right).mean()
    words = catalogue("en")["track.apart"].partition(" here")[0].format(ours=f"{right:.1f} %")
    assert any(one.startswith(words) for one in texts(page("slide", amount="50").caption))
    spec = curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.5)
    result = default_store().read(spec.key)
    count = len(result.quality.scores)
    scores = (1.0,) * round(right / 100 * count) + (0.0,) * round((1 - right / 100) * count)
    quality = dataclasses.replace(result.quality, scores=scores, interval=figure(Sample(scores)))
    default_store().write(dataclasses.replace(result, quality=quality))
    assert not any(one.startswith(words) for one in texts(page("slide", amount="50").caption))
