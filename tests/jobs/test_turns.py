"""Where along a slider the answer to a text turns: what each position answers."""

import dataclasses

import pytest
import torch

from core.engine.ask import Reply, ask
from core.engine.prepare import prepare
from core.engine.recipes import curve_spec
from core.engine.store import Store
from core.jobs.turns import LEAST, scan, turned
from core.techniques import operations
from tests.support import tiny


@pytest.fixture
def world(tmp_path):
    spec, origin = tiny.experiment(tmp_path, model=tiny.shaken(tiny.bert()), count=60)
    return spec, origin, Store(tmp_path / "cache" / "results")


def test_the_scan_is_what_each_position_answers_and_says_where_it_turns(world):
    spec, origin, store = world
    (text,) = prepare(spec, origin).task.validation[0].texts
    shares: list[float] = []
    done = scan(spec, "l1-layer", origin, store, [text], told=shares.append)
    found = list(done.found)
    assert done.whole and len(shares) == 101 and shares == sorted(shares) and shares[-1] == 1.0
    assert sorted(level for level, _ in found) == list(range(101)) and found[0][0] == 0 and found[1][0] == 100
    for level in (0, 40, 100):
        exact = ask(curve_spec(spec, "l1-layer", level / 100), origin, store, [text])
        assert dict(found)[level].answer == exact.answer
        assert dict(found)[level].sure == pytest.approx(exact.sure, abs=0.02)
    before = prepare(spec, origin).loaded.model
    assert ask(spec, origin, store, [text]).sure == pytest.approx(dict(found)[0].sure, abs=1e-5)  # it is left as it was
    assert all(torch.isfinite(one).all() for one in before.parameters())


def test_heads_and_neurons_are_scanned_at_every_fifth_percent(world):
    spec, origin, store = world
    found = dict(scan(spec, "structured", origin, store, ["the film was good"]).found)
    assert 0 in found and 50 in found and all(level % 5 == 0 for level in found)
    half = ask(curve_spec(spec, "structured", 0.5), origin, store, ["the film was good"])
    assert found[50].sure == pytest.approx(half.sure, abs=1e-5)


def test_what_was_fitted_is_there_for_the_next_text_and_answers_alike(world, monkeypatch):
    spec, origin, store = world
    text = "the film was good, and the second half was better"
    first = scan(spec, "structured", origin, store, [text])
    monkeypatch.setattr(operations, "refit_", lambda *_: pytest.fail("it was fitted again"))
    again = scan(spec, "structured", origin, store, [text])
    assert [(level, reply.answer) for level, reply in again.found] == [(lvl, one.answer) for lvl, one in first.found]
    assert len(again.found) > LEAST and again.whole
    for (level, before), (_, after) in zip(first.found, again.found, strict=True):
        assert after.sure == pytest.approx(before.sure, abs=1e-6), level
    with pytest.raises(pytest.fail.Exception):  # else nothing above could fail
        scan(dataclasses.replace(spec, seed=1), "structured-magnitude", origin, store, [text])


@pytest.mark.parametrize("method", ["l1-layer", "structured"])
def test_where_the_time_is_over_only_the_coarse_positions_are_asked(world, method):
    spec, origin, store = world
    done = scan(spec, method, origin, store, ["the film was good"], seconds=-1.0)
    assert not done.whole and done.found[0][0] == 0
    assert len(done.found) <= LEAST  # of heads and neurons some positions cannot be reached


def test_where_it_turns():
    reply = Reply("a", 0.9, (), 1.0, 5, False)
    other = dataclasses.replace(reply, answer="b")
    assert turned([(0, reply), (100, reply), (50, reply), (75, other)]) == [(50, 75), (75, 100)]
    assert turned([(0, reply), (100, reply)]) == [] == turned([])
