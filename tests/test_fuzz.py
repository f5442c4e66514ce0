"""Ten thousand inputs of strangers: each is taken, or refused in one sentence; never a traceback or a wrong figure."""

import json
import logging
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core import plausible
from core.engine import uploads
from core.engine.run import make_spec
from core.engine.store import Store
from core.errors import ConfigError, DataError, ModelError, UserError
from core.jobs.line import Keeper
from core.lessons import read as read_lesson
from core.models import find
from core.models.load import load
from core.tasks import load_task
from core.tasks.records import read_records
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, parse_step
from tests.support import tiny
from tests.support.app import REVIEWS

FAST = settings(max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
SOME = settings(FAST, max_examples=400)
SLOW = settings(FAST, max_examples=150)
NUMBERS = some.one_of(some.integers(), some.floats(), some.integers(min_value=10**9, max_value=10**400))
LEAVES = some.one_of(some.none(), some.booleans(), NUMBERS, some.text(max_size=20))
JSON = some.recursive(
    LEAVES, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4)
)
NAMES = sorted({f"{name}:{field}" for name, one in TECHNIQUES.items() for field in one.config.__dataclass_fields__})


@pytest.fixture(scope="module", autouse=True)
def quiet():
    """What is set aside is logged, thousands of times here."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@FAST
@given(some.text(max_size=60) | some.builds("{}={}".format, some.sampled_from(NAMES), LEAVES.map(str)))
def test_a_step_is_taken_or_refused(text):
    try:
        step = parse_step(text)
    except ConfigError as error:
        assert len(str(error)) < 3000
        return
    for value in vars(step.config).values():
        assert not isinstance(value, float) or math.isfinite(value)


@FAST
@given(
    some.binary(max_size=400) | some.text(max_size=400).map(lambda text: text.encode("utf8", "surrogatepass")),
    some.data(),
)
def test_a_table_is_read_or_refused(tmp_path_factory, content, data):
    path = (
        tmp_path_factory.getbasetemp()
        / f"fuzz{data.draw(some.sampled_from(['.csv', '.tsv', '.jsonl', '.json', '.conll']))}"
    )
    path.write_bytes(content)
    for reading in (lambda: read_records(path), lambda: load_task(Origin(str(path)))):
        try:
            reading()
        except UserError as error:
            str(error).encode()
    assert uploads.find(content[:16].hex()[:16]) is None


@pytest.mark.long
@FAST
@given(
    some.lists(some.dictionaries(some.sampled_from(["text", "label", "second", "kind"]), JSON, max_size=3), max_size=8)
)
def test_lines_of_json_are_read_or_refused(tmp_path_factory, records):
    path = tmp_path_factory.getbasetemp() / "fuzz-lines.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records))
    try:
        task = load_task(Origin(str(path)))
    except DataError as error:
        str(error).encode()
        return
    for example in (*task.train, *task.validation):
        example.text.encode()


def _paths(values, place=()):
    """Every place in a JSON value."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for name, value in inner:
        yield (*place, name)
        yield from _paths(value, (*place, name))


def _put(values, place, value):
    for name in place[:-1]:
        values = values[name]
    values[place[-1]] = value


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    speed = tiny.speed((1.0,) * 3, (2.0,) * 3)
    path = Store(folder).write(tiny.result(make_spec("demo", REVIEWS), speeds=(speed,)))
    return folder, path, path.read_text()


@FAST
@given(some.data(), JSON)
def test_a_stored_result_is_plausible_or_set_aside(stored, data, value):
    folder, path, text = stored
    values = json.loads(text)
    _put(values, data.draw(some.sampled_from(list(_paths(values)))), value)
    path.write_text(json.dumps(values))
    found = Store(folder).read(path.stem)
    if found is not None:
        plausible.require(found)
        found.spec.key.encode()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "model"
    tiny.folder(folder)
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.whole").write_bytes(path.read_bytes())
    return folder


def _whole(folder):
    """Its files as they were."""
    for path in folder.glob("*.whole"):
        path.with_suffix("").write_bytes(path.read_bytes())


@SLOW
@given(some.integers(min_value=0, max_value=9999), JSON)
def test_a_config_loads_or_is_refused(model, which, value):
    _whole(model)
    values = json.loads((model / "config.json").read_text())
    places = list(_paths(values))
    _put(values, places[which % len(places)], value)
    (model / "config.json").write_text(json.dumps(values))
    try:
        load(find.resolve(str(model)))
    except ModelError as error:
        assert "\n" not in str(error)
        str(error).encode()


@SOME
@given(some.binary(min_size=1, max_size=64), some.integers(min_value=0, max_value=4000))
def test_lying_weights_are_refused(model, patch, place):
    _whole(model)
    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[:place] + patch + weights[place + len(patch) :])
    try:
        load(find.resolve(str(model)))
    except ModelError as error:
        str(error).encode()


@SOME
@given(JSON)
def test_a_line_or_a_lesson_of_anything(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("queue")
    (folder / "1-1.json").write_text(json.dumps(value))
    assert Keeper(folder).left() == []
    path = folder / "lesson.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError, match="is no lesson"):
        read_lesson(path)
