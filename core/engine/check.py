"""Is a written file as good as the model that it was made from? What both answered on the same examples says so."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.engine.latency import SEQ
from core.environment import here
from core.errors import Words
from core.metrics import ACCURACY
from core.result import Interval, finite
from core.summary import hundredfold

LOGITS = 1e-4  # largest difference from the torch model in fp32
AGREEMENT, POINTS = 0.98, 0.01  # with fewer bits: least share of equal answers, most accuracy lost


@dataclass(frozen=True)
class Check:
    """What the written file answered, beside the torch model that it was made from, on the same examples.

    exact: is it in fp32? Then its logits are to be those of the torch model. largest_difference: of any logit.
    invalid: answers of the file that are no numbers, which are left out there. metric: what accuracy is, in this
    task. latency_ms: of one sentence of so many tokens on one thread.
    """

    exact: bool

    accuracy: Interval
    torch_accuracy: Interval
    agreement: float
    largest_difference: float
    latency_ms: float
    invalid: int = 0
    tokens: int = SEQ
    metric: str = ACCURACY

    @property
    def good(self) -> bool:
        """Is it within the tolerances?"""
        return not self.reasons

    @property
    def reasons(self) -> tuple[Words, ...]:
        """Why it is not good; none when it is."""
        if self.invalid:
            return (Words("{count} answers are no numbers (NaN or infinite)", count=self.invalid),)
        apart, lost = self.largest_difference, round(100 * (self.torch_accuracy.value - self.accuracy.value), 9)
        if self.exact:
            far = Words("a logit differs by {apart:.1e}, more than {most:.0e}", apart=apart, most=LOGITS)
            return () if apart <= LOGITS else (far,)
        same = "only {share:.1f} % of the answers are the same, fewer than {least:.0f} %"
        gone = "{lost:.1f} points of {metric} are lost, more than {most:.0f}"
        fewer = Words(same, share=100 * self.agreement, least=100 * AGREEMENT)
        worse = Words(gone, lost=lost, metric=self.metric, most=100 * POINTS)
        checks = ((fewer, self.agreement < AGREEMENT), (worse, lost > 100 * POINTS))
        return tuple(words for words, failed in checks if failed)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, with the verdict in English."""
        apart = finite(self.largest_difference)
        return dataclasses.asdict(self) | {
            "largest_difference": apart,
            "good": self.good,
            "reasons": [str(one) for one in self.reasons],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], exact: bool) -> Self:
        """The inverse of to_json. Raises KeyError, TypeError."""
        known = {field.name: values[field.name] for field in dataclasses.fields(cls) if field.name in values}
        apart = math.nan if values["largest_difference"] is None else values["largest_difference"]
        intervals = {name: Interval(**values[name]) for name in ("accuracy", "torch_accuracy")}
        return cls(**{**known, **intervals, "largest_difference": apart, "exact": exact})

    @property
    def words(self) -> str:
        """The verdict on the file with its figures, in sentences."""
        verdict = "good" if self.good else "NOT good: " + "; ".join(map(str, self.reasons))
        now, before = (hundredfold(one.value, self.metric) for one in (self.accuracy, self.torch_accuracy))
        figure = f"{now} right" if self.metric == ACCURACY else f"{self.metric} {now}"
        return (
            f"{verdict}. The file answered all {self.accuracy.n} validation examples: {figure} "
            f"({before} in PyTorch), {100 * self.agreement:.1f} % of the answers the same, logits at most "
            f"{self.largest_difference:.1e} apart; {self.latency_ms:.1f} ms for {self.tokens} tokens, "
            "timed while it was checked and beside nothing else, on one thread of "
            f"{here().machine}."
        )
