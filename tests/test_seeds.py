"""Other seeds of a recipe: found by their keys, and how far they are apart."""

import dataclasses

from core import summary
from tests.support import tiny


def of(spec, shares):
    """A store with a result of that share of right answers for each seed."""
    kept = {}
    for seed, right in shares.items():
        one = dataclasses.replace(spec, seed=seed)
        quality = tiny.quality((1.0,) * right + (0.0,) * (100 - right))
        kept[one.key] = tiny.result(one, quality=quality)
    return kept


def test_the_seeds_of_a_recipe_and_their_spread():
    spec = tiny.spec()
    found = summary.stored_seeds(dataclasses.replace(spec, seed=2), of(spec, {0: 88, 1: 90, 2: 86, 11: 10}).get)
    assert sorted(found) == [0, 1, 2]
    assert dataclasses.astuple(summary.accuracy_spread(found)) == (3, 88.0, 86.0, 90.0)


def test_gains_are_taken_seed_by_seed():
    spec = tiny.spec()
    one, other = (
        summary.stored_seeds(spec, of(spec, shares).get) for shares in ({0: 88, 1: 90, 2: 80}, {0: 85, 1: 89, 5: 1})
    )
    spread = summary.gain_spread(one, other)
    assert (spread.count, round(spread.mean, 6), round(spread.low, 6), round(spread.high, 6)) == (2, 2.0, 1.0, 3.0)


def test_one_seed_has_no_spread():
    spec = tiny.spec()
    alone = summary.stored_seeds(spec, of(spec, {0: 88}).get)
    assert summary.accuracy_spread(alone) is None and summary.gain_spread(alone, alone) is None
