"""Attention in a real Chromium: all lines at first, then those of the word that is pointed at or chosen by keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WORDS = catalogue("en")
OPACITIES = "lines => lines.map(line => line.getAttribute('stroke-opacity'))"


def test_one_words_lines_are_shown_by_pointer_and_by_keys(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("tryit", amount=50, text="good film"))
    page.get_by_text(WORDS["attention.title"]).click(timeout=PATIENCE)
    panels = page.locator(".panels figure")
    expect(panels.first.locator("line").first).to_be_attached(timeout=PATIENCE)
    expect(page.locator(".told")).to_have_text(WORDS["attention.hint"])
    every = panels.first.locator("line").count()
    panels.first.locator(".from").nth(1).hover()
    told = page.locator(".told").inner_text().replace("\u00a0", " ").splitlines()
    assert 0 < panels.first.locator("line").count() < every and len(told) == 2
    shares = [float(one) for one in panels.first.locator("line").evaluate_all(OPACITIES)]
    assert f"{round(100 * max(shares))} %" in told[0] and told[0].partition(": ")[2].startswith("“good”")
    page.mouse.move(1, 1)  # so that a page that grows moves no other word under the pointer
    page.locator(".attention").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".told").inner_text().replace("\u00a0", " ").splitlines() != told
    page.keyboard.press("Escape")
    assert panels.first.locator("line").count() == every
