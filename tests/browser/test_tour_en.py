"""The tour through all pages in English, in a real Chromium; a file for each language, so that both run at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.server import Server
from tests.support.tour import PAGES, go, steps

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]


def test_the_tour_goes_from_each_page_to_each_other_once() -> None:
    halves = [steps("en"), steps("es")]
    pairs = [pair for names in halves for pair in zip(names, names[1:], strict=False)]
    assert len(pairs) == len(set(pairs)) == len(PAGES) * (len(PAGES) - 1)


def test_no_page_breaks_after_another(open_page: Callable[..., Page], server: Server) -> None:
    go(open_page(f"{server.address}/{steps('en')[0]}?lang=en"), server.address, "en")
