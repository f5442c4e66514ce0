"""The recipe of the Lab page: by form, by link, and as lines that do the same."""

import contextlib
import dataclasses
import io

import pytest

from core.config import kind
from core.engine import card
from core.engine.run import make_spec
from core.engine.store import default_store
from core.models.find import pinned
from core.runtimes import RUNTIMES
from core.spec import Step, describe
from core.techniques import TECHNIQUES, parse_step
from pages.components.lab import recipe
from pages.components.widgets.text import catalogue
from tests.support import tiny
from tests.support.app import HALF, REVIEWS, FakeJobs, button, lab, line, link_of, page, sound, texts, uninstall, ways

pytestmark = pytest.mark.usefixtures("fresh_server")
WORDS = catalogue("en")
INT8 = "quantize:mode=int8-dynamic,embeddings=true,per_channel=true"


def widget(at, key, field):
    if kind(field) is bool:
        return at.toggle(key=key)
    if field.metadata["choices"]:
        return at.selectbox(key=key)
    return (at.text_input if kind(field) is str else at.number_input)(key=key)


def another(field):
    """A value that the field may have, other than its default."""
    meta = field.metadata
    if kind(field) is bool:
        return not field.default
    if meta["choices"]:
        return next(choice for choice in meta["choices"] if choice != field.default)
    if meta["model"]:
        return pinned("demo")
    if kind(field) is str:
        return "2.1 1.2" if field.name == "remove" else "*query *key"
    if field.default is None:
        return 7
    return kind(field)(meta["minimum"] if field.default != meta["minimum"] else meta["maximum"])


@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_field_of_every_technique_can_be_set(name):
    at = page("lab")
    at.selectbox(key="technique").set_value(name)
    sound(button(at, WORDS["recipe.add"]).click().run())
    assert link_of(at) == [describe(parse_step(name))]
    config = TECHNIQUES[name].config
    values = {field.name: another(field) for field in dataclasses.fields(config)}
    for field in dataclasses.fields(config):
        widget(at, f"step-0-{field.name}", field).set_value(values[field.name])
    sound(at.run())
    (text,) = link_of(at)
    assert parse_step(text) == Step(name, config(**values))
    if name == "quantize":  # which precisions one layer alone can have is the runtime's to say
        assert {error.partition(" can")[0] for error in texts(at.error)} == {"layer=7 alone"}
    else:
        assert texts(at.error) == [] and line(at).step == [text]
    # a link with the same opens the same form
    at = lab(text)
    for field in dataclasses.fields(config):
        assert widget(at, f"step-0-{field.name}", field).value == values[field.name]
    empty = [field for field in dataclasses.fields(config) if field.default is None]
    for field in empty:
        widget(at, f"step-0-{field.name}", field).set_value(None)
    if empty:
        sound(at.run())
        assert f"{empty[0].name}=" not in link_of(at)[0]


def test_numbers_have_the_range_of_their_field():
    at = lab("structured", "finetune")
    share, rate = at.number_input(key="step-0-keep_macs"), at.number_input(key="step-1-learning_rate")
    assert (share.min, share.max, share.step) == (0.05, 1.0, 0.01)
    assert (rate.min, rate.max, rate.step, rate.value) == (1e-7, 1e-2, 1e-5, 2e-5)
    assert "`keep_macs`" in share.help and "(0.05 – 1)" in share.help


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_empty_recipe_is_the_model_as_it_is(language):
    words = catalogue(language)
    at = page("lab", lang=language)
    assert words["recipe.empty"] in texts(at.markdown) and texts(at.error) == []
    assert ways(at, "recipe") == [words["recipe.start"]]
    assert words["queue.empty"] in texts(at.caption)
    headings = texts(at.subheader)
    assert headings == [words["lab.title"], words["queue.title"], words["takehome.title"]]
    assert line(at).step == [] and "step" not in at.query_params
    assert not button(at, words["lab.measure"]).disabled


def test_steps_are_added_moved_up_and_removed():
    at = lab(HALF)
    for name in ("quantize", "finetune"):
        at.selectbox(key="technique").set_value(name)
        button(at, WORDS["recipe.add"]).click().run()
    at.number_input(key="step-2-epochs").set_value(0.5).run()
    (error,) = texts(sound(at).error)
    assert error.startswith("quantize has to be the last step") and "put finetune before it" in error
    assert not [one for one in at.button if one.label in (WORDS["lab.measure"], WORDS["takehome.export"])]
    assert WORDS["takehome.invalid"] in texts(at.caption)
    at.button(key="up-2").click().run()
    assert texts(sound(at).error) == []
    assert [text.partition(":")[0] for text in link_of(at)] == ["magnitude", "finetune", "quantize"]
    assert "epochs=0.5" in link_of(at)[1]  # what was typed moves with its step
    at.button(key="remove-2").click().run()
    assert link_of(at) == [HALF, INT8] and "up-0" not in [one.key for one in at.button]


