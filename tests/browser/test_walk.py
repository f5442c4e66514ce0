"""From sight to decision in a real Chromium: drag, read, ask for a budget, take the file, compare, try, see the tree,
take the report; the numbers shown are those of the store."""

import json
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import Store
from core.summary import scored
from pages.components.frame.sidebar import RESULTS
from pages.components.widgets.text import catalogue
from tests.support.app import REVIEWS
from tests.support.chromium import PATIENCE
from tests.support.server import Server
from tests.support.tracks import tracked

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = catalogue("en")
LEVELS = (0, 30, 60, 100)
DRAG = "(input, level) => { input.value = level; input.dispatchEvent(new Event('input', {bubbles: true})); }"


def go(page: Page, name: str) -> None:
    """To another page by the menu, as a visitor goes."""
    link = page.get_by_test_id("stTopNavLinkContainer").get_by_text(WORDS[f"nav.{name}"], exact=True)
    if name in RESULTS:
        page.get_by_test_id("stTopNavSection").filter(has_text=WORDS["nav.results"]).click()
    link.click()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)


def test_from_sight_to_the_file(open_page: Callable[..., Page], server: Server) -> None:
    store = Store(server.cache / "results")
    found = tracked(server.small, "wanda", LEVELS, int, store.folder)
    shares = {level: 100 * (1 - level / len(found.right)) for level in LEVELS}
    dense = make_spec(server.small, REVIEWS)
    light = store.read(curve_spec(dense, "l1-layer", 0.1).key)
    before = store.read(dense.key)
    assert light is not None and before is not None

    page = open_page(server.link("slide", amount=0, method="wanda"))
    slider = page.locator("input[type=range]").first
    slider.wait_for(timeout=PATIENCE)
    page.locator(".track[data-scheme]").wait_for(timeout=PATIENCE)
    slider.evaluate(DRAG, 60)
    expect(page.locator(".track .accuracy .value")).to_have_text(f"{shares[60]:.1f} %")
    expect(page.locator(".track .flips li:visible").first).to_contain_text("60 %")

    page.goto(server.link("tradeoffs", at_least=84, at_most_mb=5000, goal="smallest"))
    answer = page.get_by_test_id("stAlertContentSuccess")
    expect(answer).to_be_visible(timeout=PATIENCE)
    picked = store.read(page.url and _picked(store, dense, 0.84))
    assert picked is not None
    expect(answer).to_contain_text(scored(picked.quality))
    detail = page.locator(".st-key-detail")
    expect(detail).to_contain_text(scored(picked.quality), timeout=PATIENCE)
    detail.get_by_role("button", name=WORDS["takehome.get"].partition(" {")[0]).click()
    download = detail.get_by_role("button", name=WORDS["takehome.download"].partition(" (")[0])
    expect(
        download.or_(page.get_by_role("button", name=WORDS["takehome.download_anyway"].partition(" (")[0]))
    ).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as waiting:
        page.locator("[class*=st-key-download-one] button").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert any(name.endswith("model.safetensors") for name in archive.namelist())

    detail.get_by_role("button", name=WORDS["compare.pin"].format(name="B")).click()
    go(page, "compare")
    expect(page.get_by_text(scored(picked.quality)).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(scored(before.quality)).first).to_be_visible()

    go(page, "tryit")
    page.locator(".typing textarea").first.fill("A fine film.")
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=PATIENCE)

    go(page, "tree")
    leaf = page.locator(f'.picture [data-key="{light.key}"]')
    expect(leaf).to_be_visible(timeout=PATIENCE)
    leaf.hover()
    expect(page.locator(".tip")).to_contain_text(scored(light.quality))

    go(page, "tradeoffs")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["study.json"]).click()
    with open(waiting.value.path(), encoding="utf8") as file:
        told = {one["key"]: one["quality"]["value"] for one in json.load(file)}
    assert told[light.key] == light.quality.interval.value and told[dense.key] == before.quality.interval.value


def _picked(store: Store, dense: object, least: float) -> str:
    """The key of the smallest stored result that is good enough."""
    results = [one for one in store.all() if one.spec.dense == dense and one.quality.interval.value >= least]
    return min(results, key=lambda one: (one.size.bytes, -one.quality.interval.value)).key
