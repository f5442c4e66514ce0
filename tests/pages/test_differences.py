"""A difference inside its interval is grey and called so; arrows and colours stand only beyond it."""

import pytest

from core.engine.store import default_store
from core.result import Comparison
from pages.components.widgets import tiles
from pages.components.widgets.text import catalogue
from tests.support.app import numbers, page, stored, texts

WORSE = Comparison(-0.025, -0.04, -0.01, 0.003, 0.95, (1, 2))
BETTER = Comparison(0.025, 0.01, 0.04, 0.0001, 0.95, (1, 2))
CHANCE = Comparison(-0.005, -0.02, 0.01, 0.34, 0.99, (1,))


def test_only_what_is_more_than_chance_has_an_arrow_and_a_colour():
    assert tiles.change(WORSE) == "↓ -2.5 (p = 0.003)" and tiles.change(BETTER) == "↑ +2.5 (p < 0.001)"
    assert tiles.change(CHANCE) == "no difference shown (-0.5, p = 0.34)"
    assert [tiles.shown_change(one).partition("[")[0] for one in (WORSE, BETTER, CHANCE)] == [":red", ":green", ":gray"]


@pytest.mark.usefixtures("fresh_server")
@pytest.mark.parametrize("lang", ["en", "es"])
def test_pages_say_it_alike(lang):
    stored({0: (0.9, 36), 0.3: (0.89, 30), 0.7: (0.5, 20)})
    words = catalogue(lang)
    keys = {result.quality.interval.value: result.key for result in default_store().all()}
    none, worse = words["tile.same"].partition(" (")[0], f"↓ {numbers('-40.0', lang)}"
    for value, found, colour in ((0.89, none, ":gray["), (0.5, worse, ":red[")):
        compare = "".join(texts(page("compare", lang=lang, a=keys[0.9], b=keys[value]).markdown))
        assert f"{colour}{found}" in compare
        detail = page("tradeoffs", lang=lang, point=keys[value])
        cells = "".join(str(table.value) for table in detail.table)
        assert colour in cells
    tile = page("slide", lang=lang, amount="30").metric[0]
    assert tile.delta == words["tile.same_points"].format(points=numbers("-1.0", lang))
    assert page("slide", lang=lang, amount="70").metric[0].delta == words["tile.points"].format(
        points=numbers("-40.0", lang)
    )