def test_the_recipe_survives_another_page():
    at = lab(HALF, "finetune:epochs=0.5")
    at.number_input(key="step-0-amount").set_value(0.7)
    at.number_input(key="seed").set_value(5).run()
    at.selectbox(key="runtime").set_value("onnx").run()
    at.switch_page("pages/compare.py").run()
    at.switch_page("pages/lab.py").run()
    assert at.number_input(key="step-0-amount").value == 0.7 and at.number_input(key="seed").value == 5
    assert at.selectbox(key="runtime").value == "onnx"
    assert link_of(at)[0].startswith("magnitude:amount=0.7")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nothing", "unknown technique 'nothing'"),
        ("magnitude:amount=2", "amount=2.0 is not allowed; amount takes a number from 0 to 1"),
        ("magnitude:amount=x", "amount=x is not allowed"),
        ("magnitude:sum=1", "unknown field 'sum'"),
        ("heads:remove=first", "remove=first is not allowed"),
        ("", "unknown technique ''"),
        ("magnitude:amount=nan", "amount=nan is not allowed"),
    ],
)
def test_a_wrong_link_is_one_sentence(text, why):
    at = lab(HALF, text)
    (error,) = texts(at.error)
    assert why in error and error.startswith(WORDS["recipe.wrong_link"].partition("{")[0])
    assert not at.number_input(key="seed").disabled and "Traceback" not in error
    button(at, WORDS["recipe.add"]).click().run()  # whoever goes on is not told again
    assert texts(sound(at).error) == [] and link_of(at) == [describe(parse_step("magnitude"))]


def test_a_link_of_too_many_steps_is_refused_and_the_form_ends_there():
    at = lab(*["magnitude"] * 40)
    assert WORDS["recipe.too_many"].format(most=recipe.MOST, count=40) in texts(at.error)[0]
    at = lab(*["magnitude"] * recipe.MOST)
    assert texts(at.error) == [] and button(at, WORDS["recipe.add"]).disabled


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", "99999999999999999999"])
def test_a_wrong_seed_in_a_link_is_left_out(seed):
    at = lab(HALF, seed=seed, runtime="nothing", format="exe")
    assert isinstance(at.number_input(key="seed").value, int) and at.number_input(key="seed").value >= 0
    assert (at.session_state["runtime"], at.session_state["format"]) == ("torch", "onnx")


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("step-0-remove", "1.x", "remove=1.x is not allowed"),
        ("step-0-remove", "", "remove= is not allowed"),
        ("step-0-remove", "1.1,1.2", "'1.2' is not name=value"),
    ],
)
def test_what_a_field_does_not_take_is_said_beside_it(key, text, why):
    at = lab("heads")
    at.text_input(key=key).set_value(text).run()
    (error,) = texts(sound(at).error)
    assert why in error and link_of(at) == ["heads:remove=1.1"]
    assert WORDS["lab.measure"] not in [one.label for one in at.button]
    at.text_input(key=key).set_value("1.2").run()
    assert texts(sound(at).error) == [] and link_of(at) == ["heads:remove=1.2"]


def test_a_precision_that_a_runtime_lacks_cannot_be_started():
    at = lab("quantize:mode=int4-weights")
    assert "the runtime 'torch' has no int4-weights" in texts(at.error)[0]
    assert button(at, WORDS["lab.measure"]).disabled
    at = lab("quantize:mode=int4-weights", runtime="onnx", format="onnx")
    assert texts(at.error) == [] and not button(at, WORDS["lab.measure"]).disabled


def test_a_runtime_that_is_not_installed_says_how(monkeypatch):
    uninstall(monkeypatch, "openvino", "executorch")
    at = lab(HALF, runtime="openvino", format="pte")
    install = WORDS["quantize.install"]
    wanted = [install.format(line=RUNTIMES[name].install) for name in ("openvino", "executorch")]
    assert texts(at.warning) == wanted and button(at, WORDS["lab.measure"]).disabled
    assert line(at).runtime == "openvino"  # the line works where it is installed
    assert not [one for one in at.button if one.label.startswith("Export")]


def test_the_lines_do_what_the_button_does():
    at = lab(HALF, "magnitude:layers=*query *key", seed="3")
    found = line(at)
    steps = [parse_step(text) for text in found.step]
    spec = make_spec(found.model, REVIEWS, steps, seed=found.seed, runtime=found.runtime)
    button(at, WORDS["lab.measure"]).click().run()
    assert list(FakeJobs.listed) == [spec.key] and found.seed == 3 and steps[1].config.layers == "*query *key"
    (shown,) = [code.value for code in at.code if "make_spec" in code.value]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(shown, {})
    assert out.getvalue().startswith("Interval(") and default_store().read(spec.key) is not None
    quoted = tiny.spec(steps=(parse_step("heads:remove=1.1 1.2"),), runtime="onnx")
    assert "'heads:remove=1.1 1.2'" in card.command(quoted, REVIEWS)
    assert "--data '/a folder'" in card.command(quoted, dataclasses.replace(REVIEWS, path="/a folder"))
