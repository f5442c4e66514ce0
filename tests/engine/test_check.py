"""When a written file is called good, and what is said where it is not."""

import json
import math

import pytest

from core.engine.check import Check
from core.result import Interval

NINETY = Interval(0.9, 0.88, 0.92, 872)


def check(exact=False, now=0.9, agreement=0.99, apart=0.2, invalid=0):
    return Check(exact, Interval(now, now, now, 872), NINETY, agreement, apart, 10.0, invalid)


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (check(), []),
        (check(exact=True, apart=5e-5), []),
        (check(exact=True, apart=2e-4), ["a logit differs by 2.0e-04, more than 1e-04"]),
        (check(agreement=0.975), ["only 97.5 % of the answers are the same, fewer than 98 %"]),
        (check(now=0.885), ["1.5 points of accuracy are lost, more than 1"]),
        (check(invalid=4), ["4 answers are no numbers (NaN or infinite)"]),
        (check(exact=True, apart=0.0, invalid=1), ["1 answers are no numbers (NaN or infinite)"]),
        (check(exact=True, apart=math.nan), ["a logit differs by nan, more than 1e-04"]),
    ],
)
def test_good_is_what_is_within_the_tolerances(found, reasons):
    assert found.good == (not reasons) and [str(one) for one in found.reasons] == reasons
    assert found.words.startswith("good." if not reasons else f"NOT good: {reasons[0]}.")


@pytest.mark.parametrize("apart", [0.25, math.nan, math.inf])
def test_it_is_valid_json_and_comes_back(apart):
    found = check(apart=apart, invalid=2)
    text = json.dumps(found.to_json(), allow_nan=False)
    again = Check.from_json(json.loads(text), exact=False)
    assert again.to_json() == found.to_json() and json.loads(text)["good"] is False
