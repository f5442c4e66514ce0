"""What a student learns: each term follows its formula and a copy has nothing to learn; other models as teachers."""

import dataclasses

import pytest
import torch
from torch.nn import functional

from core.errors import ConfigError, ModelError
from core.models import encoder
from core.models.head import soft
from core.spec import describe
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import distil, finetune, parse_step
from core.techniques.technique import Context, State
from core.training import distillation
from tests.support import tiny

MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150)))


def test_soft_answers_are_kl_times_the_square_of_the_temperature():
    mine, theirs = torch.randn(6, 3), torch.randn(6, 3)
    assert soft(mine, mine, 2.0) == pytest.approx(0.0, abs=1e-6)
    p, q = (functional.softmax(x / 3.0, -1) for x in (theirs, mine))
    expected = 9.0 * (p * (p / q).log()).sum(-1).mean()
    assert soft(mine, theirs, 3.0) == pytest.approx(float(expected), rel=1e-4)


def test_soft_answers_pull_as_hard_at_any_temperature():
    theirs, sizes = torch.randn(8, 2), []
    for temperature in (1.0, 10.0):
        mine = torch.zeros(8, 2, requires_grad=True)
        soft(mine, theirs, temperature).backward()
        sizes.append(float(mine.grad.norm()))
    assert 0.5 < sizes[1] / sizes[0] < 2.0  # without the square it would be a hundredth


def test_hidden_states_of_matching_layers_and_channels_without_the_padding():
    theirs = [torch.randn(2, 4, 6) for _ in range(4)]
    stream = torch.tensor([0, 2, 5])
    mine = [theirs[0][..., stream].clone(), theirs[2][..., stream].clone(), theirs[3][..., stream].clone()]
    mine[1][1, 3] += 100  # padding
    assert distillation.hidden_difference(mine, theirs, (1, 2), stream, MASK) == 0
    mine[1][0, 0, 0] += 3.0
    assert distillation.hidden_difference(mine, theirs, (1, 2), stream, MASK) == pytest.approx(
        9 / (6 * 3) / 3, rel=1e-5
    )


def test_relations_need_no_equal_widths_and_see_no_padding():
    whole = {role: torch.randn(2, 4, 24) for role in "QKV"}
    assert distillation.relation_difference(whole, whole, MASK) == pytest.approx(0.0, abs=1e-6)
    other = {role: torch.randn(2, 4, 12) for role in "QKV"}
    found = distillation.relation_difference(other, whole, MASK)
    assert found > 0.01
    moved = {role: values.clone() for role, values in other.items()}
    for values in moved.values():
        values[1, 2:] += 50.0
    assert distillation.relation_difference(moved, whole, MASK) == pytest.approx(float(found), rel=1e-5)


def test_relations_are_those_of_tokens():
    mine, theirs = torch.randn(1, 3, 4), torch.randn(1, 3, 4)
    p, q = (functional.softmax(x[0] @ x[0].T / 2.0, -1) for x in (theirs, mine))
    expected = (p * (p / q).log()).sum(-1).mean()
    found = distillation._difference(
        *(distillation._relation(x, 1, torch.ones(1, 3)) for x in (mine, theirs)), torch.ones(1, 3, dtype=torch.long)
    )
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_states_and_the_last_layers_projections_are_captured(build):
    model = build()
    for whole in (model, encoder.keep_layers(model, [1])):
        count = len(encoder.blocks(whole))
        with distillation.captured(whole) as found:
            for _ in range(2):  # a run leaves its own only
                tiny.logits(whole)
            assert len(found.states) == count + 1 and {state.shape[-1] for state in found.states} == {32}
            assert {role: values.shape[-1] for role, values in found.roles.items()} == {"Q": 32, "K": 32, "V": 32}
            last = encoder.linear(whole, encoder.blocks(whole)[-1].names["Q"])
            with torch.inference_mode():
                assert torch.allclose(found.roles["Q"], last(found.states[-2]), atol=1e-5)
            before = [state.clone() for state in found.states]
        tiny.logits(whole, ("bad",))
        assert all(torch.equal(a, b) for a, b in zip(before, found.states, strict=True))


