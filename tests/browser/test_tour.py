"""A visitor who goes through all pages, from each to each other one, in a real Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import Server

# a heading of each page; the walk begins with moves between those that share the slider's controls
PAGES = {"slide": "curve.title", "start": "start.present"}
PAGES |= {name: f"{name}.title" for name in ("quantize", "distil", "tradeoffs", "compare", "lab", "report")}
PAGES |= {"matrices": "matrices.bars", "heads": "heads.per_layer"}
WRONG = "[data-testid=stException], [data-testid=stAlertContentError]"
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def walk(names: tuple[str, ...]) -> list[str]:
    """Each name after each other one, once (Hierholzer 1873): a closed walk over all ordered pairs."""
    left = {one: [other for other in names if other != one] for one in names}
    path, found = [names[0]], []
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            found.append(path.pop())
    return found[::-1]


def test_the_walk_goes_from_each_page_to_each_other_once() -> None:
    steps = walk(tuple(PAGES))
    pairs = list(zip(steps, steps[1:], strict=False))
    assert len(pairs) == len(set(pairs)) == len(PAGES) * (len(PAGES) - 1)


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_page_breaks_after_another(open_page: Callable[..., Page], server: Server, language: str) -> None:
    words, steps = catalogue(language), walk(tuple(PAGES))
    page = open_page(f"{server.address}/{steps[0]}?lang={language}")
    app = page.get_by_test_id("stApp")
    for before, name in zip(("", *steps), steps, strict=False):
        if before:
            page.get_by_test_id("stTopNavLinkContainer").get_by_text(words[f"nav.{name}"], exact=True).click()
            page.wait_for_url(f"{server.address}/{'' if name == 'start' else name}*")
        heading = page.get_by_role("heading", name=words[PAGES[name]])
        expect(heading.or_(page.locator(WRONG)).first).to_be_visible(timeout=PATIENCE)
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
        assert page.locator(WRONG).all_inner_texts() == [], f"{name} after {before}"
