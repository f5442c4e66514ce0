"""The timing protocol on a clock of the test's own, and once on real models."""

import random
import time

import pytest
import torch

from core.control import PAIRS
from core.engine import latency
from core.engine.latency import random_input
from core.errors import Cancelled
from core.installation import measuring, now
from core.runtimes import pytorch
from tests.support import tiny

INPUTS = [random_input(1, 16, len(tiny.VOCABULARY))] * PAIRS


class Clock:
    """Wall and CPU time that only move when a run says so."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    process_time = perf_counter


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(latency, "time", found)
    return found


def timed(dense, other, inputs=INPUTS, **options):
    return latency.rounds([dense, other], [inputs, inputs], **{"batch": 1, "seq": 16, **options}).speed(1, 0)


def worker(clock, milliseconds, order, drift=0.0):
    """A run that takes so long, give or take a tenth, and longer the later it is."""

    def run(item):
        clock.now += milliseconds * order.uniform(0.9, 1.1) * (1 + drift * clock.now) / 1000

    return run


def test_the_same_model_twice_shows_no_difference(clock):
    verdicts = []
    for seed in range(200):
        run = worker(clock, 5, random.Random(seed))
        verdicts.append(timed(run, run).verdict)
    assert verdicts.count("no difference shown") >= 195


@pytest.mark.parametrize(("factor", "verdict"), [(0.5, "faster"), (2.0, "slower"), (0.8, "faster"), (1.25, "slower")])
def test_a_real_difference_is_shown(clock, factor, verdict):
    covered = 0
    for seed in range(100):
        order = random.Random(seed)
        speed = timed(worker(clock, 5, order), worker(clock, 5 * factor, order))
        assert speed.verdict == verdict
        low, high = speed.interval
        covered += low <= 1 / factor <= high
    assert covered >= 88  # 95 of 100, less three standard errors
    assert speed.speedup == pytest.approx(1 / factor, rel=0.05)


def test_a_machine_that_slows_down_hits_both(clock):
    order = random.Random(0)
    run = worker(clock, 5, order, drift=5.0)
    speed = timed(run, run)
    assert speed.dense_times_ms[-1] > 2 * speed.dense_times_ms[0]
    assert speed.verdict == "no difference shown" and speed.speedup == pytest.approx(1, abs=0.05)


def test_less_than_the_margin_is_no_difference(clock):
    def takes(milliseconds):
        return lambda item: setattr(clock, "now", clock.now + milliseconds / 1000)

    assert timed(takes(5.0), takes(5.08)).verdict == "no difference shown"
    assert timed(takes(5.0), takes(5.15)).verdict == "slower"


def test_the_two_take_turns_and_who_begins_too():
    calls = []
    speed = timed(lambda item: calls.append("A"), lambda item: calls.append("B"), INPUTS[:4])
    assert "".join(calls) == "AB" * latency.WARM_UP + "AB" + "BA" + "AB" + "BA"
    assert len(speed.times_ms) == len(speed.dense_times_ms) == 4


def test_each_input_is_seen_by_both():
    inputs = [random_input(2, n, len(tiny.VOCABULARY)) for n in (4, 8, 12)]
    seen = {"A": [], "B": []}
    timed(lambda i: seen["A"].append(i["input_ids"].shape), lambda i: seen["B"].append(i["input_ids"].shape), inputs)
    assert seen["A"][latency.WARM_UP :] == seen["B"][latency.WARM_UP :] == [(2, 4), (2, 8), (2, 12)]


def test_the_threads_are_those_asked_for_and_put_back():
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        speed = timed(lambda item: seen.append(torch.get_num_threads()), lambda item: None, INPUTS[:2])
        assert set(seen) == {1} == {speed.threads}
        assert torch.get_num_threads() == 2
        timed(lambda item: seen.append(torch.get_num_threads()), lambda item: None, INPUTS[:2], threads=2)
        assert seen[-1] == 2
        with pytest.raises(ZeroDivisionError):
            timed(lambda item: 1 / 0, lambda item: None)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_what_stands_beside_the_times():
    inputs = [random_input(3, 8, len(tiny.VOCABULARY))] * 4
    speed = timed(lambda item: None, lambda item: None, inputs, batch=3, seq=8)
    assert (speed.batch, speed.seq, speed.threads) == (3, 8, 1)
    assert speed.examples == 12 and speed.load >= 0
    assert speed.environment == measuring() and speed.measured_at <= now()


def test_wall_time_far_above_cpu_time_is_flagged():
    speed = timed(lambda item: time.sleep(0.01), lambda item: time.sleep(0.01), INPUTS[:3])
    assert speed.cpu_share < 0.5 and speed.busy


def test_wall_time_near_cpu_time_is_not_flagged(clock):
    order = random.Random(0)
    run = worker(clock, 5, order)
    speed = timed(run, run)
    assert speed.cpu_share == 1.0 and not speed.busy


def test_progress_and_cancel():
    seen = []
    with pytest.raises(Cancelled):
        latency.rounds(
            [lambda item: None] * 2,
            [INPUTS] * 2,
            batch=1,
            seq=16,
            on_round=lambda *place: seen.append(place),
            cancelled=lambda: len(seen) == 5,
        )
    assert seen == [(i, PAIRS) for i in range(1, 6)]


def test_cancel_is_heard_while_warming_up():
    calls = []
    with pytest.raises(Cancelled):
        latency.rounds([calls.append], [INPUTS], batch=1, seq=16, cancelled=lambda: len(calls) == 2)
    assert len(calls) == 2 < latency.WARM_UP


def test_random_input_is_full_and_stays_in_the_vocabulary():
    batch = random_input(4, 16, 27)
    assert batch["input_ids"].shape == (4, 16) and batch["attention_mask"].all()
    assert 0 <= batch["input_ids"].min() and batch["input_ids"].max() < 27
    assert torch.equal(batch["input_ids"], random_input(4, 16, 27)["input_ids"])
    assert random_input(1, 500, 30522)["input_ids"].min() >= 1000


def test_real_models():
    # noise may call two equal models different once in a while, hardly three times in a row
    model, deep = tiny.bert(), tiny.bert(num_hidden_layers=4)
    dense = pytorch.runner(model)
    assert "no difference shown" in (timed(dense, pytorch.runner(tiny.bert())).verdict for _ in range(3))
    assert "slower" in (timed(dense, pytorch.runner(deep)).verdict for _ in range(3))
    assert "faster" in (timed(pytorch.runner(deep), dense).verdict for _ in range(3))
