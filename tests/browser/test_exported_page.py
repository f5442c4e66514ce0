"""The page for browsers as an exported folder: from any server, without a network afterwards, and in bad moments."""

import contextlib
import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.engine import browser
from core.engine.export import export
from core.engine.recipes import maximum, step
from core.engine.run import make_spec
from core.engine.store import Store
from core.engine.track import write
from core.runtimes import web
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import parse_step
from tests.engine.test_track_facts import made
from tests.support import tiny
from tests.support.chromium import ARGUMENTS, CHROMIUM, PATIENCE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not web.RUNTIME.installed, reason="make web"),
]
WORDS = json.loads((browser.FOLDER / browser.WORDS).read_text(encoding="utf8"))
SOFTWARE = (
    *("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"),
    *("--use-vulkan=swiftshader", "--ignore-gpu-blocklist"),
)
BOTH = """async () => {
  const { Crew } = await import("./crew.mjs"), facts = await (await fetch("bonsai.json")).json();
  const base = location.href, found = [];
  const models = facts.models.map((model) => ({ ...model, place: new URL(model.place, base).href }));
  for (const backend of ["wasm", "webgpu"]) {
    const crew = new Crew(models, new URL(facts.runtime, base).href, { backend, threads: 1 }, ["a"]), rows = [];
    await crew.load(() => {});
    for (const model of models) rows.push((await crew.ask(model, ["Not a single minute of it."])).logits);
    found.push(rows);
    crew.end();
  }
  return found;
}"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
COARSE = "const exact = performance.now.bind(performance); performance.now = () => Math.floor(exact() / 16.7) * 16.7;"
NO_SIMD = "WebAssembly.validate = () => false;"
NO_MEMORY = 'WebAssembly.Memory = class { constructor() { throw new RangeError("could not allocate memory"); } };'


class Bare(http.server.SimpleHTTPRequestHandler):
    """What `python -m http.server` gives."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def served(folder: Path, handler: type[Bare] = Bare) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model in int8 with the dense one and a track of its slider, which is measured within two seconds."""
    place, origin = tmp_path_factory.mktemp("page"), Origin("reviews")
    store = Store(place / "store")
    spec = make_spec(
        tiny.folder(place / "tiny"), origin, steps=(parse_step("quantize:mode=int8-dynamic"),), runtime="web"
    )
    levels = range(maximum("l1-layer") + 1)
    write(made(levels, len(load_task(origin).validation)), spec.dense, step("l1-layer", 0), store)
    folder = export(spec, origin, "web", place / "out", store).folder
    facts = json.loads((folder / browser.FACTS).read_text(encoding="utf8"))
    (folder / browser.FACTS).write_text(json.dumps(facts | {"seconds": 2}), encoding="utf8")
    return folder


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address on a phone; what the page throws fails the test in the end."""
    errors: list[str] = []

    def opened(address: str, language: str = "en", ahead: str = "") -> Page:
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale=language)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if ahead:
            worker = (browser.FOLDER / "worker.mjs").read_text(encoding="utf8")
            page.route(
                "**/worker.mjs", lambda route: route.fulfill(body=ahead + worker, content_type="text/javascript")
            )
        page.goto(address)
        return page

    yield opened
    for context in chromium.contexts:
        context.close()
    assert errors == []


def answered(page: Page, count: int = 2) -> None:
    expect(page.locator(".answers article")).to_have_count(count, timeout=PATIENCE)


def test_any_server_will_do_and_afterwards_none(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit(address, "es")
        answered(page)
        expect(page.locator(".ways")).to_have_text(WORDS["es"]["no_threads"])  # this server sends no headers for more
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()  # what the first visit fetched before the worker was there is kept by now
        answered(page)
        page.wait_for_function("navigator.serviceWorker.controller")
        page.reload()
        answered(page)
    page.reload()
    answered(page)
    page.locator("textarea").fill("Aun sin red responde.")
    expect(page.locator(".answers .label").first).to_have_text(re.compile("positiva|negativa"))
    assert page.evaluate("document.documentElement.lang") == "es"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_slider_shows_what_was_measured_beforehand(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit(address)
        answered(page)
        slide, count = page.locator(".slide"), len(load_task(Origin("reviews")).validation)
        expect(slide.locator("dd").first).to_contain_text("100 %")
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        slide.locator("input").evaluate("one => { one.value = 60; one.dispatchEvent(new Event('input')); }")
        expect(slide.locator(".level")).to_have_text("60 % taken away")
        expect(slide.locator("dd").first).to_have_text(re.compile(r"^0 % \[0, 0\.6\] · -100 points$"))
        expect(slide.locator(".turned")).to_contain_text(f"{count} of {count}")
        expect(slide.locator("li").first).to_contain_text("at 50 %:")
        slide.locator("input").press("ArrowLeft")
        expect(slide.locator(".level")).to_have_text("59 % taken away")
        assert requests == []


def test_threads_are_a_figure_of_their_own(exported: Path, visit: Callable[..., Page]) -> None:
    program = subprocess.Popen([sys.executable, "run.py", "0"], cwd=exported, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        page = visit(program.stdout.readline().strip())
        answered(page)
        page.locator(".start").click()
        expect(page.locator(".take")).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".measure .told")).to_contain_text("one thread.")
        count = min(4, page.evaluate("navigator.hardwareConcurrency"))
        page.get_by_role("button", name=f"Measure with {count} threads").click()
        expect(page.locator(".measure .told")).to_contain_text(f"{count} threads.", timeout=PATIENCE)
        rows = page.locator(".measure tbody tr")
        expect(rows).to_have_count(4)
        assert [" thread" in text for text in rows.all_inner_texts()] == [True] * 4
        best, doubts = page.locator(".best").inner_text(), page.locator(".warnings").inner_text()
        assert best.startswith("Fastest here: ") or doubts  # nothing is called fastest while other tests run beside
        with page.expect_download() as waiting:
            page.locator(".take .json").click()
        records = json.loads(waiting.value.path().read_text(encoding="utf8"))
        assert [one["threads"] for one in records] == [1, count] and {one["backend"] for one in records} == {"wasm"}
    finally:
        program.kill()
        program.wait()


@pytest.mark.long
def test_a_graphics_processor_answers_as_webassembly(exported: Path, chromium: Browser) -> None:
    able = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS[:1], *SOFTWARE])
    try:
        with served(exported) as address:
            page = able.new_page()
            page.goto(address)
            answered(page)
            if not page.get_by_role("button", name="WebGPU").count():
                pytest.skip("this Chromium has no adapter in software")
            plain, graphics = page.evaluate(BOTH)
            for ours, theirs in zip(plain, graphics, strict=True):
                assert theirs == pytest.approx(ours, abs=1e-3)
    finally:
        able.close()


@pytest.mark.parametrize(("ahead", "key"), [(NO_SIMD, "simd"), (NO_MEMORY, "memory")])
def test_what_a_device_lacks_is_said(exported: Path, visit: Callable[..., Page], ahead: str, key: str) -> None:
    with served(exported) as address:
        page = visit(address, "es", ahead)
        expect(page.locator(".loading p")).to_have_text(WORDS["es"][key], timeout=PATIENCE)
        page.get_by_role("button", name="English", exact=True).click()
        expect(page.locator(".loading p")).to_have_text(WORDS["en"][key])
        expect(page.locator(".start")).to_be_disabled()


def test_a_page_that_was_out_of_sight_says_measure_again(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit(address)
        answered(page)
        page.locator(".start").click()
        expect(page.locator(".measure .told")).to_contain_text("by turns")
        page.evaluate(HIDE)
        expect(page.locator(".warnings")).to_contain_text(WORDS["en"]["hidden"], timeout=PATIENCE)
        page.evaluate(HIDE.replace("true", "false"))
        page.locator(".start:enabled").click()
        expect(page.locator(".measure progress")).to_be_hidden(timeout=PATIENCE)
        expect(page.locator(".warnings")).not_to_contain_text(WORDS["en"]["hidden"])


class Cut(Bare):
    """The first request for a model breaks off in the middle; the next one may ask for the rest."""

    asked: list[str] = []

    def do_GET(self) -> None:
        if self.path != "/model.onnx":
            return super().do_GET()
        content, wanted = Path(self.directory, "model.onnx").read_bytes(), self.headers.get("Range", "")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:] if start else content[: len(content) // 2])
        if not start:
            self.wfile.flush()
            time.sleep(1)  # so that the page has what was sent before the line breaks
        self.close_connection = True


def test_a_download_goes_on_where_it_broke_off(exported: Path, visit: Callable[..., Page]) -> None:
    Cut.asked.clear()
    with served(exported, Cut) as address:
        answered(visit(address))
    first, again = Cut.asked
    assert first == "" and 0 < int(again.removeprefix("bytes=").rstrip("-"))


def test_a_program_that_did_not_come_is_asked_for_again(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit("about:blank")
        page.route("**/tokenizers.min.mjs", lambda route: route.abort())  # the second time it has another name
        page.goto(address)
        answered(page)


def test_nothing_measures_beside_a_measurement(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit(address)
        answered(page)
        page.locator(".start").click()
        page.get_by_role("button", name="Español", exact=True).click()
        expect(page.locator(".start")).to_be_disabled()
        expect(page.locator(".start")).to_be_enabled(timeout=PATIENCE)


def test_a_coarse_clock_gives_no_infinite_speed(exported: Path, visit: Callable[..., Page]) -> None:
    with served(exported) as address:
        page = visit(address, ahead=COARSE)
        answered(page)
        page.locator(".start").click()
        expect(page.locator(".take")).to_be_visible(timeout=PATIENCE)
        with page.expect_download() as waiting:
            page.locator(".take .json").click()
        (record,) = json.loads(waiting.value.path().read_text(encoding="utf8"))
        for one in record["models"]:
            assert one["runs"] > 1 and all(0 < ms < 100 for ms in one["times_ms"])
        assert "∞" not in page.locator(".measure").inner_text()


def test_a_model_that_is_gone_can_be_asked_for_again(
    exported: Path, visit: Callable[..., Page], tmp_path: Path
) -> None:
    folder = shutil.copytree(exported, tmp_path / "page")
    (folder / "model.onnx").rename(tmp_path / "away.onnx")
    with served(folder) as address:
        page = visit(address)
        expect(page.locator(".loading p")).to_have_text(WORDS["en"]["gone"], timeout=PATIENCE)
        (tmp_path / "away.onnx").rename(folder / "model.onnx")
        page.locator(".loading button").click()
        answered(page)
