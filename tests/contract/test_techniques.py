"""The contract that every technique keeps: those of the registry, and a toy that is added to it by one line."""

import copy
import dataclasses
import inspect
import json
import re
import sys

import pytest
import torch

from core import model_card
from core.config import allowed, kind
from core.engine import recipes
from core.errors import ConfigError, DataError
from core.models import size
from core.pictures.levels import levels
from core.pruning import removal
from core.runtimes import pytorch
from core.runtimes.precision import FP32
from core.spec import Step, describe, to_json
from core.tasks import load_task
from core.tasks.task import Origin, spread_over
from core.techniques import TECHNIQUES, matrices_of, parse_step, step_from_json
from core.techniques.operations import LOOKED_AT
from core.techniques.technique import Context, State, legend_of
from tests.support import tiny, toy_technique

# what makes a step quick enough for a test; a technique that needs none has no entry
QUICK = {
    "distil": "layers=1,learning_rate=1e-3,batch_size=8,steps=3",
    "gradual": "learning_rate=1e-3,batch_size=8,steps=3",
    "movement": "learning_rate=1e-3,batch_size=8,steps=6,block=8",
    "finetune": "learning_rate=1e-3,batch_size=8,steps=3",
    "qat": "learning_rate=1e-3,batch_size=8,steps=3",
    "vocabulary": "min_count=40",
}
ENTRIES = (*TECHNIQUES.values(), toy_technique.TECHNIQUE)


@pytest.fixture(params=ENTRIES, ids=lambda entry: entry.name)
def technique(request, monkeypatch):
    """Each entry, registered."""
    monkeypatch.setitem(TECHNIQUES, request.param.name, request.param)
    return request.param


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def step(technique):
    return parse_step(f"{technique.name}:{QUICK.get(technique.name, '')}")


def state_of(model=None, masks=None):
    return State(model or tiny.bert(), masks or {}, tiny.tokenizer())


def applied(technique, context, model=None, masks=None):
    return technique.apply(state_of(model, masks), step(technique).config, context)


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


def test_the_input_model_is_left_as_it_was(technique, context):
    model = tiny.bert()
    before = copy.deepcopy(model.state_dict())
    applied(technique, context, model)
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_the_output_runs_and_differs(technique, context):
    model = tiny.bert()
    state = applied(technique, context, model)
    found = logits(realised(state), state.tokenizer)
    assert found.shape == (2, 2) and found.isfinite().all() and not torch.equal(found, logits(model))


def test_same_seed_same_result(technique, context):
    first, again = (applied(technique, context) for _ in range(2))
    assert torch.equal(logits(first.model, first.tokenizer), logits(again.model, again.tokenizer))
    assert first.masks.keys() == again.masks.keys()


def test_what_a_kind_promises(technique, context):
    before = tiny.bert()
    state = applied(technique, context, before)
    if technique.kind == "prune":
        old, new = size.weigh(before), size.weigh(state.model)
        zeros = sum(int((~mask).sum()) for mask in state.masks.values())
        # either zeros in matrices of the same shape, which the masks know, or a smaller model
        assert old.nonzero - new.nonzero == zeros > 0 if zeros else new.params < old.params and new.bytes < old.bytes
    elif technique.kind == "quantize":
        stored = pytorch.tensors(realised(state))
        assert state.precision != FP32 and size.weigh(before, stored).bytes < 0.6 * size.weigh(before).bytes
    else:
        assert not torch.equal(state.model.classifier.weight, before.classifier.weight)


def test_masks_that_hold_are_kept(technique, context):
    model = tiny.bert()
    weights = [f"bert.encoder.layer.{layer}.output.dense.weight" for layer in range(2)]
    mask = torch.rand(32, 64, generator=torch.Generator().manual_seed(0)) > 0.5
    with torch.no_grad():
        for weight in weights:
            model.get_parameter(weight).mul_(mask)
    state = applied(technique, context, model, dict.fromkeys(weights, mask))
    assert set(state.masks) & set(weights)
    for weight, left in state.masks.items():
        parameter = state.model.get_parameter(weight)
        assert parameter.shape == left.shape and not parameter[~left].any()
        assert (~left).sum() >= 0.3 * left.numel() or weight not in weights


def test_config_round_trips_through_json_and_the_command_line(technique):
    chosen = step(technique)
    (values,) = json.loads(json.dumps(to_json(tiny.spec(steps=(chosen,)))))["steps"]
    assert step_from_json(values) == chosen
    assert parse_step(describe(chosen)) == chosen
    assert parse_step(technique.name) == Step(technique.name, technique.config())


def test_every_field_has_help_and_a_range_that_holds_its_default(technique):
    config = technique.config
    assert dataclasses.is_dataclass(config) and config.__dataclass_params__.frozen
    for field in dataclasses.fields(config):
        assert len(field.metadata["help"]) > 10 and allowed(field), field.name
        low, high = field.metadata["minimum"], field.metadata["maximum"]
        assert kind(field) in (str, bool) or low is not None, f"{technique.name}.{field.name} has no smallest value"
        for value in (low, high):
            if value is not None:
                config(**{field.name: kind(field)(value)})


def test_every_field_refuses_what_lies_outside(technique):
    for field in dataclasses.fields(technique.config):
        wrong = {float: (float("nan"), "x"), int: (0.5, "x"), str: (1, None), bool: (1, "x")}[kind(field)]
        for end, step_ in (("minimum", -1), ("maximum", 1)):
            if field.metadata[end] is not None:
                wrong += (field.metadata[end] + step_,)
        for value in wrong:
            with pytest.raises(ConfigError, match=field.name):
                technique.config(**{field.name: value})


