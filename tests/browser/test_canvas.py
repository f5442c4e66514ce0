"""The view of one matrix and the bars of all, in a real Chromium on a page of their own."""

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from pages.components.canvas import bars as density_bars
from pages.components.canvas import matrix
from tests.support.canvas_page import BARS, HEADS, MATRICES, WORDS, bars, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SET = """(input, level) => new Promise(done => {
  input.value = level;
  input.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
CONTRAST = """element => {
  const read = (node, name) => getComputedStyle(node)[name];
  const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const paper = read(element.closest('[data-scheme]'), 'backgroundColor');
  const light = colours => {
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    const linear = [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].map(v => (v / 255) ** 2.2);
    return 0.05 + 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const pair = [light([paper]), light([paper, read(element, 'color')])];
  return Math.max(...pair) / Math.min(...pair);
}"""


@pytest.fixture(scope="module")
def address(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("drawn")) as running:
        yield running


@pytest.fixture
def show(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page with one of MATRICES; a complaint in the console fails the test in the end."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            complaints.append(message.text)

    def open_one(of: str, scheme: str = "light", width: int = 1280, frames: list[str | bytes] | None = None) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if frames is not None:
            page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
        page.goto(f"{address}/?of={of}")
        for part in (".matrix-view", ".density-bars"):
            expect(page.locator(part)).to_have_attribute("data-scheme", scheme, timeout=60_000)
        page.wait_for_load_state("networkidle")
        return page

    yield open_one
    for context in chromium.contexts:
        context.close()
    assert complaints == []


def cells(page: Page) -> Locator:
    return page.locator(".matrix-view canvas.cells")


def level(page: Page, amount: int) -> None:
    page.locator(".matrix-view .slider").evaluate(SET, str(amount))


def said(page: Page, part: str, template: str, of: str = ".matrix-view") -> list[str]:
    """What stands in the places of a template; a minus is written as a minus."""
    text = page.locator(f"{of} {part}").inner_text().replace("\u00a0", " ").replace("\u2212", "-").replace("\u202f", "")
    found = re.fullmatch(re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(template)), text)
    assert found, text
    return list(found.groups())


def spoken(share: float) -> str:
    small, large = 0 < share < 0.005, 0.995 <= share < 1
    return "<1" if small else ">99" if large else str(int(100 * share + 0.5))


@pytest.mark.parametrize("of", MATRICES)
def test_the_kept_share_is_that_of_the_mask(show: Callable[..., Page], of: str) -> None:
    page, matrix = show(of), MATRICES[of]
    for amount in (0, 1, 37, 62, 99, 100):
        level(page, amount)
        kept, total = int(matrix.mask(amount).sum()), matrix.weights.size
        assert said(page, ".share", WORDS["share"]) == [spoken(kept / total), str(kept), str(total)]
        assert page.locator("output.percent").inner_text() == f"{amount} %"
    assert page.evaluate("() => window.bonsaiMatrixRedraws.length") >= 6


@pytest.mark.parametrize("of", ["ranks", "lines"])
def test_a_single_weight_is_named_with_its_value_and_state(show: Callable[..., Page], of: str) -> None:
    page, matrix = show(of), MATRICES[of]
    box = cells(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 + 31, box["y"] + box["height"] / 2 - 23)
    for _ in range(20):
        page.mouse.wheel(0, -100)
        page.wait_for_timeout(30)
    expect(cells(page)).to_have_attribute("data-scale", "40")
    top, bottom, left, right = map(int, said(page, ".window", WORDS["window"]))
    assert 0 < bottom - top < 13 and 0 < right - left < 23
    mask, states = matrix.mask(30), set()
    for step in range(8):
        x, y = box["x"] + 30 + 81 * step, box["y"] + 25 + 43 * step
        page.mouse.move(x, y)
        values = said(page, ".readout", WORDS["hoverHead" if of == "ranks" else "hover"])
        row, column, value, state = int(values[1]), int(values[2]), float(values[-2]), values[-1]
        assert top <= row <= bottom and left <= column <= right
        assert value == pytest.approx(float(matrix.weights[row - 1, column - 1]), rel=1e-3)
        assert state == ("kept" if mask[row - 1, column - 1] else "zero")
        assert of == "lines" or values[3] == HEADS[(row - 1) // 24]
        ring = page.locator(".marker").bounding_box()
        assert ring is not None and ring["x"] <= x <= ring["x"] + ring["width"]
        states.add(state)
    assert states == {"kept", "zero"}
    page.mouse.down()
    page.mouse.move(x - 80, y - 80, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    assert said(page, ".window", WORDS["window"])[0] == str(top + 2)
    cells(page).dblclick(position={"x": 300, "y": 100})
    rows, columns = matrix.weights.shape
    expect(page.locator(".window")).to_have_text(f"rows 1 to {rows}, columns 1 to {columns}")


def test_a_pixel_of_several_weights_is_as_clear_as_many_are_zero(show: Callable[..., Page]) -> None:
    page, matrix = show("wide"), MATRICES["wide"]
    assert cells(page).get_attribute("data-scale") == "0.5"
    level(page, 62)
    x, y, found = cells(page).evaluate("""canvas => {
      const root = canvas.closest('.matrix-view'), { x, y } = root.view;
      return [x, y, [...canvas.getContext('2d').getImageData(x, y, 800, 400).data.filter((_, i) => i % 4 === 3)]];
    }""")
    shares = matrix.mask(62).reshape(400, 2, 800, 2).mean(axis=(1, 3))
    assert np.abs(np.array(found).reshape(400, 800) - 255 * shares).max() <= 1
    expect(page.locator(".window")).to_contain_text("mean of 2")


def test_blocks_lines_and_heads_are_those_of_the_mask(show: Callable[..., Page]) -> None:
    page, mask = show("ranks"), MATRICES["ranks"].mask(30)
    root, at = page.locator(".matrix-view"), {"x": 400, "y": 200}
    for name, template in {"block": "hoverBlock", "lines": "hoverLines", "head": "hoverStripe"}.items():
        page.get_by_role("radio", name=name, exact=True).click()
        expect(root).to_have_attribute("data-view", name)
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
        cells(page).hover(position=at)
        values = said(page, ".readout", WORDS[template])
        if name == "block":
            top, bottom, left, right = map(int, values[:4])
            assert (top - 1) % 16 == 0 and bottom - top == 15
            assert values[4] == spoken(mask[top - 1 : bottom, left - 1 : right].mean())
        elif name == "lines":
            row, column = int(values[0]), int(values[2])
            assert values[1::2] == [spoken(mask[row - 1].mean()), spoken(mask[:, column - 1].mean())]
        else:
            head = HEADS.index(values[0])
            assert values[1] == spoken(mask[24 * head : 24 * head + 24].mean())
    page.get_by_role("radio", name="head", exact=True).press("ArrowRight")  # and round again to the first
    expect(root).to_have_attribute("data-view", "weight")
    expect(page.get_by_role("radio", name="weight", exact=True)).to_be_focused()


def test_a_matrix_without_heads_says_so(show: Callable[..., Page]) -> None:
    page = show("lines")
    heads = page.get_by_role("radio", name="head", exact=True)
    expect(heads).to_have_attribute("aria-disabled", "true")
    expect(heads).to_have_attribute("title", "noHeads")
    heads.click(force=True)
    expect(page.locator(".matrix-view")).to_have_attribute("data-view", "weight")


def test_the_keyboard_zooms_walks_and_slides(show: Callable[..., Page]) -> None:
    page, matrix = show("ranks"), MATRICES["ranks"]
    cells(page).focus()
    for key in ("+", "+", "-", "+", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    before = said(page, ".readout", WORDS["hoverHead"])
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    values = said(page, ".readout", WORDS["hoverHead"])
    row, column = int(values[1]), int(values[2])
    assert (row - int(before[1]), column - int(before[2])) == (2, 15)
    assert float(values[4]) == pytest.approx(float(matrix.weights[row - 1, column - 1]), rel=1e-3)
    page.keyboard.press("0")
    expect(page.locator(".window")).to_have_text("rows 1 to 96, columns 1 to 168")
    page.locator(".matrix-view .slider").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    # ten steps are one change; where the machine stalls between two of them, a few, and never ten
    expect(page.get_by_text(re.compile("amount 40, [1-4] changes"))).to_be_visible()


def test_dragging_sends_nothing_and_the_bars_follow(show: Callable[..., Page]) -> None:
    frames: list[str | bytes] = []
    page = show("ranks", frames=frames)
    page.wait_for_timeout(1000)
    box = page.locator(".matrix-view .slider").bounding_box()
    assert box is not None
    x, y, levels, before = box["x"], box["y"] + box["height"] / 2, set(), len(frames)
    page.mouse.move(x + 0.3 * box["width"], y)
    page.mouse.down()
    for step in range(25):
        page.mouse.move(x + (0.3 + 0.01 * step) * box["width"], y)
        page.wait_for_timeout(30)
        levels.add(cells(page).get_attribute("data-level"))
    page.wait_for_timeout(200)
    now = cells(page).get_attribute("data-level")
    assert len(frames) == before and len(levels) > 5
    expect(page.locator(".density-bars")).to_have_attribute("data-level", now or "")
    page.mouse.up()
    expect(page.get_by_text(f"amount {now}, 1 changes")).to_be_visible()


def test_a_bar_shows_its_matrix_and_chooses_it(show: Callable[..., Page]) -> None:
    page, (header, body) = show("ranks"), bars()
    losses, at = zlib.decompress(body), 0
    level(page, 70)
    options = page.get_by_role("option")
    expect(options).to_have_count(len(header["matrices"]))
    names = options.evaluate_all("bars => bars.map(bar => bar.dataset.name)")
    planes = {}
    for entry in header["matrices"]:
        shape = (101, entry["down"], entry["across"])
        cube = np.frombuffer(losses, np.uint8, int(np.prod(shape)), at).reshape(shape).astype(int)
        planes[entry["name"]] = 255 - cube.cumsum(axis=0)[70]
        at += cube.size
    for index in (0, 3, len(names) - 2):
        entry = next(e for e in header["matrices"] if e["name"] == names[index])
        options.nth(index).hover()
        card = page.locator(".density-bars .card")
        expect(card.locator(".title")).to_have_text(entry["label"])
        expect(card.locator(".shape")).to_have_text(f"{entry['rows']} x {entry['columns']}")
        plane = planes[entry["name"]]
        assert float(said(page, ".share", BARS["share"], ".card")[0]) == pytest.approx(plane.mean() / 2.55, abs=0.06)
        clear = card.locator("canvas").evaluate("""canvas => {
          const { width, height } = canvas, { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
          return [height, width, [...data.filter((_, i) => i % 4 === 3)].map(alpha => alpha > 0)];
        }""")
        assert clear[:2] == list(plane.shape) and clear[2] == (plane > 0).reshape(-1).tolist()
    page.mouse.move(5, 5)
    expect(page.locator(".density-bars .card")).to_be_hidden()
    options.nth(3).click()
    expect(page.get_by_text(f"chosen {names[3]}")).to_be_visible()
    expect(options.nth(3)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".density-bars .card")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"chosen {names[4]}")).to_be_visible()
    expect(options.nth(4)).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_and_nothing_is_wider_than_the_page(
    show: Callable[..., Page], scheme: str, width: int
) -> None:
    page = show("tall", scheme, width)
    expect(page.locator(".window")).to_contain_text("rows 1 to 1536, columns 1 to 384")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    reach = "() => [...document.querySelectorAll('[data-testid=stApp] *')].map(e => e.getBoundingClientRect().right)"
    assert max(page.evaluate(reach)) <= width + 1
    for part in (".share", ".window", ".readout", ".hint", ".legend", "button", "label", ".percent"):
        assert page.locator(f".matrix-view {part}").first.evaluate(CONTRAST) >= 4.5, part
    for part in (".group > span", ".scale", ".readout", ".hint"):
        assert page.locator(f".density-bars {part}").first.evaluate(CONTRAST) >= 4.5, part


@pytest.mark.parametrize("module", [matrix, density_bars])
def test_every_word_that_is_shown_is_one_of_the_texts(module: ModuleType) -> None:
    here = Path(module.__file__ or "")
    files = [here.with_suffix(".html"), *(here.with_name(f"{part}.js") for part in module.SCRIPTS)]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    shown = re.findall(r'data-(?:text|label)="(\w+)"', source) + re.findall(r"\btext\.(\w+)", source)
    assert set(shown) == set(module.TEXTS)
