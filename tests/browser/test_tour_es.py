"""The tour through all pages in Spanish, in a real Chromium; a file for each language, so that both run at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.server import Server
from tests.support.tour import go, steps

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]


def test_no_page_breaks_after_another(open_page: Callable[..., Page], server: Server) -> None:
    go(open_page(f"{server.address}/{steps('es')[0]}?lang=es"), server.address, "es")
