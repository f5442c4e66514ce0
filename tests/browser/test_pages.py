"""The pages in a real Chromium against a real server, worker included."""

import re
import statistics
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect
from streamlit import config

from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.models import encoder, find
from core.models.load import load
from core.pruning.masks import keep_mask
from core.tasks.task import Origin
from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import ROOT, STORED, Server

WORDS = catalogue("en")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TILES = "() => [...document.querySelectorAll('[data-testid=stMetricValue]')].map(tile => tile.innerText)"
SHOWN = f"wanted => {{ const now = ({TILES})(); return now.length === 4 && now[3] === wanted && !now.includes('…'); }}"
RELEASE = f"""(input, [value, wanted]) => new Promise(done => {{
  const start = performance.now();
  input.value = value;
  for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, {{bubbles: true}}));
  const look = () => ({SHOWN})(wanted) ? done(performance.now() - start) : requestAnimationFrame(look);
  look();
}})"""


def slider_of(page: Page) -> Locator:
    slider = page.get_by_role("slider", name=WORDS["canvas.slider"])
    slider.wait_for()
    return slider


def level(page: Page) -> int:
    return int(page.locator("canvas.cells").get_attribute("data-level") or -1)


def wait_for_tiles(page: Page, amount: int) -> list[str]:
    """The four tiles, once all are of this position."""
    page.wait_for_function(SHOWN, arg=f"{100 - amount} %", timeout=PATIENCE)
    tiles: list[str] = page.evaluate(TILES)
    assert re.fullmatch(r"\d+[.,]\d %", tiles[0]) and tiles[1].endswith(" ms") and tiles[2].endswith(" MB")
    return tiles


def test_a_deep_link_into_a_fresh_server_opens_that_state(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=50, method="random"))
    expect(slider_of(page)).to_have_value("50")
    assert level(page) == 50
    expect(page.get_by_role("radio", name=WORDS["method.random"])).to_be_checked()
    assert "amount=50" in page.url and "method=random" in page.url
    wait_for_tiles(page, 50)  # computed by the worker: nothing was stored for this method


def test_tables_are_drawn_when_they_are_opened(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=30))
    wait_for_tiles(page, 30)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    page.get_by_text(WORDS["table.twin"]).click()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1, timeout=PATIENCE)


def test_dragging_sends_nothing_and_the_release_brings_the_figures(
    open_page: Callable[..., Page], server: Server
) -> None:
    frames: list[str | bytes] = []
    page = open_page(server.link(amount=30), frames)
    slider = slider_of(page)
    wait_for_tiles(page, 30)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.wait_for_timeout(300)
    before, levels = len(frames), set()
    for step in range(30):
        page.mouse.move(box["x"] + (0.3 + 0.01 * step) * box["width"], middle)
        page.wait_for_timeout(20)
        levels.add(level(page))
    page.wait_for_timeout(300)
    assert len(frames) == before  # not one frame while the button is held
    assert len(levels) >= 5 and "amount=30" in page.url
    amount = level(page)
    assert amount == int(slider.input_value()) and 55 <= amount <= 63 and amount % 10
    page.mouse.up()
    page.wait_for_url(f"**/slide?*amount={amount}*")
    expect(page.get_by_text(WORDS["tile.accuracy_so_far"]).or_(page.get_by_test_id("stProgress")).first).to_be_visible()
    wait_for_tiles(page, amount)
    assert len(frames) > before


def test_the_arrow_keys_move_the_slider_and_commit(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=40))
    slider = slider_of(page)
    wait_for_tiles(page, 40)
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/slide?*amount=50*")
    assert level(page) == 50
    wait_for_tiles(page, 50)
    expect(page.locator("output.percent")).to_have_text("50 %")


@pytest.mark.parametrize("language", ["en", "es"])
def test_hovering_names_matrix_block_and_density(open_page: Callable[..., Page], server: Server, language: str) -> None:
    page = open_page(server.link(amount=30, lang=language))
    cells = page.locator("canvas.cells")
    expect(cells).to_have_attribute("data-level", "30", timeout=PATIENCE)
    wait_for_tiles(page, 30)  # nothing moves any more
    cells.hover(position={"x": 25, "y": 18})
    readout = page.locator(".readout")
    words = catalogue(language)
    label = words["canvas.matrix"].format(layer=1, role="Q")
    shape = words["canvas.hover"].format(label=label, row="@", column="@", percent="@")
    pattern = re.compile(re.escape(shape).replace("@", r"(\d+)").replace(r"\ %", r"\s%"))
    expect(readout).to_have_text(pattern)
    found = pattern.fullmatch(readout.inner_text())
    assert found is not None
    row, column, percent = map(int, found.groups())
    query = "bert.encoder.layer.0.attention.self.query"
    kept = keep_mask(encoder.weight(load(find.resolve(server.small)).model, query).detach().abs(), 0.3)
    block = kept[16 * (row - 1) : 16 * row, 16 * (column - 1) : 16 * column]
    assert abs(percent - 100 * float(block.float().mean())) <= 1
    ring, canvas = page.locator(".stage .block").bounding_box(), cells.bounding_box()
    assert ring is not None and canvas is not None  # the ring is around the block under the pointer
    assert ring["x"] <= canvas["x"] + 25 <= ring["x"] + ring["width"]
    assert ring["y"] <= canvas["y"] + 18 <= ring["y"] + ring["height"]


