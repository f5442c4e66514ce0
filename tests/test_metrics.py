"""Metrics: the rule for right and wrong, the rule for fractions, and where each is chosen."""

import itertools
import math
import random

import pytest

from core import metrics
from core.intervals import mcnemar, paired_difference, wilson
from core.metrics import Sample
from core.resampling import bootstrap, sign_flips

RIGHT, F1 = metrics.of("accuracy"), metrics.of("mean F1")


def test_right_and_wrong_are_counted():
    before, after = (1.0, 1.0, 1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0, 0.0, 1.0)
    before, after = Sample(before), Sample(after)
    assert RIGHT.interval(before, 10) == wilson(4, 6)
    assert RIGHT.difference(before, after) == (*paired_difference(2, 1, 6), mcnemar(2, 1))


def test_fractions_are_not_counted_as_right_or_wrong():
    with pytest.raises(ValueError, match="name another metric"):
        RIGHT.difference(Sample((1.0, 0.9)), Sample((1.0, 1.0)))


def test_fractions_are_resampled():
    before, after = (0.0, 0.5, 1.0, 0.25), (0.5, 0.5, 1.0, 0.0)
    assert F1.interval(Sample(before), 500) == bootstrap(before, 500)
    gained = (0.5, 0.0, 0.0, -0.25)
    assert F1.difference(Sample(before), Sample(after)) == (0.0625, *bootstrap(gained), sign_flips(gained))
    turned = F1.difference(Sample(after), Sample(before))
    low, high = bootstrap(gained)
    assert turned[:3] == pytest.approx((-0.0625, -high, -low)) and turned[3] == sign_flips(gained)


@pytest.mark.parametrize("scores", [(), (1.0,), (1.0,) * 8, (0.25,) * 8])
def test_scores_that_are_alike_still_leave_a_doubt(scores):
    assert F1.interval(Sample(scores), 10) == wilson(sum(scores), len(scores))
    low, high = F1.interval(Sample(scores), 10)
    assert high - low > 0.3
    delta, low, high, p = F1.difference(Sample(scores), Sample(scores))
    assert (delta, p) == (0, 1) and low < 0 < high


def test_a_metric_is_registered():
    with pytest.raises(ValueError, match="unknown metric 'BLEU'; it needs an entry in core/metrics.py"):
        metrics.of("BLEU")


def drawn(n=300, right=0.8, seed=0, classes="ab"):
    order = random.Random(seed)
    truths = tuple(order.choices(classes, [4] + [1] * (len(classes) - 1), k=n))
    answers = tuple(t if order.random() < right else order.choice(classes) for t in truths)
    return Sample(tuple(float(a == t) for a, t in zip(answers, truths, strict=True)), answers, truths)


@pytest.mark.parametrize("name", ["macro-F1", "Matthews", "F1 of b"])
def test_a_counted_figure_has_an_interval_and_a_test(name):
    metric, before, after = metrics.of(name), drawn(), drawn(right=0.5)
    low, high = metric.interval(before, 2000)
    assert low < metric.figure(before) < high and high - low < 0.25
    delta, low, high, p = metric.difference(before, Sample(after.scores, after.answers, before.truths))
    assert delta == pytest.approx(metric.figure(Sample((), after.answers, before.truths)) - metric.figure(before))
    assert low < delta < high < 0 and p < 0.01
    assert metric.difference(before, before)[::3] == (0.0, 1.0)


def test_p_by_exchanging_is_every_exchange_written_out():
    truths = ("a", "a", "b", "b", "b", "a")
    one, two = ("a", "a", "b", "b", "a", "a"), ("a", "b", "a", "b", "b", "b")
    metric, places = metrics.of("macro-F1"), [i for i in range(6) if one[i] != two[i]]

    def apart(exchanged):
        first = tuple(two[i] if i in exchanged else one[i] for i in range(6))
        second = tuple(one[i] if i in exchanged else two[i] for i in range(6))
        return abs(metric.figure(Sample((), second, truths)) - metric.figure(Sample((), first, truths)))

    every = [set(c) for size in range(len(places) + 1) for c in itertools.combinations(places, size)]
    wanted = sum(apart(one) >= apart(set()) - 1e-9 for one in every) / len(every)
    assert metric.difference(Sample((), one, truths), Sample((), two, truths))[3] == pytest.approx(wanted)


def test_correlations_have_an_interval_and_a_test():
    order = random.Random(3)
    truths = [order.gauss(0, 1) for _ in range(400)]
    near, far = ([t + order.gauss(0, width) for t in truths] for width in (0.5, 1.5))
    samples = [Sample((), tuple(map(str, said)), tuple(map(str, truths))) for said in (near, far)]
    for name in ("Pearson", "Spearman"):
        metric = metrics.of(name)
        value, (low, high) = metric.figure(samples[0]), metric.interval(samples[0], 2000)
        if name == "Pearson":  # beside Fisher's transformation
            ends = [math.tanh(math.atanh(value) + side * 1.96 / math.sqrt(397)) for side in (-1, 1)]
            assert (low, high) == pytest.approx(ends, abs=0.01)
        assert low < value < high and not metric.share
        delta, low, high, p = metric.difference(*samples)
        assert low < delta < high < 0 and p < 0.01
        assert metric.difference(samples[0], samples[0])[::3] == (0.0, 1.0)
        moved = metric.changed(*samples)
        assert 0 < len(moved) < 400 and metric.changed(samples[0], samples[0]) == ()


def test_all_right_still_leaves_a_doubt():
    sample = Sample((1.0,) * 30, ("a", "b") * 15, ("a", "b") * 15)
    for name in ("macro-F1", "micro-F1", "Matthews"):
        low, high = metrics.of(name).interval(sample, 500)
        assert low < 0.95 and high == pytest.approx(1.0)
        assert metrics.of(name).interval(Sample((), (), ()), 500) == (0.0, 1.0)


def test_one_answer_to_everything_leaves_the_doubt_of_what_was_counted():
    rare = Sample((), ("no",) * 101, ("yes",) * 7 + ("no",) * 94)
    assert metrics.of("F1 of yes").interval(rare, 500) == wilson(0, 7)  # more of the others make it no narrower
    assert metrics.of("Matthews").interval(rare, 500) == (-1.0, 1.0)
    items = Sample((), ("", "ORG 0-0"), ("PER 0-0", "PER 1-1"))
    assert metrics.of("micro-F1").interval(items, 500) == wilson(0, 3)
    numbers = Sample((), ("1",) * 40, tuple(map(str, range(40))))
    for name in ("Pearson", "Spearman"):
        assert metrics.of(name).interval(numbers, 500) == (-1.0, 1.0)


def test_answers_to_other_examples_are_not_paired():
    with pytest.raises(ValueError, match="other examples"):
        metrics.of("macro-F1").difference(Sample((), ("a",), ("a",)), Sample((), ("a",), ("b",)))
