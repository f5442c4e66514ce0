"""Metrics: the rule for right and wrong, the rule for fractions, and where each is chosen."""

import pytest

from core import metrics
from core.intervals import mcnemar, paired_difference, wilson
from core.resampling import bootstrap, sign_flips

RIGHT, F1 = metrics.of("accuracy"), metrics.of("F1")


def test_right_and_wrong_are_counted():
    before, after = (1.0, 1.0, 1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0, 0.0, 1.0)
    assert RIGHT.interval(before, 10) == wilson(4, 6)
    assert RIGHT.difference(before, after) == (*paired_difference(2, 1, 6), mcnemar(2, 1))


def test_fractions_are_not_counted_as_right_or_wrong():
    with pytest.raises(ValueError, match="name another metric"):
        RIGHT.difference((1.0, 0.9), (1.0, 1.0))


def test_fractions_are_resampled():
    before, after = (0.0, 0.5, 1.0, 0.25), (0.5, 0.5, 1.0, 0.0)
    assert F1.interval(before, 500) == bootstrap(before, 500)
    gained = (0.5, 0.0, 0.0, -0.25)
    assert F1.difference(before, after) == (0.0625, *bootstrap(gained), sign_flips(gained))
    turned = F1.difference(after, before)
    low, high = bootstrap(gained)
    assert turned[:3] == pytest.approx((-0.0625, -high, -low)) and turned[3] == sign_flips(gained)


@pytest.mark.parametrize("scores", [(), (1.0,), (1.0,) * 8, (0.25,) * 8])
def test_scores_that_are_alike_still_leave_a_doubt(scores):
    assert F1.interval(scores, 10) == wilson(sum(scores), len(scores))
    low, high = F1.interval(scores, 10)
    assert high - low > 0.3
    delta, low, high, p = F1.difference(scores, scores)
    assert (delta, p) == (0, 1) and low < 0 < high


def test_a_metric_is_registered():
    with pytest.raises(ValueError, match="unknown metric 'BLEU'; it needs an entry in core/metrics.py"):
        metrics.of("BLEU")
