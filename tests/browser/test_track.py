"""Accuracy, answers and kinds move while the slider is dragged, in a real Chromium, and nothing is sent."""

import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.tasks import load_task
from pages.components.widgets.figures import spanish
from pages.components.widgets.text import catalogue
from tests.support.app import REVIEWS
from tests.support.server import Server
from tests.support.tracks import tracked

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WORDS, SPANISH = catalogue("en"), catalogue("es")
PATIENCE = 60_000
LEVELS = tuple(level for level in range(101) if level % 10 != 7)
SET = """(input, level) => new Promise(done => {
  input.value = level;
  input.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


@pytest.fixture(scope="module")
def wrong(server: Server) -> dict[int, int]:
    """How many answers are wrong at each level: sentence i turns at 20 + i percent."""
    wrong = {level: max(0, level - 20) for level in LEVELS}
    tracked(server.small, "l1-layer", LEVELS, wrong.__getitem__, server.cache / "results")
    return wrong


def opened(open_page: Callable[..., Page], server: Server, **about: object) -> Page:
    page = open_page(server.link("slide", amount=30, **about))
    page.locator(".track[data-scheme]").wait_for(timeout=PATIENCE)
    page.locator("canvas.cells").wait_for(timeout=PATIENCE)
    return page


def test_a_drag_moves_accuracy_and_answers_and_sends_nothing(
    open_page: Callable[..., Page], server: Server, wrong: dict[int, int]
) -> None:
    frames: list[str | bytes] = []
    page = open_page(server.link("slide", amount=30), frames)
    page.locator(".track[data-scheme]").wait_for(timeout=PATIENCE)
    slider = page.locator("input[type=range]").first
    slider.wait_for(timeout=PATIENCE)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    before, total = len(frames), len(load_task(REVIEWS).validation)
    for level in (31, 45, 72, 90):
        slider.evaluate(SET, level)
        shown = f"{100 * (1 - wrong[level] / total):.1f} %"
        assert page.locator(".track .accuracy .value").inner_text() == shown
        assert page.locator(".track .flips h4").inner_text() == WORDS["track.flips"].format(count=wrong[level])
        newest = page.locator(".track .flips li:visible").first
        assert newest.locator("b").inner_text() == f"{max(one for one in wrong if wrong[one] <= wrong[level])} %"
        assert "80\u00a0%" in newest.locator("i").inner_text()  # how sure it is
        assert f"{(1000 - 9 * level) / 100:.1f} MB" == page.locator(".track .zipped .value").inner_text()
        assert page.locator(".track .kinds li").count() > 3
    slider.evaluate(SET, 10)
    assert page.locator(".track .flips h4").inner_text() == WORDS["track.none"]
    assert len(frames) == before
    costs = page.evaluate("() => window.bonsaiTrackRedraws")
    assert statistics.median(costs) < 16


def test_between_measured_positions_no_number_is_made_up(
    open_page: Callable[..., Page], server: Server, wrong: dict[int, int]
) -> None:
    page = opened(open_page, server, lang="es")
    slider, total = page.locator("input[type=range]").first, len(load_task(REVIEWS).validation)
    slider.evaluate(SET, 57)
    low, high = (spanish(f"{100 * (1 - wrong[level] / total):.1f}") for level in (56, 58))
    words = SPANISH["track.between"].format(low=low, below=56, high=high, above=58)
    note = page.locator(".track .between")
    expect(note).to_be_visible()
    assert note.inner_text().replace("\u00a0", " ") == words
    expect(page.locator(".track .figures")).to_be_hidden()


def test_it_fits_a_phone(open_page: Callable[..., Page], server: Server, wrong: dict[int, int]) -> None:
    page = opened(open_page, server)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    box = page.locator(".track").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.locator(".track").evaluate("root => root.scrollWidth <= root.clientWidth + 1")
