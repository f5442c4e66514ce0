"""F1 scores and correlations beside scikit-learn's and scipy's, with weights as resamples have them."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from core import counting
from core.metrics import Sample

ONE = np.ones((1, 400))


@pytest.fixture(scope="module")
def sample():
    """Four classes of different frequency, of which one is rarely and one never answered right."""
    order = np.random.default_rng(0)
    truths = order.choice(["a", "b", "c", "d"], 400, p=[0.6, 0.25, 0.1, 0.05])
    said = np.where(order.random(400) < 0.6, truths, order.choice(["a", "b", "c"], 400))
    return Sample((), tuple(said), tuple(truths))


@pytest.fixture(scope="module")
def correlated():
    """Numbers with many ties, and answers beside them, five of which are none."""
    order = np.random.default_rng(1)
    truths = order.integers(0, 11, 400) / 2
    said = truths + order.normal(0, 1.5, 400)
    return Sample((), tuple(f"{one:.7g}" for one in said), tuple(f"{one:.7g}" for one in truths))


def weights(rows=5):
    order = np.random.default_rng(2)
    return np.stack([np.bincount(order.integers(400, size=400), minlength=400) for _ in range(rows)]).astype(float)


def repeated(sample, row):
    """The answers and truths of a resample written out."""
    times = row.astype(int)
    return np.repeat(sample.truths, times), np.repeat(sample.answers, times)


@pytest.mark.parametrize(
    ("figure", "peer"),
    [
        (counting.mean_f1, lambda t, a: sklearn.metrics.f1_score(t, a, average="macro")),
        (counting.matthews, sklearn.metrics.matthews_corrcoef),
        (lambda s: counting.one_f1("c", s), lambda t, a: sklearn.metrics.f1_score(t, a, average=None, labels=["c"])[0]),
    ],
)
def test_counts_are_scikit_learns(sample, figure, peer):
    for row in (*ONE, *weights()):
        assert figure(sample)(row[None])[0] == pytest.approx(peer(*repeated(sample, row)), abs=1e-12)


@pytest.mark.parametrize(
    ("figure", "peer"), [(counting.pearson, scipy.stats.pearsonr), (counting.spearman, scipy.stats.spearmanr)]
)
def test_correlations_are_scipys(correlated, figure, peer):
    for row in (*ONE, *weights()):
        truths, said = (one.astype(float) for one in repeated(correlated, row))
        assert figure(correlated)(row[None])[0] == pytest.approx(peer(said, truths).statistic, abs=1e-9)


def test_pearson_keeps_its_digits_far_from_zero():
    truths, said = [1e6, 1e6 + 1, 1e6 + 2], [1e6, 1e6 + 2, 1e6 + 1]
    sample = Sample((), tuple(map(repr, said)), tuple(map(repr, truths)))
    assert counting.pearson(sample)(np.ones((1, 3)))[0] == pytest.approx(0.5, abs=1e-9)


def test_items_by_hand():
    # found: 1 of 2, 0 of 1, 2 of 2; said: 2, 1, 2
    sample = Sample((), ("PER 0-1; LOC 3-3", "ORG 0-0", "x; y"), ("PER 0-1; LOC 3-4", "PER 0-0", "y; x"))
    assert counting.items(sample)(np.ones((1, 3)))[0] == pytest.approx(2 * 3 / (5 + 5))
    nothing = Sample((), ("", ""), ("", ""))
    assert counting.items(nothing)(np.ones((1, 2)))[0] == 1.0
    assert counting.items(Sample((), ("x",), ("",)))(np.ones((1, 1)))[0] == 0.0


def test_what_is_no_answer_is_wrong_and_of_no_class(sample):
    answers = ("", *sample.answers[1:])
    found = counting.mean_f1(Sample((), answers, sample.truths))(ONE)[0]
    other = sklearn.metrics.f1_score(
        sample.truths, answers, average="macro", labels=["a", "b", "c", "d"], zero_division=0
    )
    assert found == pytest.approx(other, abs=1e-12)
    assert counting.numbers(("1", "", "3", "nan")).tolist() == [1, 2, 3, 2]


def test_a_constant_answer_is_no_correlation():
    sample = Sample((), ("1",) * 4, ("1", "2", "1", "3"))
    for figure in (counting.pearson, counting.spearman, counting.matthews):
        assert figure(sample)(np.ones((1, 4)))[0] == 0.0