def test_hidden_states_come_first_and_answers_afterwards(task):
    """In the first part no answer counts; in the second nobody looks at the teacher's states."""
    model, words = tiny.shaken(tiny.bert()), tiny.tokenizer()
    features, looked = task.features(words, task.train), []
    batch, chosen = task.collate(features[:4], 0), [0, 1, 2, 3]
    student = encoder.keep_layers(model, [1])
    found = {}
    for right in (0, 1):
        answers = torch.full((len(features), 2), -5.0)
        answers[:, right] = 5.0
        teacher = distillation.Teacher(model, features, 0, {"logits": answers})
        lessons = distillation.LossWeights(alpha=0.5, temperature=1.0, hidden=0.4, relations=0.0)
        handle = model.register_forward_hook(lambda *_: looked.append(1))
        with distillation.objective(student, teacher, task, lessons, [1], torch.arange(32)) as loss:
            found[right] = [loss(student, batch, chosen, done).item() for done in (0.0, 0.39, 0.4, 0.99)]
        handle.remove()
    (first, also, then, last), (others, _, changed, _) = found[0], found[1]
    assert first == also == others and then == last and abs(then - changed) > 0.1 and len(looked) == 4


def plain(**changes):
    return State(tiny.bert(**changes), {}, tiny.tokenizer())


def logits(model, task, features):
    return distillation.answers(model, task, features, 0, lambda *_: None, lambda: False)["logits"]


@pytest.fixture
def knowing(task):
    """A model that was trained on the task, of another width."""
    config = finetune.Config(learning_rate=1e-3, batch_size=8, epochs=20.0)
    model = finetune.apply(plain(hidden_size=48), config, Context(task)).model
    answers = logits(model, task, task.features(tiny.tokenizer(), task.train))
    assert (answers.argmax(-1) == torch.tensor([example.label for example in task.train])).double().mean() > 0.8
    return model


def learn(task, teacher, **fields):
    """The model of a small student that learnt from a folder."""
    config = parse_step(f"distil:layers=1,hidden=0,alpha=1,learning_rate=1e-3,batch_size=8,teacher={teacher}").config
    config = dataclasses.replace(config, **{"epochs": 50.0, "steps": 3, "embeddings": True, **fields})
    return distil.apply(plain(), config, Context(task)).model


def test_another_model_teaches(task, knowing, tmp_path):
    folder, features = tiny.folder(tmp_path / "other", knowing), task.features(tiny.tokenizer(), task.train)
    wanted = logits(knowing, task, features)
    before, after = (
        soft(logits(learn(task, folder, steps=steps, relations=0.1), task, features), wanted, 1.0) for steps in (1, 200)
    )
    assert after < 0.5 * before


def test_a_teacher_of_other_labels_is_refused(task, knowing, tmp_path):
    one = tiny.folder(tmp_path / "one", tiny.bert(labels=1))
    with pytest.raises(ModelError, match="gives one number .regression. and no classes"):
        learn(task, one)
    with torch.no_grad():
        for parameter in knowing.classifier.parameters():
            parameter.copy_(parameter.flip(0))
    turned = tiny.folder(tmp_path / "turned", knowing)
    why = r"the teacher '.*turned' reaches \d+% .* are its classes those of the task \(0, 1\)"
    with pytest.raises(ModelError, match=why):
        learn(task, turned)


def test_hidden_states_of_another_model_are_others(task, knowing, tmp_path):
    with pytest.raises(ConfigError, match="hidden=1 needs a student cut out of its teacher in one step; set hidden=0"):
        learn(task, tiny.folder(tmp_path / "other", knowing), hidden=1.0)


def test_the_teacher_is_the_one_that_was_chosen(tmp_path):
    folder = tiny.folder(tmp_path / "a", tiny.bert(seed=0))
    text = describe(parse_step(f"distil:teacher={folder}"))
    assert f"teacher={folder}@" in text and describe(parse_step(text)) == text
    tiny.folder(tmp_path / "a", tiny.bert(seed=2))
    with pytest.raises(ConfigError, match="'.*a' has changed on disk since it was chosen"):
        parse_step(text)
    with pytest.raises(ConfigError, match="there is no folder './nowhere'"):
        parse_step("distil:teacher=./nowhere")
