"""Fixtures of the tests in a browser: a real Chromium, a real server, and pages whose complaints fail the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support.server import Server, serve

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 120_000  # ms: the machine may be busy with something else


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).is_file():
        pytest.skip(f"there is no Chromium at {CHROMIUM}; apt-get install chromium lets this test run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def open_page(chromium: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """Opens pages of 1280x720; whatever they asked of other hosts or complained about fails the test in the end."""
    asked: list[str] = []
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # Streamlit looks for its own address below the page's, and finds it above
        probing = "/_stcore/" in message.location["url"] and "404" in message.text
        if message.type == "error" and not probing:
            complaints.append(message.text)

    def open_one(link: str, frames: list[str | bytes] | None = None, scheme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 720}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if frames is not None:
            page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
        page.goto(link)
        return page

    yield open_one
    for context in chromium.contexts:
        context.close()
    ours = (f"{server.address}/", f"blob:{server.address}/", "data:")
    assert [url for url in asked if not url.startswith(ours)] == []
    assert complaints == []
