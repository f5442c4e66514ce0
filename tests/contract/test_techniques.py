"""The contract that every technique of the registry keeps."""

import copy
import dataclasses
import inspect
import json
import re
import sys

import pytest
import torch

from core.config import allowed, kind
from core.errors import ConfigError
from core.models import size
from core.pruning import removal
from core.runtimes import pytorch
from core.runtimes.precision import FP32
from core.spec import Step, describe, to_json
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, parse_step, step_from_json
from core.techniques.technique import Context, State
from tests.support import tiny

# what makes a step quick enough for a test; a technique that needs none has no entry
QUICK = {
    "distil": "layers=1,learning_rate=1e-3,batch_size=8,steps=3",
    "gradual": "learning_rate=1e-3,batch_size=8,steps=3",
    "finetune": "learning_rate=1e-3,batch_size=8,steps=3",
    "qat": "learning_rate=1e-3,batch_size=8,steps=3",
    "vocabulary": "min_count=40",
}
EACH = pytest.mark.parametrize("name", TECHNIQUES)


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def step(name):
    return parse_step(f"{name}:{QUICK.get(name, '')}")


def applied(name, context, model=None, masks=None):
    state = State(model or tiny.bert(), masks or {}, tiny.tokenizer())
    return TECHNIQUES[name].apply(state, step(name).config, context)


def realised(state):
    """The state's model as PyTorch runs it: a quantized one answers only so."""
    return pytorch.realised(state.model, state.precision)


def logits(model, tokenizer=None):
    words = (tokenizer or tiny.tokenizer())(["the film was good", "bad"], padding=True, return_tensors="pt")
    with torch.inference_mode():
        return model(**words).logits


def test_the_techniques_there_are():
    assert {"magnitude", "wanda", "structured", "heads", "layers", "vocabulary", "quantize", "finetune"} <= set(
        TECHNIQUES
    )
    assert all(name == technique.name for name, technique in TECHNIQUES.items())


@EACH
def test_the_input_model_is_left_as_it_was(name, context):
    model = tiny.bert()
    before = copy.deepcopy(model.state_dict())
    applied(name, context, model)
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


@EACH
def test_the_output_runs_and_differs(name, context):
    model = tiny.bert()
    state = applied(name, context, model)
    found = logits(realised(state), state.tokenizer)
    assert found.shape == (2, 2) and found.isfinite().all() and not torch.equal(found, logits(model))


@EACH
def test_same_seed_same_result(name, context):
    first, again = (applied(name, context) for _ in range(2))
    assert torch.equal(logits(first.model, first.tokenizer), logits(again.model, again.tokenizer))
    assert first.masks.keys() == again.masks.keys()


@EACH
def test_what_a_kind_promises(name, context):
    before = tiny.bert()
    state = applied(name, context, before)
    if TECHNIQUES[name].kind == "prune":
        old, new = size.measure(before), size.measure(state.model)
        zeros = sum(int((~mask).sum()) for mask in state.masks.values())
        # either zeros in matrices of the same shape, which the masks know, or a smaller model
        assert old.nonzero - new.nonzero == zeros > 0 if zeros else new.params < old.params and new.bytes < old.bytes
    elif TECHNIQUES[name].kind == "quantize":
        stored = pytorch.tensors(realised(state))
        assert state.precision != FP32 and size.measure(before, stored).bytes < 0.6 * size.measure(before).bytes
    else:
        assert bool(state.masks) == (name == "gradual")
        assert not torch.equal(state.model.classifier.weight, before.classifier.weight)


@EACH
def test_masks_that_hold_are_kept(name, context):
    model = tiny.bert()
    weights = [f"bert.encoder.layer.{layer}.output.dense.weight" for layer in range(2)]
    mask = torch.rand(32, 64, generator=torch.Generator().manual_seed(0)) > 0.5
    with torch.no_grad():
        for weight in weights:
            model.get_parameter(weight).mul_(mask)
    state = applied(name, context, model, dict.fromkeys(weights, mask))
    assert set(state.masks) & set(weights)
    for weight, left in state.masks.items():
        parameter = state.model.get_parameter(weight)
        assert parameter.shape == left.shape and not parameter[~left].any()
        assert (~left).sum() >= 0.3 * left.numel() or weight not in weights


@EACH
def test_config_round_trips_through_json_and_the_command_line(name):
    chosen = step(name)
    (values,) = json.loads(json.dumps(to_json(tiny.spec(steps=(chosen,)))))["steps"]
    assert step_from_json(values) == chosen
    assert parse_step(describe(chosen)) == chosen
    assert parse_step(name) == Step(name, TECHNIQUES[name].config())


@EACH
def test_every_field_has_help_and_a_range_that_holds_its_default(name):
    config = TECHNIQUES[name].config
    assert dataclasses.is_dataclass(config) and config.__dataclass_params__.frozen
    for field in dataclasses.fields(config):
        assert len(field.metadata["help"]) > 10 and allowed(field), field.name
        low, high = field.metadata["minimum"], field.metadata["maximum"]
        assert kind(field) in (str, bool) or low is not None, f"{name}.{field.name} has no smallest value"
        for value in (low, high):
            if value is not None:
                config(**{field.name: kind(field)(value)})


@EACH
def test_every_field_refuses_what_lies_outside(name):
    for field in dataclasses.fields(TECHNIQUES[name].config):
        wrong = {float: (float("nan"), "x"), int: (0.5, "x"), str: (1, None), bool: (1, "x")}[kind(field)]
        for end, step_ in (("minimum", -1), ("maximum", 1)):
            if field.metadata[end] is not None:
                wrong += (field.metadata[end] + step_,)
        for value in wrong:
            with pytest.raises(ConfigError, match=field.name):
                TECHNIQUES[name].config(**{field.name: value})


@EACH
def test_its_file_names_its_source_and_what_it_does_not_do(name):
    words = sys.modules[TECHNIQUES[name].config.__module__].__doc__
    assert re.search(r"\b(19|20)\d\d\b", words), "no year of a paper"
    assert re.search(r"\b(not|no|neither)\b", words), "not a word on what it does not do"
    assert len(inspect.getsource(sys.modules[TECHNIQUES[name].config.__module__]).splitlines()) <= 120


def test_unknown_names():
    with pytest.raises(ConfigError, match="unknown technique 'prune'; techniques: magnitude, wanda, structured"):
        parse_step("prune:amount=0.3")
    with pytest.raises(ConfigError, match="unknown field 'sparsity'; fields: amount, criterion, scope, layers"):
        parse_step("magnitude:sparsity=0.3")
    with pytest.raises(ConfigError, match="a step needs technique and config, not"):
        step_from_json({"technique": "magnitude"})
    with pytest.raises(ConfigError, match="unknown technique 'x'"):
        step_from_json({"technique": "x", "config": {}})


@EACH
def test_a_shape_depends_on_weights_only_where_the_technique_says_so(name, context):
    """Else a model that was not trained would be timed in place of a trained one of another shape."""
    models = [unlike_layers(tiny.shaken(tiny.bert(seed=seed, num_hidden_layers=3), seed)) for seed in range(6)]
    found = {str(tiny.shapes(applied(name, context, model).model)) for model in models}
    assert len(found) > 1 if TECHNIQUES[name].shaped_by_weights else len(found) == 1


def unlike_layers(model):
    """A third of the neurons stays in the first layer, two thirds in the second."""
    kept = removal.everything(model)
    neurons = tuple(layer[: len(layer) * (place + 1) // 3] for place, layer in enumerate(kept.neurons))
    return removal.removed(model, dataclasses.replace(kept, neurons=neurons))
