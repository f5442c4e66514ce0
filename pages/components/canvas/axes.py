"""Parallel coordinates of several figures, on which ranges are drawn with the pointer or set with keys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pages.components.canvas.component import component
from pages.components.widgets.text import local

SCRIPTS = ("drawing", "axes")
TEXTS = ("label", "hint", "left")  # left: {left} {all}
WIDE = 10  # largest over smallest from which an axis is logarithmic
Range = tuple[float, float]  # shares of an axis, from its foot


@dataclass(frozen=True)
class Axis:
    """A figure of each result, None where it has none."""

    name: str
    values: Sequence[float | None]

    @property
    def ends(self) -> Range:
        """The least and the largest value."""
        known = [value for value in self.values if value is not None]
        return (min(known), max(known)) if known else (0.0, 1.0)

    @property
    def log(self) -> bool:
        """Is it logarithmic?"""
        low, high = self.ends
        return 0 < WIDE * low <= high

    def share(self, value: float) -> float:
        """Where a value stands, 0 at the foot and 1 on top."""
        low, high = self.ends
        if high <= low:
            return 0.5
        if self.log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    def inside(self, between: Range) -> list[bool]:
        """Which results lie in a range; those without the figure do not."""
        low, high = between
        return [one is not None and low - 1e-9 <= self.share(one) <= high + 1e-9 for one in self.values]


def brushed(axes: Sequence[Axis], text: Mapping[str, str], *, key: str) -> dict[int, Range]:
    """Mount it and return the range of each axis that has one, by its place."""
    told = [
        {
            "name": axis.name,
            "values": [None if value is None else round(value, 4) for value in axis.values],
            "low": axis.ends[0],
            "high": axis.ends[1],
            "log": axis.log,
            "shown": [local(f"{end:,.0f}" if end >= 100 else f"{end:.3g}") for end in axis.ends],
        }
        for axis in axes
    ]
    mount, data = component("axes", SCRIPTS), {"axes": told, "text": dict(text)}
    found = mount(key=key, data=data, default={"ranges": {}}, on_ranges_change=lambda: None)
    return {int(place): (float(low), float(high)) for place, (low, high) in dict(found.ranges or {}).items()}
