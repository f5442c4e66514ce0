"""Every page once, in both themes and both sizes: it fits, it asks no other host, and axe-core finds nothing in it."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.chromium import PATIENCE
from tests.support.server import PAGES, Server

SIZES = ((1280, 720), (390, 844))
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 26)"}
# Streamlit's own: its menu's lists hold divs; code that is wider than a phone is scrolled without a focus
FRAMEWORK = ("[data-testid=stSidebarNav]", "[data-testid=stCode] pre")
DRAWN_MS = 1000  # a canvas and a chart draw after the page's script has ended
# what reaches beyond the window, and what can be scrolled sideways or is cut off on its right
WIDE = """() => [...document.querySelectorAll('[data-testid=stApp] *')].filter(element => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  if (!box.width || !box.height || element.closest('svg, [data-testid=stDataFrame], pre')) return false;
  const scrolls = ['auto', 'scroll'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
  return box.right > innerWidth + 1 || scrolls;
}).map(element => `${element.tagName} ${element.dataset.testid ?? ''} ${element.innerText.slice(0, 40)}`)"""
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, {"exclude": [[one] for one in FRAMEWORK]}).response["violations"]
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


@pytest.mark.parametrize("model", ["small", "demo"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_is_of_its_theme_and_keeps_nobody_out(
    open_page: Callable[..., Page], server: Server, name: str, model: str
) -> None:
    """The fixture looks at the hosts and the console when the test ends."""
    page = open_page(server.link(name, server.small if model == "small" else "demo", lang="es", amount=30))
    app = page.get_by_test_id("stApp")
    for scheme, paper in PAPER.items():
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES if model == "demo" else SIZES[:1]:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(DRAWN_MS)
            expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
            expect(app).to_have_css("background-color", paper)
            if name == "slide":
                expect(page.locator(".mask-canvas")).to_have_attribute("data-scheme", scheme, timeout=PATIENCE)
            if width == SIZES[0][0]:
                assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
                assert page.evaluate(WIDE) == []
            if model == "demo":
                assert violations(page) == [], (scheme, width)


def test_what_axe_sees_is_seen(open_page: Callable[..., Page], server: Server) -> None:
    """Else the test above could not fail."""
    page = open_page(server.link("glossary"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button></button>')")
    assert "button-name" in {name for name, _ in violations(page)}
