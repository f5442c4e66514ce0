"""What a student will be: the counts of the real one, and a time that is only an estimate."""

import dataclasses

import pytest

from core.engine.estimates import paces, seconds
from core.engine.recipes import curve_spec, one_layer, quantized, trained
from core.engine.run import make_spec
from core.environment import here
from core.errors import ConfigError
from core.models import macs as models_macs
from core.tasks.task import Origin
from core.training import students
from core.training.students import milliseconds, sizes_of
from tests.support import tiny


@pytest.fixture
def dense(tmp_path):
    return tiny.experiment(tmp_path, model=tiny.bert(num_hidden_layers=4))[0]


@pytest.mark.parametrize(("layers", "width"), [(4, "1"), (2, "0.5"), (1, "0.25")])
def test_the_counts_are_those_of_the_real_student(dense, layers, width):
    real = students.fresh(tiny.bert(num_hidden_layers=4), layers, students.Fraction(width), 0)
    found = sizes_of(dense, layers, width)
    assert found.params == sum(parameter.numel() for parameter in real.parameters())
    assert found.macs == models_macs.macs(real, 128) and found.bytes == 4 * found.params
    assert students.layers_of(dense) == 4


def test_the_time_follows_the_work(dense):
    whole, speed = sizes_of(dense, 4, "1"), tiny.speed((20.0,) * 9, (20.0,) * 9)
    result = tiny.result(dense)
    assert result.size.seq == 128
    ratio = sizes_of(dense, 2, "1").macs / result.size.macs
    assert milliseconds(sizes_of(dense, 2, "1"), result, speed) == pytest.approx(20.0 * ratio)
    assert milliseconds(whole, result, None) is None


def test_a_width_that_does_not_divide(tmp_path):
    model = tiny.folder(tmp_path / "odd", tiny.bert(hidden_size=36, num_attention_heads=3))
    spec = make_spec(model, Origin(tiny.csv_file(tmp_path / "own.csv", 30)))
    with pytest.raises(ConfigError, match="width=0.5 does not divide 36 channels"):
        sizes_of(spec, 1, "0.5")


ELSEWHERE = dataclasses.replace(here(), machine="elsewhere")


def answered(spec, took, environment):
    """A result whose four examples took so many seconds."""
    quality = dataclasses.replace(tiny.quality(), seconds=took, environment=environment)
    return tiny.result(spec, quality=quality)


def test_paces_are_those_of_this_machine_or_as_much_slower_as_it_is(dense):
    integers, onnx = quantized(dense, "torch", "int8-dynamic"), quantized(dense, "onnx", "fp32")
    far = [answered(dense, 4.0, ELSEWHERE), answered(integers, 2.0, ELSEWHERE), answered(onnx, 8.0, ELSEWHERE)]
    macs = tiny.result().size.macs
    assert paces(far, here().machine) == pytest.approx(
        {("torch", "fp32"): 1 / macs, ("torch", "int8-dynamic"): 0.5 / macs, ("onnx", "fp32"): 2 / macs}
    )
    own = [answered(dense, 12.0, here())]
    found = paces([*far, *own], here().machine)
    assert found["torch", "fp32"] == pytest.approx(3 / macs) and found["onnx", "fp32"] == pytest.approx(6 / macs)
    assert paces([], here().machine) == {}


def test_more_work_takes_longer(dense):
    known = {("torch", "fp32"): 1e-9, ("onnx", "int8-dynamic"): 1e-9}

    def about(specs, train=1000, validation=1000, timed=False):
        return seconds(specs, train, validation, known, timed)

    point, layer = curve_spec(dense, "l1-layer", 0.3), one_layer(dense, 1)
    assert 0 < about([point]) < about([point], validation=2000) < about([point, point], validation=2000)
    assert about([point]) < about([point], timed=True) and about([]) == 0
    assert about([point]) == about([point], train=9000) < about([trained(dense, "onnx")["qat"]])
    assert about([quantized(dense, "onnx", "int8-dynamic")]) > about([dense])
    assert about([layer]) > 0  # nothing is known of integers in PyTorch
