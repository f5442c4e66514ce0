"""Another model as a teacher: it teaches, and one of other labels, or another content than was chosen, is refused."""

import dataclasses

import pytest
import torch

from core.errors import ConfigError, ModelError
from core.spec import describe
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import distil, finetune, parse_step
from core.techniques.technique import Context, State
from core.training import distillation
from tests.support import tiny


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 150)))


def plain(**changes):
    return State(tiny.bert(**changes), {}, tiny.tokenizer())


def logits(model, task, features):
    return distillation.answers(model, task, features, 0, lambda *_: None, lambda: False)["logits"]


@pytest.fixture
def knowing(task):
    """A model that was trained on the task, of another width."""
    config = finetune.Config(learning_rate=1e-3, batch_size=8, epochs=20.0)
    model = finetune.apply(plain(hidden_size=48), config, Context(task)).model
    answers = logits(model, task, task.encode(tiny.tokenizer(), task.train))
    assert (answers.argmax(-1) == torch.tensor([example.label for example in task.train])).double().mean() > 0.8
    return model


def learn(task, teacher, **fields):
    """The model of a small student that learnt from a folder."""
    config = parse_step(f"distil:layers=1,hidden=0,alpha=1,learning_rate=1e-3,batch_size=8,teacher={teacher}").config
    config = dataclasses.replace(config, **{"epochs": 50.0, "steps": 3, "embeddings": True, **fields})
    return distil.apply(plain(), config, Context(task)).model


def test_another_model_teaches(task, knowing, tmp_path):
    folder, features = tiny.folder(tmp_path / "other", knowing), task.encode(tiny.tokenizer(), task.train)
    wanted = logits(knowing, task, features)
    before, after = (
        distillation.soft(logits(learn(task, folder, steps=steps, relations=0.1), task, features), wanted, 1.0)
        for steps in (1, 200)
    )
    assert after < 0.5 * before


def test_a_teacher_of_other_labels_is_refused(task, knowing, tmp_path):
    three = tiny.folder(tmp_path / "three", tiny.bert(labels=3))
    with pytest.raises(ModelError, match="tells 3 classes apart, the task has 2"):
        learn(task, three)
    with torch.no_grad():
        for parameter in knowing.classifier.parameters():
            parameter.copy_(parameter.flip(0))
    turned = tiny.folder(tmp_path / "turned", knowing)
    why = r"the teacher '.*turned' reaches \d+% .* are its labels the task's, in the same order \(0, 1\)"
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
