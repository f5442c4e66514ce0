"""Quality: each example once, in order, streamed; and a second kind of task through the same function."""

import dataclasses

import pytest
import torch

from core.errors import Cancelled
from core.intervals import wilson
from core.metrics import Sample
from core.models import forward
from core.result import compare, figure
from core.runtimes import pytorch
from core.tasks import load_task
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin
from core.training.loop import Recipe, train_
from tests.support import tiny, tiny_qa


@pytest.fixture(autouse=True)
def fp32(monkeypatch):
    """The same figures on every machine, to be compared with those of one sentence at a time."""
    for module in (forward, pytorch):
        monkeypatch.setattr(module, "has_bf16", lambda: False)


@pytest.fixture
def task(tmp_path):
    return load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 400)))


def one_by_one(model, task):
    """Logits of each validation sentence alone: no padding, no batches, in the task's order."""
    tokens = tiny.tokenizer()
    with torch.inference_mode():
        return torch.cat([model(**tokens(e.text, return_tensors="pt")).logits for e in task.validation])


def test_every_example_counts_once_in_the_tasks_order(task):
    model = tiny.bert(initializer_range=1.0)
    quality = evaluate(pytorch.session(model), task, task.features(tiny.tokenizer(), task.validation), pad=0)
    logits = one_by_one(model, task)
    truth = torch.tensor([e.label for e in task.validation])
    assert quality.answers == tuple(str(int(a)) for a in logits.argmax(-1))
    assert 0 < sum(quality.scores) < len(truth)  # the comparison below has something to see
    assert quality.scores == tuple((logits.argmax(-1) == truth).float().tolist())
    assert quality.interval.value == pytest.approx(float((logits.argmax(-1) == truth).float().mean()))
    assert (quality.interval.low, quality.interval.high) == wilson(sum(quality.scores), len(truth))
    assert quality.interval.n == len(truth)
    assert quality.loss == pytest.approx(float(torch.nn.functional.cross_entropy(logits, truth)), rel=1e-4)
    assert quality.precision == "fp32" and quality.seconds > 0


def test_it_streams(task):
    seen = []
    features = task.features(tiny.tokenizer(), task.validation)
    quality = evaluate(pytorch.session(tiny.bert()), task, features, pad=0, on_batch=seen.append)
    counts = [running.interval.n for running in seen]
    assert len(seen) == -(-len(features) // pytorch.EVALUATION_BATCH) and counts == sorted(set(counts))
    assert {running.total for running in seen} == {len(features)}
    assert seen[-1].interval == quality.interval
    widths = [running.interval.high - running.interval.low for running in seen]
    assert widths[-1] < widths[0]


def test_short_sentences_do_not_come_first(task):
    lengths = []
    model = tiny.bert()
    model.register_forward_pre_hook(
        lambda module, args, inputs: lengths.append(inputs["input_ids"].shape[1]), with_kwargs=True
    )
    evaluate(pytorch.session(model), task, task.features(tiny.tokenizer(), task.validation), pad=0)
    assert len(lengths) > 2 and lengths != sorted(lengths)


def test_the_same_twice(task):
    features = task.features(tiny.tokenizer(), task.validation)
    first, second = (evaluate(pytorch.session(tiny.bert()), task, features, pad=0) for _ in range(2))
    assert (first.loss, first.answers, first.scores) == (second.loss, second.answers, second.scores)


def test_cancel_between_two_batches(task):
    seen = []
    with pytest.raises(Cancelled):
        features = task.features(tiny.tokenizer(), task.validation)
        evaluate(
            pytorch.session(tiny.bert()), task, features, pad=0, on_batch=seen.append, cancelled=lambda: len(seen) == 2
        )
    assert len(seen) == 2


def test_accuracy_of_each_kind():
    task = load_task(Origin("reviews"))
    quality = evaluate(pytorch.session(tiny.bert()), task, task.features(tiny.tokenizer(), task.validation), pad=0)
    assert sum(interval.n for interval in quality.kinds.values()) == 600 and len(quality.kinds) == 10
    irony = [s for s, e in zip(quality.scores, task.validation, strict=True) if e.kind == "irony"]
    assert quality.kinds["irony"] == figure(Sample(tuple(irony)))


def test_no_kinds_where_the_task_has_none(task):
    features = task.features(tiny.tokenizer(), task.validation)
    assert evaluate(pytorch.session(tiny.bert()), task, features, pad=0).kinds == {}


def test_question_answering_goes_through_the_same_function():
    task, model = tiny_qa.task(), tiny_qa.model()
    features = task.features(tiny.tokenizer(), task.validation)
    per_example = [sum(f.example == i for f in features) for i in range(len(task.validation))]
    assert min(per_example) >= 3  # several windows an example
    seen = []
    quality = evaluate(pytorch.session(model), task, features, pad=0, on_batch=seen.append)

    best = {}
    for feature in features:  # one window at a time
        batch = task.collate([feature], 0)
        with torch.inference_mode():
            output = model(**{n: batch[n] for n in ("input_ids", "attention_mask", "token_type_ids")})
        (outcome,) = task.outcomes(output, batch, [feature])
        if outcome.example not in best or outcome.confidence > best[outcome.example].confidence:
            best[outcome.example] = outcome
    wanted = [best[i] for i in range(len(task.validation))]
    assert quality.answers == tuple(o.answer for o in wanted)
    assert quality.scores == pytest.approx([o.score for o in wanted])
    assert quality.loss == pytest.approx(sum(o.loss for o in wanted) / len(wanted), rel=1e-4)
    assert any(0 < score < 1 for score in quality.scores)
    assert quality.metric == "mean F1" and quality.interval.n == len(task.validation) == seen[-1].interval.n
    assert quality.interval.value == pytest.approx(sum(quality.scores) / len(task.validation))
    assert set(quality.kinds) == {"short", "long"} and quality.interval == figure(quality.sample, "mean F1")
    versus = compare(quality, dataclasses.replace(quality, scores=tuple(score / 2 for score in quality.scores)))
    assert versus.delta == pytest.approx(quality.interval.value / 2) and 0 < versus.low < versus.delta < versus.high


def test_question_answering_goes_through_the_same_training():
    task, model, losses = tiny_qa.task(), tiny_qa.model(), []
    features = task.features(tiny.tokenizer(), task.train)
    train_(
        model,
        task,
        features,
        Recipe(learning_rate=2e-3, batch_size=16, epochs=15.0, weight_decay=0.0, seed=0),
        pad=0,
        masks={},
        on_step=lambda progress: losses.append(progress.loss),
        cancelled=lambda: False,
    )
    assert losses[-1] < 0.8 * losses[0]
