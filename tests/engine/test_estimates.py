"""About how long work takes: by the pace of this machine, or as much slower or quicker as it is than another."""

import dataclasses

import pytest

from core.engine.estimates import paces, seconds
from core.engine.recipes import curve_spec, one_layer, quantized, trained
from core.environment import here
from tests.support import tiny

ELSEWHERE = dataclasses.replace(here(), machine="elsewhere")


@pytest.fixture
def dense(tmp_path):
    return tiny.experiment(tmp_path, model=tiny.bert(num_hidden_layers=4))[0]


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


def test_the_pace_is_that_of_the_task_whose_examples_are_as_long(dense):
    long = dataclasses.replace(dense, task="squad")
    far = [answered(dense, 4.0, ELSEWHERE), answered(long, 40.0, ELSEWHERE)]
    macs, one = tiny.result().size.macs, ("torch", "fp32")
    assert paces(far, here().machine, "squad")[one] == pytest.approx(10 / macs)
    assert paces(far, here().machine, dense.task)[one] == pytest.approx(1 / macs)
    slow = [*far, answered(dense, 12.0, here())]  # three times as slow on the task that both have
    assert paces(slow, here().machine, "squad")[one] == pytest.approx(30 / macs)
    assert 1 / macs < paces(far, here().machine, "another")[one] < 10 / macs


def test_more_work_takes_longer(dense):
    known = {("torch", "fp32"): 1e-9, ("onnx", "int8-dynamic"): 1e-9}

    def about(specs, train=1000, validation=1000, timed=False):
        return seconds(specs, train, validation, known, timed)

    point, layer = curve_spec(dense, "l1-layer", 0.3), one_layer(dense, 1)
    assert 0 < about([point]) < about([point], validation=2000) < about([point, point], validation=2000)
    assert about([point]) < about([point], timed=True) and about([]) == 0
    assert about([point]) == about([point], train=9000) < about([trained(dense, "onnx")["qat"]])
    assert about([quantized(dense, "onnx", "int8-dynamic")]) > about([dense])
    int8, qat = quantized(dense, "onnx", "int8-dynamic"), trained(dense, "onnx")["qat"]
    more = [about([spec], validation=9000) - about([spec], validation=1000) for spec in (int8, qat)]
    assert more[0] == pytest.approx(more[1])  # the curve of a training asks no more than these
    assert about([layer]) > 0  # nothing is known of integers in PyTorch
