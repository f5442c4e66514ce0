"""Can it be seen: WCAG 2.2 contrast of the theme and of what figures draw, in the light and in the dark."""

import re
import tomllib
from pathlib import Path

import pytest

from core.figures import heads, lengths, quantization, scatter, students, tradeoffs
from core.figures.lengths import Curve
from core.figures.quantization import Bar
from core.figures.style import COLOURS, INK, PAPER, QUIET
from core.figures.tradeoffs import Dot
from pages.components.frame import sidebar

THEME = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
SCHEMES = ("light", "dark")
TEXT, MARK = 4.5, 3.0
NAMED = {"gray": "#808080", "white": "#FFFFFF", "black": "#000000"}
DOTS = [Dot(float(x), 90.0 - x, 80.0 - x, 95.0 - x, "", str(x), x % 4) for x in range(8)]


def luminance(colour):
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour, paper, opacity):
    """What is seen of a colour of that opacity on the paper."""
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * one + (1 - opacity) * below):02X}" for one, below in pairs)


def seen(colour, scheme):
    """What a browser draws for a colour of a figure: the theme's for a stand-in."""
    places = dict(zip((*COLOURS, INK, QUIET), THEME[scheme]["chartCategoricalColors"], strict=True))
    found = (places | {PAPER: THEME[scheme]["backgroundColor"]} | NAMED).get(colour, colour)
    assert re.fullmatch(r"#[0-9A-Fa-f]{6}", found), f"{colour}: a colour that is mixed with what lies below"
    return found


def drawn():
    """A figure of each kind that has marks of a few colours."""
    curve = Curve("a", (16, 32), (1.0, 2.0), (0.9, 1.9), (1.1, 2.1), (1.0, 2.0))
    families = {str(i): DOTS[i : i + 2] for i in range(6)}
    axes, words = ("x", "y"), {"dense": DOTS[6:], "shapes": "abcd", "names": ("front", "dense"), "x_suffix": ""}
    return {
        "curves": tradeoffs.accuracy_curves(
            {str(i): DOTS for i in range(5)}, dense=DOTS[0], current=3, axes=axes, dense_name="dense"
        ),
        "scatter": scatter.scatter(families, axes=axes, picked="1", chosen="2", **words),
        "stacked": heads.stacked_bars(["1"], {"kept": [3], "removed": [2]}, axes=axes),
        "bars": quantization.bars(["a"], [Bar(1.0, 0.5, 1.5, "1")], 2),
        "histogram": quantization.histogram([1, 2], -1.0, 1.0, [0.0], axes),
        "noise": quantization.noise_bars({str(i): {"1": 40.0} for i in range(6)}, axes),
        "times": lengths.times([curve, curve], "formula", axes),
        "shares": lengths.shares((16, 32), {n: (30.0, 40.0) for n in "abc"}, 32, axes),
        "training": students.training([(1, 0.5)], {"a": [(1, 0.9)], "b": [(1, 0.8)]}, ("x", "y", "z")),
    }


def marks(values, path=()):
    """Every colour of lines and markers, and the opacities that would make one paler."""
    if isinstance(values, dict):
        for name, value in values.items():
            if name in ("color", "opacity") and "font" not in "".join(path) and "pattern" not in path:
                yield ".".join((*path, name)), value
            yield from marks(value, (*path, name))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from marks(value, path)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_of_the_theme_can_be_read(scheme):
    theme = THEME[scheme]
    papers = (theme["backgroundColor"], theme["secondaryBackgroundColor"])
    assert contrast(sidebar.ON_PRIMARY[SCHEMES.index(scheme)], theme["primaryColor"]) >= TEXT
    for paper in papers:
        assert contrast(mixed(theme["textColor"], paper, 0.6), paper) >= TEXT  # captions
        assert contrast(theme["chartCategoricalColors"][-1], paper) >= TEXT  # around what is drawn
        assert contrast(theme["textColor"], paper) >= TEXT and contrast(theme["primaryColor"], paper) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("colour", [*COLOURS, INK, "gray"])
def test_every_colour_of_a_figure_is_seen_on_its_background(colour, scheme):
    assert contrast(seen(colour, scheme), THEME[scheme]["backgroundColor"]) >= MARK


@pytest.mark.parametrize("name", drawn())
def test_what_a_figure_draws_is_of_these_colours_and_never_pale(name):
    figure = drawn()[name].to_plotly_json()
    found = list(marks({"data": figure["data"], "shapes": figure["layout"].get("shapes", ())}))
    assert found
    for place, value in found:
        if place.endswith("opacity"):
            assert value == 1, place
        elif not str(value).startswith("rgba"):  # a fill inside an outline
            assert value in (*COLOURS, INK, "gray"), place


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["stacked", "shares"])
def test_text_inside_a_bar_can_be_read(name, scheme):
    checked = 0
    for bar in drawn()[name].data:
        ink = bar.insidetextfont.color or bar.textfont.color
        fill = THEME[scheme]["backgroundColor"] if bar.marker.color.startswith("rgba") else bar.marker.color
        assert contrast(seen(ink, scheme), seen(fill, scheme)) >= TEXT, bar.name
        checked += 1
    assert checked >= 2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_colours_of_differences_can_be_read(scheme):
    theme = THEME[scheme]
    for name in ("greenTextColor", "redTextColor", "grayTextColor"):
        for paper in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(theme[name], theme[paper]) >= TEXT, name
