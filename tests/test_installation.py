"""Who measured a figure: an id that the first measurement writes, and what a badge may claim."""

import dataclasses
import re
import subprocess
import sys

import pytest

from core import installation
from core.control import Timing
from core.engine.run import run
from core.engine.store import default_store
from core.environment import here
from core.installation import WORDS, badge, known, measuring, now, place
from core.summary import summary, table
from tests.support import tiny


def test_a_fresh_copy_has_measured_nothing_even_on_a_machine_of_the_same_name():
    recorded = tiny.quality()
    assert recorded.environment.machine == here().machine
    assert known() == "" and place(recorded.environment) == "alike"
    measuring()
    assert known() and place(recorded.environment) == "alike"


@pytest.mark.slow
def test_the_first_measurement_names_the_installation_and_the_others_find_the_name(bonsai_cache):
    first = measuring()
    assert re.fullmatch(r"[0-9a-f]{32}", first.installation) and measuring() == first
    assert [path.name for path in bonsai_cache.iterdir()] == ["installation"]
    assert dataclasses.replace(first, installation="") == here()
    script = "from core.installation import measuring; print(measuring().installation)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert other.stdout.strip() == first.installation


@pytest.mark.parametrize("links", [True, False])
def test_of_two_that_are_named_at_once_the_first_one_stays(bonsai_cache, monkeypatch, links):
    def refused(source, target):
        raise OSError("no links here")

    if not links:
        monkeypatch.setattr(installation.os, "link", refused)
    first = measuring().installation
    assert installation._made() == first == known()
    assert [path.name for path in bonsai_cache.iterdir()] == ["installation"]


def test_a_cache_that_was_copied_to_another_machine_claims_nothing():
    mine = measuring()
    assert place(mine) == "here"
    assert place(dataclasses.replace(mine, machine="another")) == "elsewhere"
    assert place(dataclasses.replace(mine, installation="0" * 32)) == "alike"


def test_a_badge_has_the_day_where_it_is_known():
    mine = dataclasses.replace(tiny.quality(), environment=measuring(), measured_at="2026-11-28T23:59:59+00:00")
    assert badge(mine) == "measured here, 2026-11-28"
    assert badge(tiny.speed((1.0,), (1.0,))) == WORDS["alike"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", now())


def test_what_is_measured_says_so_until_it_is_carried_away(tmp_path, monkeypatch):
    spec, origin = tiny.experiment(tmp_path)
    result = run(spec, origin, default_store(), Timing(seq=16, pairs=3))
    (speed,) = result.speeds
    for figure in (result.quality, speed):
        assert badge(figure) == f"measured here, {now()[:10]}"
    values = summary(result, result, speed)
    assert [values[part]["badge"] for part in ("quality", "speed")] == [badge(result.quality), badge(speed)]
    assert table(result, result, speed).count(badge(speed)) == 2
    monkeypatch.setenv("BONSAI_CACHE", str(tmp_path / "elsewhere"))
    assert badge(result.quality) == f"{WORDS['alike']}, {now()[:10]}"
