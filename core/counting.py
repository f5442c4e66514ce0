"""The figures behind F1 scores and correlations, as functions of how often each example is counted.

Each takes answers and truths as texts and gives a function of weights (draws, examples) -> figures (draws,), which
the resampling asks thousands of times at once. An answer "" is none: wrong, and of no class.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.resampling import Figure, Values

SEPARATOR = "; "  # of the items of an answer that has several


class Answered(Protocol):
    """Texts of each example, in order."""

    @property
    def answers(self) -> Sequence[str]: ...

    @property
    def truths(self) -> Sequence[str]: ...


def split(answer: str) -> set[str]:
    """The items of an answer that has several."""
    return set(answer.split(SEPARATOR)) - {""}


def one_f1(label: str, sample: Answered) -> Figure:
    """F1 of one class against all others, 0 where it is neither answered nor true (scikit-learn's zero_division)."""
    said, true = _is(sample.answers, label), _is(sample.truths, label)
    return _f1(np.stack([said * true, said + true], 1))


def with_class(label: str, sample: Answered) -> int:
    """How many examples have that class, by answer or by truth: those that its F1 is a figure of."""
    return sum(label in pair for pair in zip(sample.answers, sample.truths, strict=True))


def with_rarest(sample: Answered) -> int:
    """How many examples have the class that is the rarest so."""
    labels = {*sample.answers, *sample.truths} - {""}
    return min((with_class(label, sample) for label in labels), default=0)


def all_items(sample: Answered) -> int:
    """How many items there are in all answers and truths, those of both once."""
    return sum(len(split(said) | split(true)) for said, true in zip(sample.answers, sample.truths, strict=True))


def mean_f1(sample: Answered) -> Figure:
    """Mean over classes of their F1; a class that is neither answered nor true is left out, as scikit-learn does."""
    labels = sorted({*sample.answers, *sample.truths} - {""})
    said, true = _one_hot(sample.answers, labels), _one_hot(sample.truths, labels)
    both, either = said * true, said + true

    def figure(weights: Values) -> Values:
        hits, total = weights @ both, weights @ either
        there = total > 0
        each = np.divide(2 * hits, total, out=np.zeros_like(total), where=there)
        return np.asarray(each.sum(1) / np.maximum(1, there.sum(1)))

    return figure


def items(sample: Answered) -> Figure:
    """F1 over the items of all answers together, such as labels of texts with several, or spans of entities.

    1 where there is nothing to find and nothing was said.
    """
    rows = [
        (len(said & true), len(said) + len(true))
        for said, true in zip(map(split, sample.answers), map(split, sample.truths), strict=True)
    ]
    return _f1(np.array(rows, dtype=np.float64).reshape(-1, 2), empty=1.0)


def _f1(rows: Values, empty: float = 0.0) -> Figure:
    """2 tp / (2 tp + fp + fn) of rows (tp, answered + true); `empty` where nothing is counted."""

    def figure(weights: Values) -> Values:
        hits, total = (weights @ rows).T
        return np.asarray(np.divide(2 * hits, total, out=np.full_like(total, empty), where=total > 0))

    return figure


def matthews(sample: Answered) -> Figure:
    """Matthews correlation of answered and true classes (Gorodkin 2004 for several); 0 where either is constant."""
    labels = sorted({*sample.answers, *sample.truths})
    said, true = _one_hot(sample.answers, labels), _one_hot(sample.truths, labels)
    right = (said * true).sum(1)

    def figure(weights: Values) -> Values:
        n, hits, p, t = weights.sum(1), weights @ right, weights @ said, weights @ true
        spread = np.sqrt(np.maximum(0, (n**2 - (p**2).sum(1)) * (n**2 - (t**2).sum(1))))
        return np.asarray(np.divide(hits * n - (p * t).sum(1), spread, out=np.zeros_like(spread), where=spread > 0))

    return figure


def pearson(sample: Answered) -> Figure:
    """Pearson's correlation of answered and true numbers; 0 where either is constant."""
    x, y = _centred(numbers(sample.answers)), _centred(numbers(sample.truths))
    sums = np.stack([x, y, x * x, y * y, x * y], 1)

    def figure(weights: Values) -> Values:
        n, (sx, sy, sxx, syy, sxy) = weights.sum(1), (weights @ sums).T
        return _correlated(n * sxy - sx * sy, n * sxx - sx**2, n * syy - sy**2)

    return figure


def spearman(sample: Answered) -> Figure:
    """Spearman's rank correlation, ranked anew in each resample, ties at their mean; 0 where either is constant."""
    x, y = _Ranked(numbers(sample.answers)), _Ranked(numbers(sample.truths))

    def figure(weights: Values) -> Values:
        a, b = x.ranks(weights), y.ranks(weights)
        n = weights.sum(1, keepdims=True)
        a, b = a - (weights * a).sum(1, keepdims=True) / n, b - (weights * b).sum(1, keepdims=True) / n
        return _correlated((weights * a * b).sum(1), (weights * a * a).sum(1), (weights * b * b).sum(1))

    return figure


class _Ranked:
    """Numbers in their order, to be ranked under many weights at once."""

    def __init__(self, values: Values) -> None:
        different, self.group = np.unique(values, return_inverse=True)
        self.order = np.argsort(self.group, kind="stable")
        self.starts = np.searchsorted(self.group[self.order], np.arange(len(different)))

    def ranks(self, weights: Values) -> Values:
        """The mean rank of each number among all that are counted, (draws, examples)."""
        together = np.add.reduceat(weights[:, self.order], self.starts, axis=1)
        ranks = np.cumsum(together, 1) - (together - 1) / 2
        return np.asarray(ranks[:, self.group])


def _correlated(product: Values, x: Values, y: Values) -> Values:
    spread = np.sqrt(np.maximum(0, x * y))
    found = np.divide(product, spread, out=np.zeros_like(spread), where=spread > 1e-12)
    return np.clip(found, -1, 1)


def numbers(texts: Sequence[str]) -> Values:
    """The numbers that these texts are; one that is none says as much as the mean of the others."""
    found = np.array([_number(text) for text in texts], dtype=np.float64)
    there = np.isfinite(found)
    return np.where(there, found, found[there].mean() if there.any() else 0.0)


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _centred(values: Values) -> Values:
    """Less their mean, which no correlation depends on, so that squares of large numbers stay exact."""
    return np.asarray(values - values.mean()) if len(values) else values


def _is(texts: Sequence[str], label: str) -> Values:
    return np.array([text == label for text in texts], dtype=np.float64)


def _one_hot(texts: Sequence[str], labels: Sequence[str]) -> Values:
    place = {label: number for number, label in enumerate(labels)}
    found = np.zeros((len(texts), len(labels)))
    for row, text in enumerate(texts):
        if text in place:
            found[row, place[text]] = 1
    return found
