"""What draws the charts stands ready before the first chart is asked for, in a real Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.chromium import PATIENCE
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LOADED = "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/PlotlyChart.')).length"


def test_a_page_without_a_chart_loads_what_draws_them_and_the_first_chart_loads_it_no_more(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(server.link(""))
    page.wait_for_function(f"() => ({LOADED})() === 1", timeout=PATIENCE)
    assert page.locator(".js-plotly-plot").count() == 0
    page.locator("a[href*=tradeoffs]").first.click()
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=PATIENCE)
    assert page.evaluate(LOADED) == 1
