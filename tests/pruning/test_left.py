"""What a result keeps of its matrices: where in the dense ones lies what is left, and how much of it."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from core.left import EMBEDDINGS, read
from core.models import encoder
from core.pruning.left import left
from core.tasks import load_task
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, parse_step
from core.techniques.technique import Context, State
from tests.support import tiny


@pytest.fixture
def context(tmp_path):
    return Context(load_task(Origin(tiny.csv_file(tmp_path / "own.csv"))))


def after(context, *steps):
    """A tiny model before and after the steps."""
    dense = state = State(tiny.shaken(tiny.bert()), tokenizer=tiny.tokenizer())
    for text in steps:
        step = parse_step(text)
        state = TECHNIQUES[step.technique].apply(state, step.config, context)
    return dense.model, state


def facts_of(dense, state):
    return json.loads(json.dumps(left(state.model, dense, state.kept, state.facts.get("layers"))))


def test_nothing_is_kept_of_a_model_of_which_nothing_went(context):
    dense, state = after(context)
    assert facts_of(dense, state) == {} and read({}) == []


def test_heads_that_were_taken_out_are_gone_where_they_lay(context):
    dense, state = after(context, "heads:remove=1.2 2.1")
    facts = facts_of(dense, state)
    size = encoder.blocks(dense)[0].head_size
    for one in read(facts):
        whole = encoder.weight(dense, encoder.blocks(dense)[one.layer].names[one.role])
        assert (one.rows, one.columns, one.side) == (*whole.shape, size)
        gone = {0: 1, 1: 0}[one.layer]
        cells = one.cells.T if one.role == "O" else one.cells
        if one.role in ("up", "down"):
            assert (one.cells == 100).all() and one.density == 1
        else:
            assert not cells[gone].any() and (np.delete(cells, gone, 0) == 100).all()
    assert facts[EMBEDDINGS] == sum(p.numel() for p in dense.bert.embeddings.parameters())


def test_what_two_steps_take_out_is_placed_as_in_the_dense_model(context):
    dense, first = after(context, "heads:remove=1.1")
    second = TECHNIQUES["heads"].apply(first, parse_step("heads:remove=1.1").config, context)
    (q,) = [one for one in read(facts_of(dense, second)) if (one.layer, one.role) == (0, "Q")]
    assert not q.cells[:2].any() and q.cells[2:].all()  # the first head of what was left is the second of the dense one


@pytest.mark.parametrize(
    "steps", [("structured:keep_macs=0.4",), ("structured:keep_macs=0.5", "structured:keep_macs=0.3")]
)
def test_the_counts_are_those_of_the_model(steps, context):
    dense, state = after(context, *steps)
    found = read(facts_of(dense, state))
    linear = sum(int(encoder.weight(state.model, m.name).count_nonzero()) for m in encoder.matrices(state.model))
    assert sum(one.nonzero for one in found) == linear
    for one in found:
        assert one.label == f"layer {one.layer + 1} {one.role}"
        assert one.cells.mean() / 100 == pytest.approx(one.density, abs=0.01)  # cells of one size here


def test_zeros_inside_show_as_shares_and_only_what_is_empty_as_nothing(context):
    dense, state = after(context, "magnitude:amount=0.9,scope=layer")
    with torch.no_grad():
        weight = encoder.weight(state.model, encoder.blocks(state.model)[0].names["Q"])
        weight[:] = 1.0
        weight[0, 0] = 0.0
    first, *_ = read(facts_of(dense, state))
    assert first.nonzero == first.rows * first.columns - 1
    assert first.cells[0, 0] == 98 and first.cells.sum() == 100 * first.cells.size - 2  # 63 of 64


def test_layers_that_were_dropped_are_empty_and_the_others_where_they_were(context):
    dense, state = after(context, "structured:keep_macs=0.5", "layers:drop=1,which=alternate")
    found = read(facts_of(dense, state))
    (stays,) = state.facts["layers"]
    assert {one.layer for one in found} == {0, 1}
    assert all((one.nonzero > 0) == (one.layer == stays) for one in found if one.role == "Q")


def test_a_model_of_other_widths_is_its_own_frame(context):
    dense, state = after(context, "magnitude:amount=0.5")
    narrow = dataclasses.replace(state, model=tiny.bert(hidden_size=16, intermediate_size=24))
    with torch.no_grad():
        encoder.weight(narrow.model, encoder.blocks(narrow.model)[0].names["Q"]).zero_()
    found = read(left(narrow.model, dense, None, [0, 1]))
    assert {(one.rows, one.columns) for one in found} == {(16, 16), (24, 16), (16, 24)}
    assert [one.nonzero for one in found if one.label == "layer 1 Q"] == [0]


def test_what_is_cut_out_of_a_narrower_student_is_placed_in_no_other_model(context):
    dense, _ = after(context)
    narrow = State(tiny.shaken(tiny.bert(hidden_size=16, num_attention_heads=2)), tokenizer=tiny.tokenizer())
    step = parse_step("structured:keep_macs=0.5")
    cut = TECHNIQUES["structured"].apply(narrow, step.config, context)
    assert left(cut.model, dense, cut.kept, [0, 1]) == {}  # all of its own frame is there
