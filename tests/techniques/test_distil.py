"""distil: the student's size and start, what it learns from, the same student alone, and recovery with the teacher."""

import dataclasses

import pytest
import torch

from core.errors import ConfigError, DataError
from core.models import dimensions, encoder
from core.runtimes import pytorch
from core.tasks import evaluate, load_task
from core.tasks.task import Origin
from core.techniques import distil, finetune, layers, magnitude, structured, vocabulary
from core.techniques.distil import Config
from core.techniques.technique import Context, State
from core.training import distillation
from tests.support import tiny

QUICK = Config(learning_rate=1e-3, batch_size=8, epochs=9.0, steps=3)


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150)))


def teacher(**changes):
    return State(tiny.shaken(tiny.bert(**{"num_hidden_layers": 4, **changes})), {}, tiny.tokenizer())


def apply(state, context, **fields):
    return distil.apply(state, dataclasses.replace(QUICK, **fields), context)


def test_the_student_has_the_size_that_is_asked_for(task):
    for fields, count, channels in (({"layers": 2}, 2, 32), ({"layers": 3, "width": "0.5"}, 3, 16), ({}, 4, 32)):
        state = apply(teacher(), Context(task), **fields)
        assert len(encoder.blocks(state.model)) == count and dimensions.hidden_size(state.model) == channels
        assert encoder.shape_of(state.model) is None


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_a_student_without_a_step_is_a_part_of_its_teacher(build, task):
    """Nearly: the one step it does has a rate that moves nothing."""
    model = tiny.shaken(build())
    state = State(model, {}, tiny.tokenizer())
    student = apply(state, Context(task), layers=1, steps=1, learning_rate=1e-7).model
    top, (mine,) = encoder.blocks(model)[1], encoder.blocks(student)
    for role, name in mine.names.items():
        found, expected = encoder.weight(student, name), encoder.weight(model, top.names[role])
        assert torch.allclose(found, expected, atol=1e-5)


def test_a_narrow_student_keeps_what_matters(task):
    """The heads, neurons and channels that do nothing are those that it leaves out."""
    state = teacher()
    with torch.no_grad():
        for block in encoder.blocks(state.model):
            encoder.weight(state.model, block.names["O"])[:, 16:] = 0
            encoder.weight(state.model, block.names["down"])[:, 32:] = 0
    pair = distil._student(state, Config(layers=2, width="0.5"), Context(task))
    for mine, layer in zip(encoder.blocks(pair.state.model), (1, 3), strict=True):
        whole = encoder.weight(state.model, encoder.blocks(state.model)[layer].names["Q"])
        assert torch.equal(encoder.weight(pair.state.model, mine.names["Q"]), whole[:16][:, pair.stream])
    assert pair.layers == (1, 3) and pair.state.facts["layers"] == [1, 3]


def test_a_fresh_student_knows_nothing_of_its_teacher(task):
    one = apply(teacher(), Context(task), layers=2, start="scratch", steps=1, learning_rate=1e-7)
    other = apply(teacher(seed=3), Context(task), layers=2, start="scratch", steps=1, learning_rate=1e-7)
    for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_it_comes_to_answer_as_its_teacher(task):
    """Of a teacher that answers by chance no label tells: only from the teacher itself can its answers be learned."""
    state, context = teacher(), Context(task)
    features = task.features(state.tokenizer, task.validation)
    wanted = logits(state.model, task, features)
    student = apply(state, context, layers=2, alpha=1.0, hidden=1.0, steps=150, learning_rate=3e-3)
    before = logits(distil._student(state, Config(layers=2), context).state.model, task, features)
    after = logits(student.model, task, features)
    assert (after - wanted).abs().mean() < 0.4 * (before - wanted).abs().mean()


def logits(model, task, features):
    return distillation.answers(model, task, features, 0, lambda *_: None, lambda: False)["logits"]


@pytest.mark.parametrize("change", [{"alpha": 0.2}, {"temperature": 5.0}, {"hidden": 0.0}, {"relations": 1.0}])
def test_every_weight_reaches_the_loss(task, change):
    plain, changed = (
        apply(teacher(), Context(task), layers=2, steps=6, **fields).model.classifier.weight for fields in ({}, change)
    )
    assert not torch.equal(plain, changed)


