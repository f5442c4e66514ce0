"""What a browser sends of its times, read with care: anyone in the room may send anything."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from core.errors import DataError
from core.intervals import faster_or_slower, median_interval

MOST_BYTES = 65_536
LEAST_ROUNDS, MOST_ROUNDS = 9, 301
MOST_MS = 60_000.0
BACKENDS = ("wasm", "webgpu")
NAME = re.compile("[0-9a-f]{16}")
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("Edge", r"Edg(?:A|iOS)?/([0-9]+)"),
    ("Samsung Internet", r"SamsungBrowser/([0-9]+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/([0-9]+)"),
    ("Chrome", r"(?:Chrome|CriOS)/([0-9]+)"),
    ("Safari", r"Version/([0-9]+).*Safari/"),
)


@dataclass(frozen=True)
class Timed:
    """One model on a device. key: of its result. times_ms: of rounds by turns with the others, in the same order. runs:
    of the model in a round, of which its time is the mean."""

    key: str
    times_ms: tuple[float, ...]
    download_ms: float
    start_ms: float
    runs: int = 1

    @property
    def median_ms(self) -> float:
        """Median time of a sentence."""
        return median(self.times_ms)


@dataclass(frozen=True)
class Device:
    """A browser that measured. id: chosen by the page at random, so that a second time takes the place of the first.
    kind: phone, tablet or computer. system, browser: what it says of itself, in words of ours. cores, memory: 0 if it
    does not say. backend, threads, tokens: of what was timed; wasm or webgpu. hidden: was the page out of sight?
    wall_ms, busy_ms: how long all took, and how much of that the models.
    """

    id: str
    kind: str
    system: str
    browser: str
    cores: int
    memory: float
    backend: str
    threads: int
    tokens: int
    runtime: str
    hidden: bool
    wall_ms: float
    busy_ms: float
    models: tuple[Timed, ...]
    measured_at: str = ""
    name: Mapping[str, str] = field(default_factory=dict)

    @property
    def way(self) -> tuple[str, str, int]:
        """Of the same device and way the newest counts."""
        return self.id, self.backend, self.threads

    @property
    def plain(self) -> bool:
        """Did one thread of WebAssembly run it? That is what every device has, so that all can be compared."""
        return self.backend == "wasm" and self.threads == 1

    def speedup(self, place: int) -> tuple[float, float, float]:
        """How much faster the model at a place is than the first, with the interval of 95 % (median of ratios)."""
        dense, other = self.models[0].times_ms, self.models[place].times_ms
        ratios = [a / b for a, b in zip(dense, other, strict=True)]
        return median(ratios), *median_interval(ratios)

    def verdict(self, place: int) -> str:
        """faster, slower, or no difference shown; busy where the device did something else or was not looked at."""
        _, low, high = self.speedup(place)
        if not self.sound:
            return "busy"
        return faster_or_slower(low, high)

    @property
    def sound(self) -> bool:
        """Was it in sight, did it nothing else, and was it as fast at the end as at first, and alike between?"""
        dense = self.models[0].times_ms
        third = max(1, len(dense) // 3)
        drift = median(dense[-third:]) / median(dense[:third])
        ordered, quarter = sorted(dense), len(dense) // 4
        spread = (ordered[-1 - quarter] - ordered[quarter]) / median(dense)
        return not self.hidden and self.busy_ms >= 0.8 * self.wall_ms and drift <= 1.15 and spread <= 0.3


def read(body: bytes, keys: Sequence[str], tokens: int) -> Device:
    """What was sent, of models with these keys in this order, timed with so many tokens. Raises DataError."""
    if len(body) > MOST_BYTES:
        raise DataError("what was sent is too long: {bytes} bytes", bytes=len(body))
    try:
        values = json.loads(body)
        return _device(values, keys, tokens)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise DataError("what was sent is not a measurement of this page") from error


def _device(values: Mapping[str, Any], keys: Sequence[str], tokens: int) -> Device:
    models = tuple(_timed(one) for one in values["models"])
    rounds = {len(one.times_ms) for one in models}
    if tuple(one.key for one in models) != tuple(keys) or len(rounds) != 1 or values["tokens"] != tokens:
        raise ValueError("other models, or other rounds of each")
    agent = str(values["agent"])[:300]
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    if not NAME.fullmatch(values["id"]) or values["backend"] not in BACKENDS:
        raise ValueError("no name, or an unknown way to run it")
    found = Device(
        id=values["id"],
        kind=_kind(system, bool(values["mobile"])),
        system=system or "?",
        browser=_browser(agent),
        cores=_whole(values["cores"], 0, 1024),
        memory=_number(values["memory"], 0, 4096),
        backend=values["backend"],
        threads=_whole(values["threads"], 1, 64),
        tokens=tokens,
        runtime=_version(values["runtime"]),
        hidden=bool(values["hidden"]),
        wall_ms=_number(values["wall_ms"], 0, 1e7),
        busy_ms=_number(values["busy_ms"], 0, 1e7),
        models=models,
    )
    _require_sum(found)
    return found


def _require_sum(device: Device) -> None:
    """What the page sends fits together: the models' times are the busy ones, and no more than all."""
    whole = sum(sum(one.times_ms) * one.runs for one in device.models)
    if abs(device.busy_ms - whole) > 0.01 * whole + 1 or device.wall_ms < 0.99 * device.busy_ms:
        raise ValueError("times that do not add up")


def _timed(values: Mapping[str, Any]) -> Timed:
    times = tuple(_number(one, 0.001, MOST_MS) for one in values["times_ms"])
    if not LEAST_ROUNDS <= len(times) <= MOST_ROUNDS:
        raise ValueError("too few rounds, or too many")
    arrived, started = (_number(values[name], 0, 1e7) for name in ("download_ms", "start_ms"))
    return Timed(str(values["key"]), times, arrived, started, _whole(values.get("runs", 1), 1, 1_000_000))


def _whole(value: Any, least: int, most: int) -> int:
    if not isinstance(value, int):
        raise ValueError("no whole number")
    return int(_number(value, least, most))


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number")
    if not least <= value <= most:
        raise ValueError("out of range")
    return float(value)


def _version(value: Any) -> str:
    if not re.fullmatch(r"[0-9][0-9a-z.+-]{0,30}", value):
        raise ValueError("no version")
    return str(value)


def _kind(system: str, mobile: bool) -> str:
    if system == "iPad":
        return "tablet"
    if system in ("iPhone", "Android"):
        return "phone" if mobile or system == "iPhone" else "tablet"
    return "computer"


def _browser(agent: str) -> str:
    for name, pattern in BROWSERS:
        if found := re.search(pattern, agent):
            return f"{name} {found[1][:4]}"
    return "?"
