"""The tree in a real Chromium: pointing and keys light the way to a leaf, a click chooses it, a picture is saved."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import STORED, Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WORDS = catalogue("en")


def opened(open_page: Callable[..., Page], server: Server) -> Page:
    page = open_page(server.link("tree"))
    expect(page.locator(".picture .leaf[data-key]").first).to_be_visible(timeout=PATIENCE)
    return page


def test_pointing_at_a_leaf_tells_it_and_lights_its_way(open_page: Callable[..., Page], server: Server) -> None:
    page = opened(open_page, server)
    assert page.locator(".picture .leaf[data-key]").count() >= len(STORED)
    expect(page.locator(".tip")).to_have_text(WORDS["tree.hint"])
    page.locator('.picture .leaf[data-place="3"]').hover()
    expect(page.locator(".tip")).to_contain_text("85.0 %")  # 10 % zeros, as the server's store has it
    assert page.locator(".picture .wood.lit").evaluate_all("all => all.map(one => one.dataset.to)") == ["1", "2", "3"]
    assert page.locator(".picture title").count() == 1  # leaves are told below, not by a hint that comes late


def test_keys_go_from_leaf_to_leaf_and_enter_opens_its_figures(open_page: Callable[..., Page], server: Server) -> None:
    page = opened(open_page, server)
    page.locator(".picture").focus()
    page.keyboard.press("Home")
    first = page.locator(".tip").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator(".tip").inner_text() != first
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-detail")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".picture .chosen")).to_have_count(1)
    assert f"point={page.locator('.picture .chosen').get_attribute('data-key')}" in page.url


def test_the_picture_is_saved_as_svg_and_as_png(open_page: Callable[..., Page], server: Server) -> None:
    page = opened(open_page, server)
    for form, begin in (("svg", b"<svg "), ("png", b"\x89PNG")):
        with page.expect_download() as waiting:
            page.locator(f'.take [data-as="{form}"]').click()
        assert waiting.value.suggested_filename == f"bonsai-reviews.{form}"
        with open(waiting.value.path(), "rb") as file:
            assert file.read(len(begin)) == begin


def test_a_table_is_taken_by_our_button_only(open_page: Callable[..., Page], server: Server) -> None:
    """Streamlit's own writes cells that a spreadsheet would calculate."""
    page = opened(open_page, server)
    page.get_by_text(WORDS["tree.as_table"]).click()
    page.get_by_test_id("stDataFrame").hover()
    bar = page.get_by_test_id("stDataFrameToolbar").or_(page.get_by_test_id("stElementToolbar"))
    expect(bar.locator("[aria-label^=Search]")).to_be_visible(timeout=PATIENCE)
    expect(bar.locator("[aria-label^='Download as CSV']")).to_be_hidden()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=WORDS["table.csv"]).click()
    assert waiting.value.suggested_filename == "bonsai-tree.csv"


def test_a_leaf_on_start_opens_the_tree_with_it(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(""))
    leaf = page.locator('.picture .leaf[data-place="3"]')
    expect(leaf).to_be_visible(timeout=PATIENCE)
    key = leaf.get_attribute("data-key")
    leaf.click()
    expect(page.locator(".st-key-detail")).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("key => location.href.includes(`/tree?`) && location.href.includes(key)", arg=key)
    assert "small" in page.evaluate("() => location.href")  # the model that was chosen is in the new page's link, too


def test_a_recipe_of_a_model_of_ones_own_goes_to_the_lab(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("tree"))
    page.locator('.picture .leaf[data-place="3"]').click(timeout=PATIENCE)
    page.locator(".st-key-to-lab button").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name=WORDS["lab.title"])).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("() => location.href.includes('/lab?') && location.href.includes('small')", timeout=PATIENCE)
