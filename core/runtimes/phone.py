"""An estimate of latency on a phone: a roofline band, never a measurement.

A sentence takes 2 operations for each multiply-accumulate. MobileBERT's paper (Sun et al. 2020, table 3) times
BERT-base at 342 ms on a Pixel 4, about 65 GFLOP/s of the 161 that its cores have at most; Bolt's published figures on
a Cortex-A76 make int8 2.1 times as fast as fp32. Memory, heat and the other apps are not in it.
"""

from dataclasses import dataclass

REACHED, PEAK = 65e9, 161e9  # operations a second in fp32
INT8_GAIN = 2.1


@dataclass(frozen=True)
class Band:
    """Milliseconds for one sentence: at the peak of the cores, and at what was reached on them."""

    low_ms: float
    high_ms: float


def band(macs: int, mode: str) -> Band:
    """The estimate for so many multiply-accumulates in that precision."""
    gain = INT8_GAIN if mode.startswith("int8") else 1.0
    return Band(*(2 * macs / speed / gain * 1000 for speed in (PEAK, REACHED)))
