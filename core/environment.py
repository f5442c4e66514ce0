"""This machine: what its figures may be compared within, what its CPU has for integers, and how busy it is."""

import functools
import os
import platform
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

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


def cpu(flags: Collection[str]) -> Cpu:
    """The CPU that has these flags; see core.result.cpu_flags."""
    return Cpu({name: any(flag in flags for flag in asked) for name, asked in FEATURES.items()}, bool(flags))


def reduce_range(flags: Collection[str]) -> bool:
    """Do products of bytes saturate at 16 bits here, so that weights had better have 7? x86 without VNNI."""
    return cpu(flags).expectation != "dots"


@dataclass(frozen=True)
class Environment:
    """The machine and the versions behind a figure; machine is what figures may be compared within.

    installation: the id of who measured it (core.installation); "" in what was recorded without.
    """

    machine: str
    python: str
    torch: str
    transformers: str
    installation: str = ""

    @property
    def is_browser(self) -> bool:
        """Is it a browser of a room? It has no PyTorch."""
        return not self.torch


@functools.cache
def here() -> Environment:
    """This machine and these versions; a figure that is measured takes core.installation.measuring() instead."""
    cores = os.cpu_count() or 1
    machine = f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}"
    return Environment(machine, platform.python_version(), version("torch"), version("transformers"))


def load_average() -> float:
    """Running processes in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


@functools.cache
def cpu_flags() -> frozenset[str]:
    """What this CPU's instruction set says of itself, in Linux' words; empty where the system does not tell."""
    facts = _cpu_facts()
    return frozenset(f"{facts.get('flags', '')} {facts.get('Features', '')}".split())


def _cpu_facts() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf8", errors="replace").splitlines() if path.is_file() else []
    return {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines) if v}


def _processor() -> str:
    facts = _cpu_facts()
    if "model name" not in facts:
        return platform.processor() or platform.machine()
    flags = cpu_flags()
    shown = [
        name for flag, name in (("avx512_vnni", "VNNI"), ("avx512_bf16", "bf16"), ("amx_tile", "AMX")) if flag in flags
    ]
    stepping = f"family {facts.get('cpu family', '?')} model {facts.get('model', '?')}"
    return f"{facts['model name']} ({', '.join([stepping, *shown])})"
