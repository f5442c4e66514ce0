"""What a reader sees, in a real Chromium: on a phone and a laptop, in the light and in the dark."""

import tomllib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages.components.frame import sidebar
from pages.components.widgets.text import catalogue
from tests.support.chromium import PATIENCE
from tests.support.server import ROOT, Server

WORDS = catalogue("en")
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf8"))["theme"]
SIZES = {"phone": (390, 844), "tablet": (768, 1024), "laptop": (1280, 720)}
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

AREA = """() => {
  const plot = document.querySelector('.js-plotly-plot'), size = plot._fullLayout._size;
  const legend = plot.querySelector('.legend').getBoundingClientRect(), box = plot.getBoundingClientRect();
  return {width: size.w, height: size.h, bottom: box.top + size.t + size.h, legend: legend.top, right: legend.right};
}"""
# words of bars that lie on one another or beyond their plot
CLASHES = """() => [...document.querySelectorAll('[class*=st-key-panels-] .js-plotly-plot')].flatMap(plot => {
  const whole = plot.getBoundingClientRect();
  const boxes = [...plot.querySelectorAll('.annotation-text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], i) => [
    ...(a.left < whole.left - 1 || a.right > whole.right + 1 ? [`${name} is cut off`] : []),
    ...boxes.slice(i + 1).filter(([, b]) =>
      a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1
    ).map(([other]) => `${name} on ${other}`),
  ]);
})"""


def opened(open_page: Callable[..., Page], link: str, size: str = "laptop", scheme: str = "light") -> Page:
    page = open_page(link, scheme=scheme)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=PATIENCE)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(1500)  # plotly draws once more when its place has changed
    return page


def test_a_click_shows_the_point_where_the_eye_is(open_page: Callable[..., Page], server: Server) -> None:
    page = opened(open_page, server.link("tradeoffs"))
    rings = page.locator(".scatterlayer path.point[style*='stroke-width: 3px']")
    expect(rings).to_have_count(0)
    point = page.locator(".scatterlayer path.point").first.bounding_box()
    assert point is not None
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    figures = page.locator(".st-key-detail table")
    figures.wait_for(timeout=PATIENCE)
    expect(rings).to_have_count(1, timeout=PATIENCE)
    box = figures.bounding_box()
    assert box is not None and 0 < box["y"] and box["y"] + box["height"] <= 720  # without scrolling
    plot = page.locator(".js-plotly-plot").first.bounding_box()
    assert plot is not None and box["x"] > plot["x"] + plot["width"] / 2  # beside it
    page.wait_for_url("**point=*")
    page.get_by_text(WORDS["axis.macs"], exact=True).click()
    expect(page.get_by_text(WORDS["axis.macs"], exact=True).last).to_be_visible()
    expect(rings).to_have_count(1, timeout=PATIENCE)  # it stays chosen on another axis
    page.get_by_role("button", name=WORDS["tradeoffs.close"], exact=True).click()
    expect(figures).to_have_count(0, timeout=PATIENCE)
    expect(rings).to_have_count(0)
    assert "point=" not in page.url


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("size", SIZES)
def test_the_legend_lies_below_a_plot_that_keeps_its_width(
    open_page: Callable[..., Page], server: Server, size: str, language: str
) -> None:
    link = server.link("tradeoffs", "demo", task="sst2", lang=language)
    area = opened(open_page, link, size).evaluate(AREA)
    share = {"phone": 0.75, "tablet": 0.8, "laptop": 0.35}[size]  # on a laptop the details stand beside it
    assert area["width"] >= share * SIZES[size][0] and area["height"] >= 180
    assert area["legend"] >= area["bottom"] and area["right"] <= SIZES[size][0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["quantize", "tradeoffs"])
def test_words_of_bars_neither_clash_nor_are_cut_off(
    open_page: Callable[..., Page], server: Server, name: str, size: str
) -> None:
    page = opened(open_page, server.link(name, "demo", task="sst2", lang="es", runtime="onnx"), size)
    page.locator("[class*=st-key-panels-] .annotation-text").nth(30).wait_for(state="attached", timeout=PATIENCE)
    assert page.evaluate(CLASHES) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_and_buttons_take_the_colours_of_the_theme(
    open_page: Callable[..., Page], server: Server, scheme: str
) -> None:
    page = opened(open_page, server.link("quantize", "demo", task="sst2"), scheme=scheme)
    panels = page.locator("[class*=st-key-panels-] .js-plotly-plot")
    marks = [panels.nth(i).locator(".barlayer .point path, .scatterlayer path.point").first for i in range(3)]
    drawn = [mark.evaluate("mark => getComputedStyle(mark).fill") for mark in marks]
    assert drawn == [_rgb(colour) for colour in THEME[scheme]["chartCategoricalColors"][:3]]
    page.goto(server.link("lab", step="magnitude:amount=0.5"))
    button = page.get_by_role("button", name=WORDS["lab.measure"], exact=True)
    button.wait_for(timeout=PATIENCE)
    ink = sidebar.ON_PRIMARY[("light", "dark").index(scheme)]
    expect(button).to_have_css("color", _rgb(ink), timeout=PATIENCE)
    expect(button).to_have_css("background-color", _rgb(THEME[scheme]["primaryColor"]))


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_a_click_on_a_student_chooses_its_size(open_page: Callable[..., Page], server: Server) -> None:
    page = opened(open_page, server.link("distil", "demo", task="sst2"))
    mark = page.locator(".st-key-sizes .scatterlayer path.point").nth(4 * 1 + 2)  # two layers, half as wide
    layers = page.locator(".st-key-distil-layers input")
    expect(layers).to_have_value("3", timeout=PATIENCE)
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(layers).to_have_value("2", timeout=PATIENCE)
    expect(page.locator(".st-key-distil-width input")).to_have_value("0.5", timeout=PATIENCE)


@pytest.mark.parametrize("size", ["phone", "laptop"])
def test_a_wide_table_is_read_without_scrolling_sideways(
    open_page: Callable[..., Page], server: Server, size: str
) -> None:
    page = opened(open_page, server.link("quantize"), size)
    table = page.get_by_test_id("stTable").first
    table.wait_for(timeout=PATIENCE)
    box = table.bounding_box()
    assert box is not None and table.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    cells = table.locator("tbody tr").first.locator("td").all()
    tops = [cell.bounding_box()["y"] for cell in cells]  # type: ignore[index]
    assert (len(set(tops)) == 1) == (size == "laptop") and tops == sorted(tops)
    before = "e => getComputedStyle(e, '::before').content"
    named = [cell.evaluate(before).strip('"') for cell in cells]
    assert (WORDS["quantize.mode"] in named) == (size == "phone")
