"""The contract of every runtime: its file gives the model's answers, for every shape, and clear words where not."""

import functools

import pytest

from core.errors import ConfigError, ModelError
from core.runtimes import RUNTIMES, check_format, formats, from_files
from core.runtimes.precision import Precision
from tests.support import runtimes

pytestmark = pytest.mark.usefixtures("shared_lowering")
INSTALLED = {name: runtime for name, runtime in RUNTIMES.items() if runtime.installed}
EACH = pytest.mark.parametrize("name", INSTALLED)
CASES = [(name, *case) for name, runtime in INSTALLED.items() for case in runtimes.cases(runtime)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The file of a runtime, model and precision, built once."""

    @functools.cache
    def build(name, kind, mode):
        return runtimes.build(RUNTIMES[name], kind, mode, tmp_path_factory.mktemp("built"))

    return build


@pytest.mark.parametrize(("name", "kind", "mode"), CASES)
def test_the_file_answers_as_the_model_does(name, kind, mode, built):
    runtimes.check_answers(RUNTIMES[name], kind, mode, built(name, kind, mode))


@EACH
def test_narrower_numbers_make_smaller_files(name, built):
    kind = "shaped" if name in runtimes.SLOW else "wide"
    whole = built(name, kind, "fp32").stat().st_size
    for mode in runtimes.written(RUNTIMES[name])[1:]:
        if (name, kind, mode) in CASES:
            assert built(name, kind, mode).stat().st_size < (0.95 if kind == "shaped" else 0.7) * whole, mode


@EACH
def test_any_number_and_length_of_sentences_and_threads(name, built):
    runtimes.check_any_batch(RUNTIMES[name], built(name, "shaped", "fp32"))


@EACH
def test_corrupt_and_foreign_files(name, built, tmp_path):
    runtimes.check_broken_files(RUNTIMES[name], built(name, "shaped", "fp32"), tmp_path)


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_entry_is_whole_and_named_after_itself(name):
    runtimes.check_entry(RUNTIMES[name])
    assert RUNTIMES[name].name == name


def test_a_foreign_onnx_file_says_so(built, tmp_path):
    import onnx

    graph = onnx.load(built("onnx", "shaped", "fp32"))
    graph.ClearField("metadata_props")
    onnx.save(graph, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="'other.onnx' was not exported here"):
        RUNTIMES["onnx"].open(tmp_path / "other.onnx", 1)


def test_no_folder_of_ours_is_named_in_a_file(built):
    content = built("onnx", "shaped", "fp32").read_bytes()
    assert b"site-packages" not in content and b".py" not in content


def test_formats_that_hold_every_precision_come_first_and_others_say_what_they_hold():
    assert list(formats()) == ["onnx", "pte", "web", "hf"] and {one.name for one in formats().values()} <= set(RUNTIMES)
    assert from_files() == ["onnx", "executorch", "openvino", "web"]
    sentence = "int8-dynamic cannot be written in the format 'hf', which holds fp32, fp16, bf16; choose onnx, pte, web"
    with pytest.raises(ConfigError, match=sentence):
        check_format("hf", Precision("int8-dynamic"))
    with pytest.raises(ConfigError, match="unknown format 'exe'; formats: onnx, pte, web, hf"):
        check_format("exe", Precision())
    check_format("hf", Precision("fp16"))