def test_its_file_names_its_source_and_what_it_does_not_do(technique):
    words = sys.modules[technique.config.__module__].__doc__
    assert re.search(r"\b(19|20)\d\d\b", words), "no year of a paper"
    assert re.search(r"\b(not|no|neither)\b", words), "not a word on what it does not do"
    assert len(inspect.getsource(sys.modules[technique.config.__module__]).splitlines()) <= 135


def test_a_point_of_a_curve_is_of_few_examples_from_all_over_and_the_card_says_how_many():
    assert spread_over(range(10), 4) == (0, 2, 5, 7) and spread_over(range(3), 4) == (0, 1, 2)
    assert len(set(spread_over(range(10570), LOOKED_AT))) == LOOKED_AT and spread_over((), 4) == ()
    assert f"at most {LOOKED_AT:,} of them" in inspect.getsource(model_card)


def test_unknown_names():
    with pytest.raises(ConfigError, match="unknown technique 'prune'; techniques: magnitude, wanda, structured"):
        parse_step("prune:amount=0.3")
    with pytest.raises(ConfigError, match="unknown field 'sparsity'; fields: amount, criterion, scope, layers"):
        parse_step("magnitude:sparsity=0.3")
    with pytest.raises(ConfigError, match="a step needs technique and config, not"):
        step_from_json({"technique": "magnitude"})
    with pytest.raises(ConfigError, match="unknown technique 'x'"):
        step_from_json({"technique": "x", "config": {}})


def test_a_shape_depends_on_weights_only_where_the_technique_says_so(technique, context):
    """Else a model that was not trained would be timed in place of a trained one of another shape."""
    models = [unlike_layers(tiny.shaken(tiny.bert(seed=seed, num_hidden_layers=3), seed)) for seed in range(6)]
    found = {str(tiny.shapes(applied(technique, context, model).model)) for model in models}
    assert len(found) > 1 if technique.shaped_by_weights else len(found) == 1


def unlike_layers(model):
    """A third of the neurons stays in the first layer, two thirds in the second."""
    kept = removal.everything(model)
    neurons = tuple(layer[: len(layer) * (place + 1) // 3] for place, layer in enumerate(kept.neurons))
    return removal.removed(model, dataclasses.replace(kept, neurons=neurons))


def test_it_asks_the_examples_where_it_says_so_and_only_there(technique, context):
    without = dataclasses.replace(context, task=dataclasses.replace(context.task, train=()))
    if technique.needs_data:
        with pytest.raises(DataError, match="has no training"):
            applied(technique, without)
    else:
        found = applied(technique, without)
        assert torch.equal(logits(found.model), logits(applied(technique, context).model))


def test_what_it_says_of_its_config_are_fields_of_it(technique):
    named = ({technique.slider.field} if technique.slider else set()) | ({technique.matrices} - {""})
    assert named <= {field.name for field in dataclasses.fields(technique.config)}
    if technique.matrices:
        assert matrices_of(step(technique)) == "encoder"
    assert (technique.precision is not None) == (technique.kind == "quantize")


def method_of(technique):
    """The first method of the slider that is made of it."""
    return next(name for name, step in recipes.methods().items() if step.technique == technique.name)


def test_the_pictures_show_what_each_position_of_the_slider_leaves(technique, context):
    ranked = [one for one in (technique.scores, technique.cuts) if one is not None]
    assert bool(ranked) == bool(technique.slider)
    if not ranked:
        with pytest.raises(ConfigError, match="ranks nothing that a slider could prune"):
            levels(state_of(), step(technique), context)
        return
    if technique.kind == "train":  # what goes is learnt: see its own tests
        with pytest.raises(ConfigError, match="before the first training"):
            levels(state_of(), step(technique), context)
        return
    method, given = method_of(technique), state_of()
    found = levels(given, recipes.step(method, 0), context)
    for level in (0, 30, 70):
        config = recipes.step(method, level / 100).config
        config = technique.zeroed(config) if technique.zeroed else config
        masks = technique.apply(given, config, context).masks
        assert masks.keys() == {f"{matrix.name}.weight" for matrix in found.matrices}
        for matrix in found.matrices:
            assert (kept_at(found, matrix, level) != masks[f"{matrix.name}.weight"].numpy()).mean() <= 0.01


def kept_at(found, matrix, level):
    """Which weights of a matrix the pictures show at a level."""
    if matrix.name in found.ranks:
        return found.ranks[matrix.name] >= level
    rows, columns = found.lines[matrix.name]
    return (rows[level][:, None] & columns[level]).astype(bool)


def test_the_slider_ends_where_the_config_does(technique):
    if technique.slider:
        last = recipes.maximum(method_of(technique))
        recipes.step(method_of(technique), last / 100)
        with pytest.raises(ConfigError, match=technique.slider.field):
            recipes.step(method_of(technique), (last + 1) / 100)


def test_what_is_only_zeroed_answers_as_what_is_removed(technique, context):
    assert (technique.zeroed is None) == (technique.cuts is None or technique.kind == "train")
    if technique.zeroed:
        config, given = technique.config(), state_of()
        removed, zeroed = (technique.apply(given, one, context) for one in (config, technique.zeroed(config)))
        assert tiny.shapes(zeroed.model) == tiny.shapes(given.model) != tiny.shapes(removed.model)
        assert torch.allclose(logits(zeroed.model), logits(removed.model), atol=1e-5)


def test_its_results_have_a_group_of_the_legend(technique):
    config = technique.config()
    group = recipes.group(tiny.spec(steps=(Step(technique.name, config),)))
    assert group in recipes.groups()
    if technique.precision is None:
        assert group == legend_of(technique).group(config) in legend_of(technique).groups
