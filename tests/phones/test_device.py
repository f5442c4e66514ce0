"""What a browser sends is read with care: anyone in a room may send anything."""

import contextlib
import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.phones.device import MOST_BYTES, read

KEYS = ["a" * 24, "b" * 24]
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/159.0.0.0 Mobile Safari/537.36"


def sent(**changed):
    """What the page sends of two models, the second twice as fast."""
    values = {
        "id": "0123456789abcdef",
        "cores": 8,
        "memory": 4,
        "agent": PIXEL,
        "mobile": True,
        "backend": "wasm",
        "threads": 1,
        "tokens": 128,
        "runtime": "1.30.0",
        "hidden": False,
        "models": [
            {"key": KEYS[0], "times_ms": [40.0, 41.0, 39.0] * 5, "download_ms": 900.0, "start_ms": 200.0},
            {"key": KEYS[1], "times_ms": [20.0, 20.5, 19.5] * 5, "download_ms": 300.0, "start_ms": 100.0},
        ],
    }
    values |= changed
    with contextlib.suppress(TypeError, KeyError, OverflowError):  # of what is no measurement nothing adds up
        busy = sum(sum(one["times_ms"]) * one.get("runs", 1) for one in values["models"])
        values = {"busy_ms": busy, "wall_ms": 1.05 * busy} | values
    return json.dumps(values).encode()


def test_what_the_page_sends_is_read():
    found = read(sent(), KEYS, 128)
    assert (found.kind, found.system, found.browser, found.cores) == ("phone", "Android", "Chrome 159", 8)
    assert [one.median_ms for one in found.models] == [40.0, 20.0]
    assert found.speedup(1) == (2.0, 2.0, 2.0) and found.verdict(1) == "faster" and found.sound


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden": True},
        {
            "models": [
                {"key": KEYS[0], "times_ms": [30.0, 40.0, 60.0] * 5, "download_ms": 1, "start_ms": 1},
                {"key": KEYS[1], "times_ms": [20.0] * 15, "download_ms": 1, "start_ms": 1},
            ]
        },
        {"wall_ms": 1300.0},
        {
            "models": [
                {"key": KEYS[0], "times_ms": [40.0] * 10 + [60.0] * 5, "download_ms": 1, "start_ms": 1},
                {"key": KEYS[1], "times_ms": [20.0] * 15, "download_ms": 1, "start_ms": 1},
            ]
        },
    ],
)
def test_a_device_out_of_sight_busy_or_hot_gives_no_verdict(changed):
    assert read(sent(**changed), KEYS, 128).verdict(1) == "busy"


def test_runs_of_a_round_count_in_what_adds_up():
    models = [
        {"key": key, "times_ms": [1.0] * 15, "download_ms": 1, "start_ms": 1, "runs": count}
        for key, count in zip(KEYS, (3, 7), strict=True)
    ]
    assert read(sent(models=models), KEYS, 128).busy_ms == 150.0
    with pytest.raises(DataError):
        read(sent(models=models, busy_ms=30.0), KEYS, 128)


def test_no_difference_is_said_as_that():
    models = [{"key": key, "times_ms": [40.0, 44.0, 36.0] * 5, "download_ms": 1, "start_ms": 1} for key in KEYS]
    assert read(sent(models=models), KEYS, 128).verdict(1) == "no difference shown"


AGENTS = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1": (
        "phone",
        "iPhone",
        "Safari 18",
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": ("computer", "Linux", "Firefox 140"),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/159.0.0.0 Safari/537.36 Edg/159.0": (
        "computer",
        "Windows",
        "Edge 159",
    ),
    "<script>alert(1)</script>": ("computer", "?", "?"),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_told_in_our_own_words(agent):
    found = read(sent(agent=agent, mobile=False), KEYS, 128)
    assert (found.kind, found.system, found.browser) == AGENTS[agent]


def broken(**one):
    """The same with one value of the first model changed."""
    values = json.loads(sent())
    values["models"][0] |= one
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b"[" * 30_000,
        b"\xff\xfe",
        sent(id="../../etc"),
        sent(id=5),
        sent(models=[]),
        sent(tokens=16),
        sent(cores=-1),
        sent(cores=True),
        sent(cores="8"),
        sent(threads=1e300),
        sent(threads=1.5),
        sent(threads=True),
        sent(threads="4"),
        sent(runtime="<b>1</b>"),
        sent(runtime=None),
        sent(backend="cuda"),
        sent(backend=[]),
        sent(busy_ms=600.0),
        sent(wall_ms=100.0),
        sent(wall_ms=0, busy_ms=0),
        sent(busy_ms=None),
        sent(wall_ms=float("nan")),
        broken(key="c" * 24),
        broken(times_ms=[1.0] * 8),
        broken(times_ms=[1.0] * 400),
        broken(times_ms=[0.0] * 15),
        broken(times_ms=[float("inf")] * 15),
        broken(times_ms=[-1.0] * 15),
        broken(times_ms=[1.0] * 14),
        broken(times_ms="fast"),
        broken(times_ms=[10**400] * 15),
    ],
    ids=str,
)
def test_everything_else_is_one_sentence(body):
    with pytest.raises(DataError, match="is not a measurement of this page"):
        read(body, KEYS, 128)


def test_what_is_too_long_is_not_looked_at():
    with pytest.raises(DataError, match="too long"):
        read(b"{" * (MOST_BYTES + 1), KEYS, 128)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine
@given(st.dictionaries(st.sampled_from(sorted(json.loads(sent()))), ANY, max_size=6))
def test_nothing_raises_but_a_sentence(changed):
    try:
        found = read(sent(**changed), KEYS, 128)
    except DataError:
        return
    assert dataclasses.asdict(found)["models"]
