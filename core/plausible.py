"""Could a stored result have been measured? What could not is set aside, and not drawn as if it had been."""

import math
from typing import Any

from core import metrics
from core.metrics import ACCURACY
from core.result import Interval, Quality, Result, Size, Speed

CLOSE = 1e-6
LARGE = 1 << 53  # of a whole number, beyond which it is none of ours and no float


def require(result: Result) -> None:
    """Raise ValueError, with the first figure that no measurement gives."""
    _quality(result.quality)
    _size(result.size)
    for speed in result.speeds:
        _speed(speed)


def _quality(quality: Quality) -> None:
    for interval in (quality.interval, *quality.kinds.values()):
        _interval(interval)
    for name in (quality.metric, *quality.beside):
        metrics.of(name)
    count = len(quality.scores)
    _require(len(quality.answers) == count, "answers", len(quality.answers))
    _require(len(quality.truths) in (0, count), "right answers", len(quality.truths))
    _require(all(map(_is_number, quality.scores)), "scores", "")
    if quality.metric == ACCURACY and count:
        mean = sum(quality.scores) / count
        _require(abs(mean - quality.interval.value) < CLOSE, "accuracy", quality.interval.value)
    _require(_is_number(quality.seconds) and quality.seconds >= 0, "seconds", quality.seconds)


def _interval(interval: Interval) -> None:
    ends = (interval.low, interval.value, interval.high)
    fits = all(map(_is_number, ends)) and -1 <= ends[0] <= ends[1] + CLOSE <= ends[2] + 2 * CLOSE <= 1 + 3 * CLOSE
    _require(fits, "interval", ends)
    _require(_is_count(interval.n), "number of examples", interval.n)


def _size(size: Size) -> None:
    counts = (size.params, size.nonzero, size.prunable, size.prunable_nonzero, size.bytes, size.zip_bytes, size.macs)
    _require(all(map(_is_count, counts)), "size", counts)
    _require(size.nonzero <= size.params and size.prunable_nonzero <= size.prunable, "weights", counts)


def _speed(speed: Speed) -> None:
    times, dense = speed.times_ms, speed.dense_times_ms
    _require(len(times) == len(dense) > 0, "times", len(times))
    _require(all(_is_number(one) and one > 0 for one in (*times, *dense)), "times", "")


def _is_number(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGE
    return whole or (isinstance(value, float) and math.isfinite(value))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGE


def _require(fits: bool, what: str, found: Any) -> None:
    if not fits:
        raise ValueError(f"{what} {found} could not have been measured")
