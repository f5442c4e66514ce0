"""Take the pictures in docs/screens: every page of a running dashboard, light, dark and as wide as a phone.

python docs/screens.py http://localhost:8501
"""

import io
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FOLDER = Path(__file__).with_name("screens")
QUALITY = 82
PATIENCE_MS = 180_000
SETTLED_MS = 2500  # a canvas and a chart draw after the page's script has ended
# name -> width, height, colours, language
LOOKS = {
    "light": (1280, 1000, "light", "en"),
    "dark": (1280, 1000, "dark", "es"),
    "phone": (390, 844, "light", "en"),
}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "locale": "en",
}
AGENTS = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
)
STUDENT = ("distil:layers=2", "structured:keep_macs=0.25", "distil", "vocabulary", "quantize")
PAGES: dict[str, dict[str, object]] = {
    "start": {},
    "slide": {"amount": 50},
    "heads": {},
    "matrices": {},
    "quantize": {},
    "distil": {},
    "tradeoffs": {"at_least": 88, "at_most_ms": 10, "at_most_mb": 20, "goal": "smallest"},
    "compare": {},
    "tryit": {},
    "tree": {},
    "phone": {},
    "card": {"card": "6bf1160b5ea5c00a6d8d0294"},  # movement to 36 % of the linear weights
    "lab": {"step": STUDENT, "runtime": "onnx", "format": "onnx"},
    "report": {},
    "lessons": {"lesson": "zeros"},
    "glossary": {},
}


def _in_the_room(page: Page, address: str, look: str) -> Page:
    """The page once its address is open and two phones have measured; as wide as a phone what a phone shows."""
    page.locator("button").filter(has_text="MB").click()
    page.wait_for_timeout(SETTLED_MS)
    code = re.findall(r"/p/(\w+)/", page.inner_text("[data-testid=stMain]"))[0]
    assert page.context.browser is not None
    for agent in AGENTS:
        phone = page.context.browser.new_context(**PHONE, user_agent=agent).new_page()
        phone.goto(f"{address}/p/{code}/")
        phone.locator(".start:enabled").click(timeout=PATIENCE_MS)
        phone.locator(".take").wait_for(timeout=PATIENCE_MS)
        phone.locator("textarea").fill("Not a single minute of it is worth your time.")
        phone.wait_for_timeout(SETTLED_MS)
        if look == "phone":
            return phone
    page.wait_for_timeout(SETTLED_MS)
    page.mouse.move(0, 0)
    return page


def take(browser: Browser, address: str, name: str, look: str) -> None:
    """One page in one look."""
    width, height, scheme, language = LOOKS[look]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    asked = urlencode({"task": "sst2", "lang": language, **PAGES[name]}, doseq=True)
    page.goto(f"{address}/{'' if name == 'start' else name}?{asked}")
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE_MS)
    page.wait_for_timeout(SETTLED_MS)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE_MS)
    shown = _in_the_room(page, address, look) if name == "phone" else page
    picture = Image.open(io.BytesIO(shown.screenshot()))
    picture.convert("RGB").save(FOLDER / f"{name}-{look}.webp", quality=QUALITY)
    context.close()


def main() -> None:
    """All of them, or those that are named after the address."""
    address, *names = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names or PAGES:
            for look in LOOKS:
                take(browser, address.rstrip("/"), name, look)
        browser.close()


if __name__ == "__main__":
    main()
