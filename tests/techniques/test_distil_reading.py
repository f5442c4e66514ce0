"""Students of a model that reads: fewer layers or channels, taught by where its answers begin and end."""

import dataclasses
import math

import pytest
import torch

from core.errors import ConfigError
from core.models import dimensions, encoder
from core.models.head import SPAN
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import distil, movement, vocabulary
from core.techniques.distil import Config
from core.techniques.technique import Context, State
from core.training import distillation, loop
from tests.support import tiny, tiny_qa, tiny_squad

QUICK = Config(learning_rate=2e-3, batch_size=16, epochs=9.0, steps=3, hidden=0.0)


@pytest.fixture
def task(tmp_path):
    return dataclasses.replace(load_task(Origin(tiny_squad.folder(tmp_path / "squad", 30, 6))), max_tokens=20)


def reader():
    return State(tiny_qa.model(), tokenizer=tiny.tokenizer())


def apply(state, context, **fields):
    return distil.apply(state, dataclasses.replace(QUICK, **fields), context)


def apart(student, teacher, task):
    """Mean KL of the teacher's two distributions from the student's, over the tokens of each window, by hand."""
    features = task.features(teacher.tokenizer, task.train)
    found = []
    for feature in features:
        ids = torch.tensor([feature.ids])
        types = torch.tensor([list(feature.types)])
        with torch.inference_mode():
            one, other = (
                state.model(input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=types)
                for state in (student, teacher)
            )
        for name in SPAN.outputs:
            p, q = (getattr(output, name)[0].softmax(-1).tolist() for output in (other, one))
            found.append(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
    return sum(found) / len(found)


@pytest.mark.parametrize(
    ("fields", "layers", "channels"),
    [
        ({"layers": 1}, 1, 32),
        ({"layers": 1, "hidden": 0.5}, 1, 32),
        ({"width": "0.5"}, 2, 16),
        ({"layers": 1, "width": "0.5", "relations": 1.0}, 1, 16),
        ({"layers": 1, "start": "scratch"}, 1, 32),
    ],
    ids=["shallow", "hidden", "narrow", "relations", "fresh"],
)
def test_it_comes_to_answer_as_its_teacher(task, fields, layers, channels):
    teacher = reader()
    before, after = (apply(teacher, Context(task), **fields, steps=n, alpha=1.0) for n in (1, 60))
    assert (len(encoder.blocks(after.model)), dimensions.hidden_size(after.model)) == (layers, channels)
    assert apart(after, teacher, task) < 0.8 * apart(before, teacher, task)


def test_what_is_learnt_is_where_answers_begin_and_end(task, monkeypatch):
    """The loss of a batch is (1 - alpha) of the task's and alpha of KL at both ends, times the temperature squared."""
    teacher, seen = reader(), []
    plain = distillation.objective

    def watched(student, teaches, *rest):
        seen.append((student, teaches, rest[1]))
        return plain(student, teaches, *rest)

    monkeypatch.setattr(distillation, "objective", watched)
    apply(teacher, Context(task), layers=1, steps=1, alpha=0.7, temperature=3.0)
    ((student, teaches, weights),) = seen
    assert teaches.answers is None and (weights.alpha, weights.temperature) == (0.7, 3.0)
    chosen = [0, 5, 9]
    batch = task.collate([teaches.features[i] for i in chosen], 0)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        with plain(student, teaches, task, weights, (1,), torch.arange(32)) as objective:
            found = float(objective(student, batch, chosen, 0.9))
        mine, theirs = student(**inputs), teaches.model(**inputs)
        hard = float(loop.task_loss(task)(student, batch, chosen, 0.9))
    shown, soft = batch["attention_mask"].bool(), []
    for name in SPAN.outputs:
        for row, mask in enumerate(shown):
            p, q = ((getattr(o, name)[row][mask] / 3).log_softmax(-1) for o in (theirs, mine))
            soft.append(float((p.exp() * (p - q)).sum()))
    assert found == pytest.approx(0.3 * hard + 0.7 * 9 * sum(soft) / len(soft), rel=0.03)


def test_a_teacher_of_other_tokens_is_refused(task):
    """After a vocabulary that splits words otherwise, its windows are others, too."""
    state = State(tiny_qa.model(vocab_size=len(tiny.SPELLING)), tokenizer=tiny.spelling())
    cut = vocabulary.apply(state, vocabulary.Config(min_count=30), Context(task))
    assert len(cut.tokenizer.get_vocab()) < len(state.tokenizer.get_vocab())
    with pytest.raises(ConfigError, match="the teacher answers for each of its tokens, and the student has others"):
        apply(cut, Context(task, dense=state), layers=1)
    quick = movement.Config(block=8, steps=2, density=0.5)
    with pytest.raises(ConfigError, match="the teacher answers for each of its tokens"):
        movement.apply(cut, quick, Context(task, dense=state))
    assert movement.apply(cut, dataclasses.replace(quick, alpha=0.0), Context(task, dense=state))
    same = vocabulary.apply(state, vocabulary.Config(min_count=1), Context(task))
    assert len(same.tokenizer.get_vocab()) < len(state.tokenizer.get_vocab())
    assert apply(same, Context(task, dense=state), layers=1)