# what the magnifier shows, where a dot is drawn, beside what the ranks say of the window that its words name
MAGNIFIED = """(canvas, name) => {
  const { width, height } = canvas, words = canvas.closest(".zoom").querySelector(".title").innerText;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const [top, bottom, left, right] = words.match(/\\d+/g).slice(-4).map(Number);
  const { columns: all, kept } = window.bonsaiWeights.matrices.get(name), level = 40;
  const [rows, columns] = [bottom - top + 1, right - left + 1];
  let same = 0;
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const at = (Math.floor((row + 0.5) * height / rows) * width + Math.floor((column + 0.5) * width / columns)) * 4 + 3;
    same += (data[at] > 0) === kept[(top - 1 + row) * all + left - 1 + column] >= level;
  }
  return [top, left, same / rows / columns];
}"""


def test_the_magnifier_shows_the_weights_that_are_pointed_at(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(amount=40))
    wait_for_tiles(page, 40)
    page.wait_for_function("window.bonsaiWeights?.matrices.size")
    cells, query, found = page.locator("canvas.cells"), "bert.encoder.layer.0.attention.self.query", []
    frame = page.locator(".stage .frame").bounding_box()
    assert frame is not None
    for x, y in ((2, 2), (frame["width"] - 3, frame["height"] - 3)):
        cells.hover(position={"x": x, "y": y})
        found.append(page.locator("canvas.weights").evaluate(MAGNIFIED, query))
    assert found == [[1, 1, 1], [33, 33, 1]]  # of 96 rows and columns, on whole blocks


def test_figures_of_another_position_are_grey_while_the_slider_moves(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(server.link(amount=30))
    wait_for_tiles(page, 30)
    box = slider_of(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2, steps=5)
    figures = page.locator(".st-key-figures")
    expect(figures).to_have_css("opacity", "0.35")
    said = figures.evaluate("element => getComputedStyle(element, '::before').content")
    assert said == '"{}"'.format(WORDS["canvas.stale"].format(amount=30).replace(" %", "\u00a0%"))
    page.mouse.up()
    wait_for_tiles(page, level(page))
    expect(figures).to_have_css("opacity", "1")


@pytest.mark.long
def test_cancel_stops_a_job_and_a_killed_worker_does_not(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link(model=server.slow, amount=35))
    cancel = page.get_by_role("button", name=WORDS["measured.cancel"], exact=True)
    expect(cancel).to_have_count(1, timeout=PATIENCE)  # none that a redrawing page has not taken away yet
    cancel.click()
    expect(page.get_by_text(WORDS["measured.cancelled"])).to_be_visible(timeout=PATIENCE)
    key = curve_spec(make_spec(server.slow, Origin("reviews")), "l1-layer", 0.35).key
    assert not (server.cache / "results" / f"{key}.json").exists()
    page.get_by_role("button", name=WORDS["measured.again"]).click()
    expect(page.get_by_text(WORDS["stage.evaluate"]).first).to_be_visible(timeout=PATIENCE)
    family = psutil.Process(server.process.pid).children(recursive=True)
    workers = [p for p in family if "core.jobs.process" in p.cmdline()]
    assert len(workers) == 1
    workers[0].kill()
    wait_for_tiles(page, 35)
    assert (server.cache / "results" / f"{key}.json").exists()


def test_release_to_tiles_is_quick_for_what_is_stored(open_page: Callable[..., Page], server: Server) -> None:
    """The target is 0.1 s (benchmarks/slider.py); here only a loss of a whole order is caught."""
    page = open_page(server.link(amount=10))
    slider = slider_of(page)
    wait_for_tiles(page, 10)
    page.wait_for_timeout(1500)
    taken = []
    for amount in (60, 20, 50, 30, 70):
        taken.append(slider.evaluate(RELEASE, [str(amount), f"{100 - amount} %"]))
        page.wait_for_timeout(700)
    assert statistics.median(taken) < 1500


def test_a_clicked_point_shows_its_recipe_and_the_csv_is_offered(
    open_page: Callable[..., Page], server: Server
) -> None:
    page = open_page(server.link("tradeoffs"))
    page.locator(".scatterlayer .trace.scatter path.point").first.wait_for()
    assert page.get_by_test_id("stCode").count() == 0
    for point in page.locator(".scatterlayer path.point").all()[-1:]:
        box = point.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_test_id("stCode")).to_contain_text("python -m core run --model")
    with page.expect_download() as download:
        page.get_by_role("button", name=WORDS["table.csv"], exact=True).click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > len(STORED) and lines[0].startswith(f'"{WORDS["table.recipe"]}"')


def test_streamlit_still_knows_the_options_that_keep_it_quick_and_private(monkeypatch: pytest.MonkeyPatch) -> None:
    """postScriptGC is undocumented: without it every rerun would cost 0.6 s again (dashboard.py freezes as well)."""
    monkeypatch.chdir(ROOT)
    config.get_config_options(force_reparse=True)
    assert config.get_option("runner.postScriptGC") is False
    assert config.get_option("browser.gatherUsageStats") is False
    assert config.get_option("server.address") == "localhost"
    assert config.get_option("server.enableCORS") and config.get_option("server.enableXsrfProtection")


def test_an_ordinary_slider_loses_no_key(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.link("tryit", amount=30))
    handle = page.get_by_role("slider").first
    handle.focus(timeout=PATIENCE)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    page.wait_for_url("**amount=50*", timeout=PATIENCE)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    expect(handle).to_have_value("50")