def test_without_a_teacher_it_is_plain_training_of_the_same_student(task, monkeypatch):
    monkeypatch.setattr(distillation, "answers", lambda *_: pytest.fail("the teacher was asked"))
    alone = apply(teacher(), Context(task), layers=2, alpha=0.0, embeddings=True, dropout=True)
    cut = layers.apply(teacher(), layers.Config(2, "alternate"), Context(task))
    assert cut.facts["layers"] == alone.facts["layers"] == [1, 3]
    fields = {"learning_rate": 1e-3, "batch_size": 8, "steps": 3, "epochs": 9.0, "weight_decay": 0.01}
    plain = finetune.apply(cut, finetune.Config(**fields), Context(task))
    assert all(torch.equal(a, b) for a, b in zip(alone.model.parameters(), plain.model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("fields", "trained"),
    [({}, False), ({"alpha": 0.0}, False), ({"embeddings": True}, True), ({"start": "scratch", "hidden": 0.0}, True)],
)
def test_embeddings_of_the_teacher_stay_as_they_are(task, monkeypatch, fields, trained):
    before = []
    monkeypatch.setattr(distil, "train_copy_", spying(distil.train_copy_, before))
    model = apply(teacher(), Context(task), layers=2, learning_rate=1e-2, **fields).model
    assert torch.equal(before[0], model.bert.embeddings.word_embeddings.weight) != trained
    assert all(parameter.requires_grad for parameter in model.parameters())


def spying(train, found):
    def spy(model, *rest, **named):
        found.append(model.bert.embeddings.word_embeddings.weight.detach().clone())
        return train(model, *rest, **named)

    return spy


def test_the_teacher_is_asked_once(task):
    asked = []

    def remember(name, compute):
        asked.append(name)
        return {"logits": torch.zeros(len(task.train), 2)}

    apply(teacher(), Context(task, remember_dense=remember), layers=2)
    assert asked == ["answers"]


def test_after_pruning_it_is_recovery_with_the_model_before_any_step(task):
    dense = teacher()
    context = Context(task, dense=dense)
    zeros = magnitude.apply(dense, magnitude.Config(amount=0.5), context)
    recovered = apply(zeros, context)
    for name, mask in zeros.masks.items():
        parameter = recovered.model.get_parameter(name)
        assert not parameter[~mask].any() and not torch.equal(parameter, zeros.model.get_parameter(name))
    config = structured.Config(keep_macs=0.6, criterion="magnitude", refit="none")
    smaller = structured.apply(dense, config, context)
    again = apply(smaller, context, relations=1.0)
    assert encoder.layer_shapes(again.model) == encoder.layer_shapes(smaller.model)
    assert again.facts["heads"] == smaller.facts["heads"]
    fewer = apply(smaller, context, layers=2)
    assert fewer.facts["heads"] == [smaller.facts["heads"][layer] for layer in (1, 3)]


def test_masks_follow_the_layers_that_stay(task):
    zeros = magnitude.apply(teacher(), magnitude.Config(amount=0.5), Context(task))
    student = apply(zeros, Context(task, dense=teacher()), layers=2)
    assert len(student.masks) == 12
    assert all(not student.model.get_parameter(name)[~mask].any() for name, mask in student.masks.items())


def test_the_curve_is_kept_with_the_facts(task, monkeypatch):
    state = apply(teacher(), Context(task), layers=2, steps=20)
    (curve,) = state.facts["curves"]
    assert [step for step, _, _ in curve] == list(range(2, 21, 2)) and all(0 <= score <= 1 for _, _, score in curve)
    features = task.features(state.tokenizer, task.validation)
    quality = evaluate.evaluate(pytorch.session(state.model), task, features, pad=0)
    assert curve[-1][2] == quality.interval.value
    assert len(finetune.apply(state, finetune.Config(steps=2), Context(task)).facts["curves"]) == 2


def test_what_cannot_be_is_one_sentence(task, tmp_path):
    context = Context(task)
    with pytest.raises(ConfigError, match="layers=5 is not allowed: the student's teacher has 4 layers"):
        apply(teacher(), context, layers=5)
    with pytest.raises(ConfigError, match="width=0.5 does not divide 36 channels, 3 heads and 64 neurons"):
        apply(teacher(hidden_size=36, num_attention_heads=3), context, width="0.5")
    zeros = magnitude.apply(teacher(), magnitude.Config(amount=0.5), context)
    for fields in ({"width": "0.5"}, {"start": "scratch"}):
        with pytest.raises(ConfigError, match="put distil before what sets weights to zero"):
            apply(zeros, context, **fields)
    tiny.csv_file(tmp_path / "test.csv", 30)
    alone = Context(load_task(Origin(str(tmp_path / "test.csv"))))
    if not alone.task.train:
        with pytest.raises(
            DataError, match="has no training examples, which distil needs; add a train file beside its test$"
        ):
            apply(teacher(), alone)


def test_after_a_smaller_vocabulary_the_teacher_reads_its_own_numbers(task):
    dense = teacher()
    cut = vocabulary.apply(dense, vocabulary.Config(min_count=1), Context(task))
    recovered = apply(cut, Context(task, dense=dense))
    assert encoder.vocabulary_size(recovered.model) == encoder.vocabulary_size(cut.model)
