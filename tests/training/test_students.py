"""Students cut out of a teacher: ordinary models of sizes that divide, their counts and time before any training."""

import itertools
from fractions import Fraction

import pytest
import torch

from core.engine.run import make_spec
from core.errors import ConfigError
from core.models import dimensions, encoder, find, save
from core.models import macs as models_macs
from core.models.load import load
from core.tasks.task import Origin
from core.training import students
from core.training.students import COPIED, Cut, copied, cut_out, fresh, milliseconds, sizes, sizes_of
from tests.support import tiny

BUILDS = {
    "bert": lambda: tiny.bert(num_hidden_layers=3),
    "roberta": lambda: tiny.roberta(num_hidden_layers=3),
    "distilbert": lambda: tiny.distilbert(n_layers=3),
}
FAMILIES = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS.keys())
WHOLE = Cut((0, 1, 2), tuple(range(32)), (tuple(range(4)),) * 3, (tuple(range(64)),) * 3)
HALF = Cut((0, 2), tuple(range(0, 32, 2)), ((0, 3), (1, 2)), (tuple(range(32)), tuple(range(32, 64))))


@pytest.mark.parametrize(
    ("there", "wanted", "kept"),
    [
        (6, 3, (1, 3, 5)),
        (6, 2, (2, 5)),
        (6, 1, (5,)),
        (6, 6, (0, 1, 2, 3, 4, 5)),
        (12, 4, (2, 5, 8, 11)),
        (5, 2, (1, 4)),
    ],
)
def test_layers_are_spread_with_the_topmost_among_them(there, wanted, kept):
    assert copied(there, wanted, "spread") == kept


@pytest.mark.parametrize(
    ("which", "wanted", "kept"),
    [
        ("outer", 3, (0, 2, 5)),
        ("outer", 2, (0, 5)),
        ("outer", 1, (5,)),
        ("bottom", 2, (0, 1)),
        ("top", 2, (4, 5)),
        ("top", 6, (0, 1, 2, 3, 4, 5)),
    ],
)
def test_other_layers_are_copied(which, wanted, kept):
    assert copied(6, wanted, which) == kept


def test_any_count_of_layers_is_spread_without_repeating():
    for there, which in itertools.product(range(1, 25), COPIED):
        for wanted in range(1, there + 1):
            found = copied(there, wanted, which)
            assert list(found) == sorted(set(found)) and len(found) == wanted and set(found) <= set(range(there))
            assert which == "bottom" or found[-1] == there - 1


@FAMILIES
def test_the_whole_is_the_teacher(build):
    model = tiny.shaken(build())
    assert torch.allclose(tiny.logits(cut_out(model, WHOLE)), tiny.logits(model), atol=1e-6)


@FAMILIES
def test_a_part_has_the_rows_and_columns_that_are_named(build):
    model = tiny.shaken(build())
    student = cut_out(model, HALF)
    assert dimensions.plain_shapes(student.config) == [{"heads": 2, "width": 32}] * 2
    assert dimensions.hidden_size(student) == 16 and encoder.shape_of(student) is None
    stream = torch.tensor(HALF.stream)
    for mine, (layer, heads, neurons) in zip(
        encoder.blocks(student), zip(HALF.layers, HALF.heads, HALF.neurons, strict=True), strict=True
    ):
        theirs = encoder.blocks(model)[layer]
        channels = torch.tensor([head * 8 + i for head in heads for i in range(8)])
        neurons = torch.tensor(neurons)
        expected = {
            "Q": (channels, stream),
            "O": (stream, channels),
            "up": (neurons, stream),
            "down": (stream, neurons),
        }
        for role, (rows, columns) in expected.items():
            whole = encoder.linear(model, theirs.names[role])
            part = encoder.linear(student, mine.names[role])
            assert torch.equal(part.weight, whole.weight[rows][:, columns]), role
            assert torch.equal(part.bias, whole.bias[rows]), role
    words = model.get_submodule(encoder.word_embeddings(model)).weight
    assert torch.equal(student.get_submodule(encoder.word_embeddings(student)).weight, words[:, stream])


def test_a_student_is_an_ordinary_folder(tmp_path):
    student = cut_out(tiny.shaken(BUILDS["bert"]()), HALF)
    check = save.save(student, tiny.tokenizer(), tmp_path / "student")
    assert check.ok and "bonsai" not in (tmp_path / "student" / "config.json").read_text()
    again = load(find.resolve(str(tmp_path / "student"))).model
    assert torch.allclose(tiny.logits(again), tiny.logits(student), atol=1e-6)


def test_fresh_weights_follow_the_seed():
    model = BUILDS["bert"]()
    first, again, other = (fresh(model, 2, Fraction(1, 2), seed) for seed in (0, 0, 1))
    assert torch.equal(tiny.logits(first), tiny.logits(again)) and not torch.equal(
        tiny.logits(first), tiny.logits(other)
    )
    assert len(encoder.blocks(first)) == 2 and dimensions.hidden_size(first) == 16


def test_widths_that_do_not_divide_and_layers_that_differ():
    assert sizes(BUILDS["bert"](), Fraction(3, 4)) == (24, 3, 48)
    with pytest.raises(ConfigError, match="width=0.5 does not divide 36 channels, 3 heads and 64 neurons"):
        sizes(tiny.bert(hidden_size=36, num_attention_heads=3), Fraction(1, 2))
    model = tiny.bert()
    encoder.fit_(model, [{"heads": 4, "width": 64}, {"heads": 2, "width": 64}])
    with pytest.raises(ConfigError, match="width=0.5 needs layers that are all alike; put distil before what prunes"):
        sizes(model, Fraction(1, 2))
    assert sizes(tiny.bert(), Fraction(1))[0] == 32


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
