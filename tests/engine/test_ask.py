"""One's own text: the answer of a run, of dense and compressed; what cannot be asked."""

import dataclasses

import pytest

from core.engine import ask as asking
from core.engine.ask import MOST, ask
from core.engine.prepare import prepare
from core.engine.recipes import curve_spec
from core.engine.run import make_spec, run
from core.engine.store import Store
from core.errors import ConfigError, DataError
from core.tasks.task import Origin
from core.techniques import parse_step
from tests.support import tiny, tiny_qa, tiny_squad


@pytest.fixture
def world(tmp_path):
    model = tiny.shaken(tiny.bert())
    spec, origin = tiny.experiment(tmp_path, model=model, count=60)
    return spec, origin, Store(tmp_path / "cache" / "results")


@pytest.mark.parametrize("method", ["l1-layer", "structured"])
def test_it_answers_as_the_evaluation_does(world, method):
    spec, origin, store = world
    for one in (spec, curve_spec(spec, method, 0.5)):
        result, task = run(one, origin, store), prepare(spec, origin).task
        for place, example in enumerate(task.validation[:5]):
            reply = ask(one, origin, store, example.texts)
            assert reply.answer == result.quality.answers[place]
            assert sum(share for _, share in reply.shares) == pytest.approx(1)
            assert dict(reply.shares)[reply.answer] == pytest.approx(reply.sure) == max(s for _, s in reply.shares)
            assert reply.ms > 0 and reply.tokens > 2 and not reply.cut


def test_long_and_strange_texts_are_read(world):
    spec, origin, store = world
    for text in ("good " * 4000, "🙂🙃", "<b>bold</b>", "漢字とかな", "\u202eback"):
        reply = ask(spec, origin, store, [text])
        assert reply.answer and reply.cut == (len(text) > MOST)


def test_what_the_vocabulary_has_nothing_for_is_counted(world):
    spec, origin, store = world
    (known,) = prepare(spec, origin).task.validation[0].texts
    assert ask(spec, origin, store, [known]).unknown == 0
    reply = ask(spec, origin, store, [f"{known} 🙂 漢"])
    assert reply.unknown == 2 and reply.tokens > 4


def test_a_question_of_a_passage(tmp_path):
    folder = tiny.folder(tmp_path / "reader", tiny_qa.model())
    origin = Origin("squad", tiny_squad.folder(tmp_path / "squad", train=4, dev=4))
    spec, store = make_spec(folder, origin), Store(tmp_path / "cache" / "results")
    passage = prepare(spec, origin).task.validation[0].second
    reply = ask(spec, origin, store, ["what is it?", passage])
    assert reply.shares == () and reply.answer in passage and 0 < reply.sure < 1
    with pytest.raises(ConfigError, match="the question is missing"):
        ask(spec, origin, store, [" ", passage])
    with pytest.raises(ConfigError, match="needs the passage"):
        ask(spec, origin, store, ["what is it?"])


def test_what_cannot_be_asked_is_said(world, tmp_path):
    spec, origin, store = world
    with pytest.raises(ConfigError, match="nothing to read"):
        ask(spec, origin, store, ["  "])
    trained = dataclasses.replace(spec, steps=(parse_step("finetune:steps=1"),))
    with pytest.raises(ConfigError, match="'finetune' trained are not on this machine"):
        ask(trained, origin, store, ["good"])
    task = prepare(spec, origin).task
    with pytest.raises(DataError, match="no single answer"):
        asking.require(dataclasses.replace(task, head=None), ["good"])


def test_times_that_differ_too_much_are_not_called_steady(world, monkeypatch):
    spec, origin, store = world
    clock = iter([0.0, 9.0, 10.0, 10.1, 20.0, 20.1, 30.0, 30.2, *range(40, 100)])
    monkeypatch.setattr(asking.time, "perf_counter", lambda: next(clock))
    assert not ask(spec, origin, store, ["good"]).steady
    monkeypatch.undo()
    monkeypatch.setattr(asking, "APART", 1e9)
    monkeypatch.setattr(asking, "AT_WORK", 0.0)
    assert ask(spec, origin, store, ["good"]).steady
    monkeypatch.setattr(asking, "AT_WORK", 0.8)
    monkeypatch.setattr(asking.time, "process_time", lambda: 1.0)  # it waited for a processor, each time as long
    assert not ask(spec, origin, store, ["good"]).steady
