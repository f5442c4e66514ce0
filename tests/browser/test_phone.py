"""A phone in the room, in a real Chromium: from the code's address to a dot on the teacher's page."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.engine.store import Store
from core.phones.keep import OF_ROOM
from core.runtimes import web
from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(420)]
WORDS = catalogue("en")
PHONE = {"width": 412, "height": 839}
MEASURED = 90_000  # ms


@pytest.mark.skipif(not web.here(), reason="make web")
def test_a_phone_measures_and_its_dot_appears(open_page: Callable[..., Page], server: Server, tmp_path: Path) -> None:
    teacher = open_page(server.link("phone", "demo", task="sst2"))
    name = re.compile(re.escape(WORDS["phone.open"].partition("{")[0]))
    teacher.get_by_role("button", name=name).click(timeout=PATIENCE)
    expect(teacher.get_by_text(WORDS["phone.count"].format(count=0).strip("*"))).to_be_visible(timeout=PATIENCE)
    (code,) = set(re.findall(r"/p/(\w+)/", teacher.inner_text("[data-testid=stMain]")))
    phone = teacher.context.browser.new_context(
        viewport=PHONE,
        is_mobile=True,
        has_touch=True,
        locale="es",
        user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/159.0 Mobile",
    )
    page = phone.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 2})
    page.goto(f"{server.address}/p/{code}/")
    expect(page.locator(".answers article")).to_have_count(2, timeout=MEASURED)
    assert page.evaluate("document.documentElement.lang") == "es"
    page.locator("textarea").fill("Not a single minute of it is worth your time.")
    expect(page.locator(".answers .label").first).to_have_text("negativa", timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".start").tap()
    expect(page.locator(".take")).to_be_visible(timeout=MEASURED)
    expect(page.locator(".told")).to_contain_text("garza verde", timeout=PATIENCE)
    expect(teacher.get_by_text(WORDS["phone.count"].format(count=1).strip("*"))).to_be_visible(timeout=PATIENCE)
    expect(teacher.locator(".js-plotly-plot .scatterlayer path.point").first).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as waiting:
        page.locator(".take .json").tap()
    waiting.value.save_as(tmp_path / "measured.json")
    assert '"times_ms"' in (tmp_path / "measured.json").read_text(encoding="utf8")
    teacher.get_by_role("button", name=WORDS["phone.close"]).click()
    expect(teacher.get_by_role("button", name=name)).to_be_visible(timeout=PATIENCE)  # then it is closed
    page.goto(f"{server.address}/p/{code}/")
    expect(page.locator("body")).to_contain_text("pide una nueva", timeout=PATIENCE)
    assert errors == []
    phone.close()


def _quiet(values: Any) -> str:
    """What was sent as if nothing had run beside it, which other tests do: each round is the median of all."""
    for one in values["models"]:
        one["times_ms"] = [median(one["times_ms"])] * len(one["times_ms"])
    busy = sum(sum(one["times_ms"]) * one["runs"] for one in values["models"])
    return json.dumps(values | {"busy_ms": busy, "wall_ms": busy})


@pytest.mark.skipif(not web.RUNTIME.installed, reason="make web")
def test_a_device_is_kept_as_a_result(open_page: Callable[..., Page], server: Server) -> None:
    teacher = open_page(server.link("phone", "demo"))
    for words in ("phone.write", "phone.open"):  # dense and int8 are written and run first
        name = re.compile(re.escape(WORDS[words].partition("{")[0]))
        teacher.get_by_role("button", name=name).click(timeout=PATIENCE)
    expect(teacher.get_by_role("button", name=WORDS["phone.close"])).to_be_visible(timeout=PATIENCE)
    (code,) = set(re.findall(r"/p/(\w+)/", teacher.inner_text("[data-testid=stMain]")))
    page = teacher.context.browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    page.route("**/result", lambda route: route.continue_(post_data=_quiet(route.request.post_data_json)))
    page.goto(f"{server.address}/p/{code}/")
    page.locator(".start:enabled").tap(timeout=MEASURED)
    expect(page.locator(".told")).to_contain_text("green heron", timeout=MEASURED)
    expect(teacher.get_by_text(WORDS["phone.count"].format(count=1).strip("*"))).to_be_visible(timeout=PATIENCE)
    teacher.get_by_role("button", name=WORDS["phone.keep"]).click()
    expect(teacher.get_by_text(WORDS["phone.kept"].format(count=1))).to_be_visible(timeout=PATIENCE)
    store = Store(server.cache / "results")
    kept = [one for one in store.all() if any(OF_ROOM.fullmatch(speed.environment.machine) for speed in one.speeds)]
    assert {one.spec.runtime for one in kept} == {"web"}
    assert len(kept) == page.locator(".measure tbody tr").count() == 3  # dense, its integers, the smallest good one
    int8 = next(one for one in kept if len(one.spec.steps) == 1)
    shown = page.locator(".measure tbody tr").nth(1).inner_text()
    assert f"{int8.speeds[-1].median_ms:.1f}" in shown
    page.context.close()
