"""The page for browsers in a real Chromium: the ways that it has to run models, and how it answers who types."""

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

TYPED = " and every single minute of it is worth the time that it takes of you, which is not much, all in all"
WATCH = """
() => {
  window.waits = [];
  let typed = 0;
  document.querySelector("textarea").addEventListener("input", () => (typed = performance.now()), true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (typed) window.waits.push(performance.now() - typed);
    typed = 0;
  })).observe(document.querySelector(".answers"), { childList: true });
}
"""


def ways(page: Any, address: str, names: Sequence[str], tokens: int, seconds: float) -> list[dict[str, Any]]:
    """The other ways that this browser has to run them, beside each other only: medians of so many tokens."""
    from playwright.sync_api import Error

    found: list[dict[str, Any]] = []
    for number, way in enumerate(page.evaluate("crews.map((crew) => crew.way)")[1:], 1):
        places = [f"{address}/{name}/" for name in names]
        try:
            for place in places:
                load = {"load": {"runtime": f"{address}/runtime/", "place": place, "way": way}}
                page.evaluate("([request, number]) => call(request, number)", [load, number])
            request = {"measure": {"places": places, "tokens": tokens, "seconds": seconds}}
            block = page.evaluate("([request, number]) => call(request, number)", [request, number])
            found.append({**way, "ms": {name: median(block["times"][at]) for at, name in enumerate(names)}})
        except Error as error:
            found.append({**way, "failed": str(error).splitlines()[0]})
    return found


def typed(page: Any, address: str) -> dict[str, float]:
    """The page as a user has it: seconds until both models have answered, and ms from a key to both answers."""
    began = time.perf_counter()
    page.goto(f"{address}/index.html")
    page.locator(".answers article").nth(1).wait_for()
    usable_s = time.perf_counter() - began
    page.evaluate(WATCH)
    field = page.locator("textarea")
    field.click()
    for key in TYPED:
        page.keyboard.press("Space" if key == " " else key)
        page.wait_for_timeout(120)
    waits = page.evaluate("window.waits")[-40:]  # by then the text has twenty to thirty-five tokens
    return {"usable_s": usable_s, "keys": len(waits), "key_to_answers_ms": median(waits), "slowest_ms": max(waits)}
