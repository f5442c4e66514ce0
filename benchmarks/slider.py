"""The slider in a real Chromium: redraw while dragging, bytes on the wire, and release to figures.

The peer is what Streamlit offers without a canvas of our own: st.slider, which commits on release only, and a
picture of all matrices drawn on the server (benchmarks/slider_peer.py), on the same machine in the same run.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from core.environment import here, load_average
from core.intervals import median_interval

ROOT = Path(__file__).resolve().parent.parent
POSITIONS = (20, 60, 40, 80, 30, 70, 50, 90, 10)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# the time from the change of the slider to the first change of the tiles' text, taken inside the browser
WATCH = """
() => {
  window.bonsaiDone = null;
  const start = performance.now();
  const text = () => [...document.querySelectorAll('[data-testid=stMetricValue], [data-testid=stImage] img')]
    .map(e => e.src || e.textContent).join('|');  // innerText would lay the page out anew for every look
  const before = text();
  const look = () => {
    if (text() !== before) { window.bonsaiDone = performance.now() - start; watcher.disconnect(); }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


def measure(data: str) -> dict[str, Any]:
    """Median redraw in ms, websocket bytes while dragging, and median ms from release to stored figures in the DOM."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with serving("app.py", data) as address:
            ours = _ours(browser.new_page(viewport={"width": 1280, "height": 720}), address)
        with serving("benchmarks/slider_peer.py", data) as address:
            peer = _peer(browser.new_page(viewport={"width": 1280, "height": 720}), address)
        browser.close()
    return {
        "what": "the Slide page on stored results, demo on reviews, real Chromium",
        "redraw_ms": median(ours["redraws"]),
        "redraw_target_ms": 16.0,
        "drag_bytes_sent": ours["bytes"],
        "release_ms": median(ours["releases"]),
        "release_interval_ms": median_interval(ours["releases"]),
        "release_target_ms": 100.0,
        "peer": "st.slider and a server-drawn picture of all matrices (no redraw while dragging)",
        "peer_release_ms": median(peer),
        "ratio": median(peer) / median(ours["redraws"]),
        "ratio_is": "peer's next picture after release / our redraw while dragging",
        "machine": here().machine,
        "load": load_average(),
    }


def _ours(page: Any, address: str) -> dict[str, Any]:
    sent = [0]
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.__setitem__(0, sent[0] + len(frame))))
    page.goto(f"{address}/slide?task=reviews&amount=30")
    slider = page.get_by_role("slider").first
    slider.wait_for(timeout=120_000)
    page.locator("[data-testid=stMetricValue]").first.wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.wait_for_timeout(200)
    before, redraws_before = sent[0], page.evaluate("() => window.bonsaiRedraws.length")
    for step in range(120):
        page.mouse.move(box["x"] + (0.3 + 0.4 * step / 120) * box["width"], middle)
        page.wait_for_timeout(16)
    dragged = sent[0] - before
    redraws = page.evaluate("() => window.bonsaiRedraws")[redraws_before:]
    page.mouse.up()
    page.wait_for_timeout(1500)
    releases = [_release(page, slider, position) for position in POSITIONS]
    return {"redraws": redraws, "bytes": dragged, "releases": releases}


def _release(page: Any, slider: Any, position: int) -> float:
    """Set the slider as a release does and wait for the figures to change."""
    page.evaluate(WATCH)
    slider.evaluate(
        """(input, value) => {
            input.value = value;
            input.dispatchEvent(new Event('input', {bubbles: true}));
            input.dispatchEvent(new Event('change', {bubbles: true}));
        }""",
        str(position),
    )
    page.wait_for_function("() => window.bonsaiDone !== null", timeout=60_000)
    taken = float(page.evaluate("() => window.bonsaiDone"))
    page.wait_for_timeout(1200)
    return taken


def _peer(page: Any, address: str) -> list[float]:
    page.goto(address)
    slider = page.get_by_role("slider").first
    slider.wait_for(timeout=120_000)
    page.locator("[data-testid=stImage] img").first.wait_for(timeout=120_000)
    page.wait_for_timeout(2000)
    slider.focus()
    taken = []
    for _ in POSITIONS:
        page.evaluate(WATCH)
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => window.bonsaiDone !== null", timeout=60_000)
        taken.append(float(page.evaluate("() => window.bonsaiDone")))
        page.wait_for_timeout(1000)
    return taken


@contextlib.contextmanager
def serving(script: str, data: str, more: Mapping[str, str] | None = None) -> Iterator[str]:
    """A fresh Streamlit server on a free port; its cache is the project's own. more: of its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **({"BONSAI_DATA": data} if data else {}), **(more or {})}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        script,
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://localhost:{port}"
            _wait(f"{address}/_stcore/health")
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(address: str) -> None:
    for _ in range(240):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.25)
    raise TimeoutError(f"no answer from {address} within a minute")
