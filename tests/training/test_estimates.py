"""What a student will be: the counts of the real one, and a time that is only an estimate."""

import pytest

from core.engine.run import make_spec
from core.errors import ConfigError
from core.models import macs
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
    assert found.macs == macs.macs(real, 128) and found.bytes == 4 * found.params
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
