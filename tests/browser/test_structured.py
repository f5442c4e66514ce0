"""Removal, heads and matrices in a real Chromium against a real server, worker included."""

import re
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.engine.recipes import step
from core.engine.run import make_spec
from core.pictures.mosaic import unpack
from core.pictures.picture import Mosaic, picture_key
from core.tasks.task import Origin
from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import Server

WORDS = catalogue("en")
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]


def test_removal_is_drawn_measured_and_compared(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=50, method="structured"))
    slider = page.get_by_role("slider", name=WORDS["canvas.slider_removed"])
    expect(slider).to_have_value("50", timeout=PATIENCE)
    assert slider.get_attribute("max") == "95"
    weights = page.get_by_test_id("stMetricValue").last
    expect(weights).to_have_text(re.compile(r"^\d\d %$"), timeout=PATIENCE)
    assert 40 <= int(weights.inner_text().removesuffix(" %")) <= 60
    page.get_by_role("button", name=WORDS["truth.measure"].partition(",")[0]).click()
    expect(page.get_by_text(WORDS["truth.note"][:40])).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stTable")).to_have_count(1)


def test_the_drawn_rows_are_those_that_the_picture_keeps(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=60, method="structured"))
    expect(page.locator("canvas.cells")).to_have_attribute("data-level", "60", timeout=PATIENCE)
    dense = make_spec(server.small, Origin("reviews"))
    header, body = unpack(
        (server.cache / "pictures" / f"{picture_key(dense, step('structured', 0), Mosaic())}.bin").read_bytes()
    )
    first = header["matrices"][0]
    area = first["down"] * first["across"]
    losses = np.frombuffer(zlib.decompress(body), np.uint8)[: 101 * area].reshape(101, area)
    kept = (255 - np.cumsum(losses, axis=0, dtype=np.uint8))[60].mean() / 255
    shown = page.locator(".zoom .share").inner_text()
    assert abs(int(re.search(r"\d+", shown)[0]) - 100 * kept) <= 1


def test_a_click_on_a_head_opens_it(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("heads", amount=50, method="structured"))
    title = page.locator("strong", has_text=re.compile(r"layer \d . head \d"))
    expect(page.get_by_test_id("stImage")).to_have_count(4, timeout=PATIENCE)  # Q, K, V and O of that head
    first, chart = title.inner_text(), page.get_by_test_id("stEChartsChart")
    box = chart.bounding_box()
    assert box is not None
    across = 0.2 if first.endswith("4") else 0.85  # the other end of a row than the head that is shown
    page.mouse.click(box["x"] + across * box["width"], box["y"] + 0.2 * box["height"])
    expect(title).not_to_have_text(first, timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["heads.measure"], exact=True).click()
    expect(page.get_by_test_id("stMetricValue").last).to_have_text(re.compile(r"\d\d\.\d %"), timeout=PATIENCE)


def test_a_clicked_bar_opens_its_matrix(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("matrices", amount=40))
    bars = page.locator(".density-bars [role=option]")
    expect(bars).to_have_count(18, timeout=PATIENCE)
    bar = page.locator(".density-bars [data-name='bert.encoder.layer.1.attention.output.dense']")
    expect(bar).to_have_attribute("aria-label", re.compile("layer 2 O"))
    bar.click()
    page.wait_for_url("**/matrices?*matrix=bert.encoder.layer.1.attention.output.dense*", timeout=PATIENCE)
    expect(page.locator(".matrix-view")).to_contain_text("layer 2 O, 96 × 96", timeout=PATIENCE)
    expect(bar).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("slider", name=WORDS["canvas.slider"])).to_have_value("40")
