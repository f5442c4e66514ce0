"""What this CPU has for integers and short floats, and what to expect of int8 here."""

from collections.abc import Collection
from dataclasses import dataclass

# the flags of Linux, on x86 and on ARM
FEATURES = {
    "AVX2": ("avx2",),
    "AVX512-VNNI": ("avx512_vnni", "avx_vnni"),
    "AMX int8": ("amx_int8",),
    "bf16": ("avx512_bf16", "amx_bf16", "bf16"),
    "ARM dot product": ("asimddp",),
    "ARM i8mm": ("i8mm",),
}
DOTS = ("AVX512-VNNI", "AMX int8", "ARM dot product", "ARM i8mm")


@dataclass(frozen=True)
class Cpu:
    """Which of FEATURES there are; known: did the system tell?"""

    features: dict[str, bool]
    known: bool

    @property
    def expectation(self) -> str:
        """dots: four products of bytes in one instruction; pairs: two, with 7-bit weights on x86; unknown."""
        if not self.known:
            return "unknown"
        return "dots" if any(self.features[name] for name in DOTS) else "pairs"


def read(flags: Collection[str]) -> Cpu:
    """The CPU that has these flags; see core.result.cpu_flags."""
    return Cpu({name: any(flag in flags for flag in asked) for name, asked in FEATURES.items()}, bool(flags))


def reduce_range(flags: Collection[str]) -> bool:
    """Do products of bytes saturate at 16 bits here, so that weights had better have 7? x86 without VNNI."""
    return read(flags).expectation != "dots"
