"""The heads that are named go, and nothing else."""

import pytest
import torch

from core.errors import ConfigError
from core.models import encoder, size
from core.techniques import heads, magnitude, parse_step
from core.techniques.heads import Config
from core.techniques.technique import Context, State
from tests.support import tiny

FAMILIES = pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
CONTEXT = Context(None)


def apply(state, remove):
    return heads.apply(state, Config(remove), CONTEXT)


def state_of(build=tiny.bert):
    return State(tiny.shaken(build()), {}, tiny.tokenizer())


def zeroed(build, *places):
    """The model whose O ignores these heads, layer and head counted from 0."""
    model = tiny.shaken(build())
    with torch.no_grad():
        for layer, head in places:
            encoder.weight(model, encoder.blocks(model)[layer].names["O"])[:, head * 8 : (head + 1) * 8] = 0
    return model


@pytest.mark.parametrize(
    ("remove", "places", "left"),
    [
        ("1.1", [(0, 0)], [3, 4]),
        ("2.4", [(1, 3)], [4, 3]),
        ("1.2 2.1 1.4", [(0, 1), (1, 0), (0, 3)], [2, 3]),
        ("2.3 2.3", [(1, 2)], [4, 3]),
        ("1.1 1.2 1.3 1.4", [(0, h) for h in range(4)], [0, 4]),
    ],
)
@FAMILIES
def test_removing_is_zeroing(build, remove, places, left):
    state = state_of(build)
    after = apply(state, remove)
    assert torch.allclose(tiny.logits(after.model), tiny.logits(zeroed(build, *places)), atol=1e-5)
    assert not torch.allclose(tiny.logits(after.model), tiny.logits(state.model), atol=1e-4)
    assert after.facts == {"heads": left, "widths": [64, 64]}
    assert [b.heads for b in encoder.blocks(after.model)] == left
    gone = len(set(places)) * (3 * (8 * 32 + 8) + 32 * 8)
    assert size.weigh(state.model).params - size.weigh(after.model).params == gone


def test_names_are_those_of_the_model_at_hand():
    once = apply(state_of(), "1.1 1.3")
    twice = apply(once, "1.2")
    assert torch.allclose(tiny.logits(twice.model), tiny.logits(zeroed(tiny.bert, (0, 0), (0, 2), (0, 3))), atol=1e-5)
    with pytest.raises(ConfigError, match=r"there is no head 1\.3;"):
        apply(once, "1.3")


def test_masks_are_cut_along():
    state = magnitude.apply(state_of(), magnitude.Config(amount=0.5), CONTEXT)
    after = apply(state, "1.2 2.1 2.2 2.3 2.4")
    assert len(after.masks) == 12 - 4  # Q, K, V and O of the second layer have no weights left
    assert all(torch.equal(after.model.get_parameter(name) != 0, mask) for name, mask in after.masks.items())


@pytest.mark.parametrize("remove", ["3.1", "1.5", "0.1", "1.0", "1.1 2.9", "99.99"])
def test_a_head_that_is_not_there(remove):
    wrong = remove.split()[-1]
    with pytest.raises(ConfigError) as caught:
        apply(state_of(), remove)
    assert str(caught.value) == f"there is no head {wrong}; this model has 2 layers of at most 4 heads"


@pytest.mark.parametrize("remove", ["", " ", "1", "1.", ".1", "1.1.1", "1.1;2.2", "one.two", "1.-1", "1,1", "1.1 x"])
def test_names_that_are_none(remove):
    with pytest.raises(ConfigError) as caught:
        Config(remove)
    assert str(caught.value) == f"remove={remove} is not allowed; name heads as layer.head, such as 1.3 2.12"


def test_the_command_line_names_several():
    assert parse_step("heads:remove=1.3 2.12").config == Config("1.3 2.12")
