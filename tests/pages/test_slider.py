"""The slider's place: one over pages, methods and drawings."""

import json

import pytest

from core.engine.recipes import curve_spec
from core.engine.run import make_spec
from core.engine.store import default_store
from tests.support import tiny
from tests.support.app import REVIEWS, page, sound, stored

pytestmark = pytest.mark.usefixtures("fresh_server")


def test_a_drawing_begun_anew_starts_where_the_slider_was_left() -> None:
    """While another picture is drawn nothing holds the position in the browser; it began at the link's once more."""
    stored({0: (0.9, 36), 0.3: (0.8, 30)})
    right = tiny.quality(tuple(float(i < 70) for i in range(100)))
    default_store().write(tiny.result(curve_spec(make_spec("demo", REVIEWS), "l1-layer", 0.6, "all"), quality=right))
    at = page("slide", amount="30")
    at.session_state["amount"] = 60  # released there
    sound(at.segmented_control(key="layers").set_value("all").run())
    assert json.loads(at.get("bidi_component")[0].proto.json)["amount"] == 60


@pytest.mark.parametrize("name", ["tryit", "heads"])
def test_an_ordinary_slider_keeps_its_place_over_methods(name: str) -> None:
    stored({0: (0.9, 36)})
    at = page(name, amount="40", method="l1-layer")
    for method, most in (("structured", 95), ("random", 100), ("structured", 95)):
        sound(at.segmented_control(key="method").set_value(method).run())
        (slider,) = at.slider
        assert (slider.value, slider.max, at.session_state["amount"]) == (40, most, 40)
    sound(slider.set_value(70).run())
    sound(at.segmented_control(key="method").set_value("l1-layer").run())
    assert at.slider[0].value == at.session_state["amount"] == 70
