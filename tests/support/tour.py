"""A visitor who goes through all pages, from each to each other one."""

from playwright.sync_api import Page, expect

from pages.components.frame.sidebar import RESULTS
from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE

# a heading of each page; the walk begins with moves between those that share the slider's controls
PAGES = {"slide": "curve.title", "start": "start.present"}
PAGES |= {name: f"{name}.title" for name in ("quantize", "distil", "tradeoffs", "compare", "lab", "report")}
PAGES |= {"matrices": "matrices.bars", "heads": "heads.per_layer"}
WRONG = "[data-testid=stException], [data-testid=stAlertContentError]"


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


def steps(language: str) -> list[str]:
    """The pages in the order of the tour: each language takes one half of it, so that both last half as long."""
    names = walk(tuple(PAGES))
    half = len(names) // 2
    return names[: half + 1] if language == "en" else names[half:]


def go(page: Page, address: str, language: str) -> None:
    """Take the tour in a page that stands at its first step; fails at the first error box, with what it says."""
    words, app, names = catalogue(language), page.get_by_test_id("stApp"), steps(language)
    for before, name in zip(("", *names), names, strict=False):
        if before:
            if name in RESULTS:
                page.get_by_test_id("stTopNavSection").filter(has_text=words["nav.results"]).click()
            page.get_by_test_id("stTopNavLinkContainer").get_by_text(words[f"nav.{name}"], exact=True).click()
            page.wait_for_url(f"{address}/{'' if name == 'start' else name}*")
        heading = page.get_by_role("heading", name=words[PAGES[name]].format(metric=words["tile.accuracy"]))
        expect(heading.or_(page.locator(WRONG)).first).to_be_visible(timeout=PATIENCE)
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
        assert page.locator(WRONG).all_inner_texts() == [], f"{name} after {before}"
