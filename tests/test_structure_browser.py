"""Removal, heads and matrices in a real Chromium against a real server, worker included."""

import json
import re
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.methods import step
from core.pictures import picture_key, unpack
from core.run import make_spec
from core.tasks import Origin
from pages.components.words import catalogue
from tests.browsing import PATIENCE
from tests.served import Server

WORDS = catalogue("en")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_removal_is_drawn_measured_and_compared(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(model=server.slow, amount=50, method="structured"))
    slider = page.get_by_role("slider", name=WORDS["canvas.slider_removed"])
    expect(slider).to_have_value("50", timeout=PATIENCE)
    assert slider.get_attribute("max") == "95"
    weights = page.get_by_test_id("stMetricValue").last
    expect(weights).to_have_text(re.compile(r"^\d\d %$"), timeout=PATIENCE)
    assert 40 <= int(weights.inner_text().removesuffix(" %")) <= 60
    page.get_by_role("button", name=WORDS["truth.measure"]).click()
    expect(page.get_by_text(WORDS["truth.note"][:40])).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)


def test_the_drawn_rows_are_those_that_the_picture_keeps(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=60, method="structured"))
    expect(page.locator("canvas.cells")).to_have_attribute("data-level", "60", timeout=PATIENCE)
    dense = make_spec(server.small, Origin("reviews"))
    header, body = unpack((server.cache / "pictures" / f"{picture_key(dense, step('structured', 0))}.bin").read_bytes())
    first = header["matrices"][0]
    area = first["down"] * first["across"]
    losses = np.frombuffer(zlib.decompress(body), np.uint8)[: 101 * area].reshape(101, area)
    kept = (255 - np.cumsum(losses, axis=0, dtype=np.uint8))[60].mean() / 255
    shown = page.locator(".zoom .share").inner_text()
    assert abs(int(re.search(r"\d+", shown)[0]) - 100 * kept) <= 1


def test_a_click_on_a_head_opens_it(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("heads", amount=50, method="structured"))
    chart = page.locator("[data-testid=stEChartsChart], [data-testid=stEchartsChart]").first
    chart.wait_for(timeout=PATIENCE)
    expect(page.get_by_text("Q", exact=True).last).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    titles = set()
    for x, y in ((0.2, 0.15), (0.85, 0.6)):
        box = chart.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(2500)
        titles.add(page.get_by_text(re.compile(r"^layer \d · head \d+$")).first.inner_text())
    assert len(titles) == 2
    page.get_by_role("button", name=WORDS["heads.measure"], exact=True).click()
    expect(page.get_by_test_id("stMetricValue").last).to_have_text(re.compile(r"\d\d\.\d %"), timeout=PATIENCE)


def test_a_bar_opens_its_matrix_and_its_weights_are_the_models(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("matrices", amount=40))
    bars = page.locator(".density-bars [role=option]")
    bars.first.wait_for(timeout=PATIENCE)
    expect(bars).to_have_count(18)
    bars.nth(7).click()
    page.wait_for_url(re.compile("matrix=bert"), timeout=PATIENCE)
    name = re.search(r"matrix=([\w.]+)", page.url)
    assert name is not None
    expect(page.get_by_role("slider", name=WORDS["canvas.slider"])).to_have_value("40")
    label = page.locator(".density-bars [aria-selected=true]").get_attribute("aria-label") or ""
    layer = int(re.search(r"layer\.(\d)", name[1])[1]) + 1
    expect(page.locator(".matrix-view")).to_contain_text(f"layer {layer}", timeout=PATIENCE)
    assert label.startswith(f"layer {layer}") and json.dumps(label)
