"""axe-core on every page, in both themes and both sizes: nothing that keeps somebody out but the framework's own."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.chromium import PATIENCE
from tests.support.server import ROOT, Server

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("[a-z]*.py"))
SIZES = ((1280, 720), (390, 844))
# Streamlit's own: its menu's lists hold divs; code that is wider than a phone is scrolled without a focus
FRAMEWORK = ("[data-testid=stSidebarNav]", "[data-testid=stCode] pre")
DRAWN_MS = 1500  # a canvas and a chart draw after the page's script has ended
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_somebody_out(open_page: Callable[..., Page], server: Server, name: str, scheme: str) -> None:
    page = open_page(server.link("" if name == "start" else name, "demo"), scheme=scheme)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(DRAWN_MS)
        found = Axe().run(page, {"exclude": [[one] for one in FRAMEWORK]}).response["violations"]
        assert [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]] == [], width


def test_what_axe_sees_is_seen(open_page: Callable[..., Page], server: Server) -> None:
    """Else the test above could not fail."""
    page = open_page(server.link("glossary"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button></button>')")
    found = Axe().run(page, {"exclude": [[one] for one in FRAMEWORK]}).response["violations"]
    assert "button-name" in {one["id"] for one in found}
