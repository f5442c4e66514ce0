"""The button that copies the page's link, in a real Chromium: the link reopens what is on the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WORDS = catalogue("en")


def test_a_copied_link_reopens_the_page_as_it_was(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=50, method="l1-layer"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    slider = page.get_by_role("slider", name=WORDS["canvas.slider"])
    expect(slider).to_have_value("50", timeout=PATIENCE)
    slider.evaluate(
        "input => { input.value = 40; for (const n of ['input', 'change']) input.dispatchEvent(new Event(n)); }"
    )
    page.wait_for_function("() => location.href.includes('amount=40')", timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["link.copy"]).click()
    expect(page.get_by_text(WORDS["link.copied"])).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    expect(open_page(copied).get_by_role("slider", name=WORDS["canvas.slider"])).to_have_value("40", timeout=PATIENCE)


def test_where_nothing_may_be_copied_the_link_is_shown(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("tree"))
    page.evaluate("() => Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name=WORDS["link.copy"]).click(timeout=PATIENCE)
    expect(page.locator(".copying span")).to_have_text(page.evaluate("() => location.href"))
