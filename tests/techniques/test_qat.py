"""qat: trains through the rounding, leaves plain Linears behind, and its weights lose less when they are rounded."""

import copy
import dataclasses

import pytest
import torch
from torch import nn

from core.errors import DataError
from core.runtimes import pytorch
from core.runtimes.precision import Precision
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import qat
from core.techniques.qat import Config, _rounded_inputs, _Rounding
from core.techniques.technique import Context, State
from tests.support import tiny


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv", 200))))


def test_inputs_go_to_the_nearest_of_256_levels_with_an_exact_zero():
    values = torch.cat([torch.randn(4, 50), torch.zeros(4, 1)], 1)
    found = _rounded_inputs(values)
    step = (values.max() - values.min()) / 255
    assert ((found - values).abs() <= step * 0.5001).all() and not found[values == 0].any()
    assert len(found.unique()) <= 256
    assert torch.equal(_rounded_inputs(torch.zeros(3)), torch.zeros(3))
    positive = _rounded_inputs(torch.tensor([5.0, 10.0]))
    assert positive[1] == pytest.approx(10.0, rel=0.01)


def test_gradients_pass_the_rounding_as_if_it_were_not_there():
    linear = nn.Linear(8, 3)
    inputs = torch.randn(5, 8, requires_grad=True)
    _Rounding(linear)(inputs).sum().backward()
    assert torch.allclose(linear.bias.grad, torch.full((3,), 5.0))
    expected = _rounded_inputs(inputs.detach()).sum(0).expand(3, 8)
    assert torch.allclose(linear.weight.grad, expected, atol=1e-5)
    assert inputs.grad.abs().sum() > 0


def test_the_model_is_plain_again_and_the_given_one_untouched(context):
    model = tiny.bert()
    before = copy.deepcopy(model.state_dict())
    state = qat.apply(State(model, {}, tiny.tokenizer()), Config(learning_rate=1e-3, batch_size=8, steps=4), context)
    assert not any(isinstance(module, _Rounding) for module in state.model.modules())
    assert state.model.state_dict().keys() == before.keys() and not state.model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not torch.equal(state.model.classifier.weight, model.classifier.weight)


def test_it_learns_the_task_as_int8_will_answer_it(context):
    config = Config(learning_rate=2e-3, batch_size=16, epochs=6.0)
    state = qat.apply(State(tiny.bert(), {}, tiny.tokenizer()), config, context)
    texts = [example.text for example in context.task.validation]
    right = torch.tensor([example.label for example in context.task.validation])
    answers = tiny.logits(pytorch.realised(state.model, Precision("int8-dynamic")), tuple(texts)).argmax(1)
    assert (answers == right).float().mean() > 0.9


def test_without_training_examples_it_says_so(context):

    empty = dataclasses.replace(context, task=dataclasses.replace(context.task, train=()))
    with pytest.raises(DataError, match="has no training examples, which qat needs; add a train file beside its test$"):
        qat.apply(State(tiny.bert(), {}, tiny.tokenizer()), Config(), empty)
