"""What is seen and decided without waiting: the track while it is dragged, Try it, choose, and opening Trade-offs.

Nothing else offers these on measured results, so each has a target and no peer.
"""

import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.slider import ARGUMENTS, CHROMIUM, serving
from core.budget import SMALLEST, Budget, answer, options
from core.engine.ask import ask
from core.engine.choose import stored
from core.engine.recipes import SLIDER, curve_spec
from core.engine.run import make_spec, recorded_spec
from core.engine.store import Store, default_store
from core.environment import here, load_average
from core.jobs import turns
from core.tasks.task import Origin

TASK, METHOD = "reviews", "l1-layer"
TEXT = "The plot is thin and the jokes are old, but both leads are a joy, and I would go again with my whole family."
RESULTS, TIMES, POINTS = 1000, 9, 320  # further points on Trade-offs
SCAN_TARGET_S = 3.0
BUDGET = Budget(quality=0.88, ms=10.0, mb=20.0, goal=SMALLEST)
LEVELS = (10, 35, 60, 20, 75, 45, 90, 5, 55)
# seconds from the click until what is asked for is drawn, taken inside the browser
UNTIL = """
([find, click]) => new Promise(done => {
  const start = performance.now();
  const look = () => new Function("return " + find)() ? done(performance.now() - start) : requestAnimationFrame(look);
  document.querySelector(click)?.click();
  look();
})
"""
SET = "(input, level) => { input.value = level; input.dispatchEvent(new Event('input', {bubbles: true})); }"
DRAWN = "document.querySelectorAll('.js-plotly-plot .scatterlayer path.point').length > 50"


def measure(data: str) -> dict[str, Any]:
    """Milliseconds of each, medians; the browser is a real Chromium, with the shipped results and tracks."""
    return {
        "what": "the demo on shipped results: choose, Try it, a track while it is dragged, opening Trade-offs",
        "choose_ms": _choose(),
        "choose_results": RESULTS,
        "choose_target_ms": 100.0,
        **_tried(),
        **_seen(data),
        "machine": here().machine,
        "load": load_average(),
    }


def _median_ms(run: Callable[[], object]) -> float:
    run()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - began))
    return median(taken)


def _choose() -> float:
    dense = recorded_spec("demo", "sst2")
    assert dense is not None
    found = stored(dense, default_store())
    results = [replace(one, spec=replace(one.spec, seed=seed)) for seed in range(9) for one in found][:RESULTS]
    return _median_ms(lambda: answer(options(results), BUDGET))


def _tried() -> dict[str, Any]:
    """A text on dense and at half of the slider, and where along every slider its answer turns."""
    origin, store = Origin(TASK), default_store()
    dense = make_spec("demo", origin)
    specs = (dense, curve_spec(dense, METHOD, 0.5), curve_spec(dense, "structured", 0.5))
    replies = [_median_ms(lambda spec=spec: ask(spec, origin, store, [TEXT])) for spec in specs]  # type: ignore[misc]
    tokens = ask(dense, origin, store, [TEXT]).tokens
    scans = {}
    for method in SLIDER:
        for _ in range(2):  # the first one computes what the pictures keep
            began = time.perf_counter()
            turns.scan(dense, method, origin, store, [TEXT])
            scans[method] = time.perf_counter() - began
            if scans[method] > 10 * SCAN_TARGET_S:
                break
    return {
        "reply_ms": max(replies),
        "reply_tokens": tokens,
        "reply_target_ms": 300.0,
        "scan_s": scans,
        "scan_target_s": SCAN_TARGET_S,
    }


def _seen(data: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as cache,
        serving("app.py", data, {"BONSAI_CACHE": cache}) as address,
    ):
        _more_results(Store(Path(cache) / "results"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        sent = [0]
        page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.__setitem__(0, sent[0] + len(frame))))
        page.goto(f"{address}/slide?task={TASK}&method={METHOD}&amount=30")
        page.locator(".track[data-scheme]").wait_for(timeout=120_000)
        _settled(page, sent)
        slider, before = page.locator("input[type=range]").first, sent[0]
        for level in LEVELS:
            slider.evaluate(SET, level)
            page.wait_for_timeout(50)
        dragged = {
            "track_redraw_ms": median(page.evaluate("() => window.bonsaiTrackRedraws")),
            "track_redraw_target_ms": 16.0,
            "track_bytes_sent": sent[0] - before,
        }
        opened = [_opened(browser, address) for _ in range(5)]
        count = opened[0][1]
        browser.close()
    return dragged | {
        "tradeoffs_ms": median(ms for ms, _ in opened),
        "tradeoffs_points": count,
        "tradeoffs_target_ms": 1000.0,
    }


def _more_results(store: Store) -> None:
    """As many of SST-2 as are to be drawn: those that come with the program once more under other seeds."""
    dense = recorded_spec("demo", "sst2")
    assert dense is not None
    found = [one for one in stored(dense, default_store()) if one.spec.steps and one.speeds]
    for number, one in enumerate(itertools.islice(itertools.cycle(found), POINTS)):
        store.write(replace(one, spec=replace(one.spec, seed=100 + number)))


def _settled(page: Any, sent: list[int]) -> None:
    """Wait until the page asks for nothing any more: a job that it began is polled until it ends."""
    for _ in range(40):
        before = sent[0]
        page.wait_for_timeout(3000)
        if sent[0] == before:
            return


def _opened(browser: Any, address: str) -> tuple[float, int]:
    """From the click on the menu to the points on the chart, and how many these are."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}/?task=sst2")
    page.locator("a[href*=tradeoffs]").first.wait_for(timeout=120_000)
    page.wait_for_timeout(4000)
    taken = float(page.evaluate(UNTIL, [DRAWN, "a[href*=tradeoffs]"]))
    page.wait_for_timeout(1500)
    count = int(page.locator(".js-plotly-plot .scatterlayer path.point").count())
    page.close()
    return taken, count
