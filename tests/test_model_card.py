"""A card says of a stored result what can be recomputed by hand, in sections that page and export share."""

import dataclasses

import pytest
import torch

from core.engine.run import compress, run
from core.engine.store import Store
from core.model_card import CURVE, HEADS, MATRICES, evaluation_speed, markdown, sections
from core.models import encoder
from core.spec import recipe
from core.techniques import parse_step
from tests.support import tiny

TUNE = "finetune:learning_rate=1e-3,batch_size=8,steps=3"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def measured(tmp_path, store, *steps):
    spec, origin = tiny.experiment(tmp_path, *map(parse_step, steps), model=tiny.shaken(tiny.bert()))
    return run(spec, origin, store), store.read(spec.dense.key), compress(spec, origin, store)


def said(result, dense, seeds=None):
    return {str(one.title): one for one in sections(result, dense, seeds or {0: result})}


def rows(section):
    return [tuple(map(str, row)) for row in section.table.rows]


def test_shares_heads_and_bytes_are_those_of_the_model(tmp_path, store):
    result, dense, state = measured(tmp_path, store, "structured:keep_macs=0.4")
    found = said(result, dense)
    lines = [str(line) for line in found["In short"].lines]
    linear = sum(int(encoder.weight(state.model, m.name).count_nonzero()) for m in encoder.matrices(state.model))
    whole = 2 * (4 * 32 * 32 + 2 * 32 * 64)
    every = sum(int(p.count_nonzero()) for p in state.model.parameters())
    assert lines[0].startswith(f"{linear / whole:.1%} of the weights of the linear layers are left, and ")
    embeddings = sum(p.numel() for p in state.model.bert.embeddings.parameters())
    assert lines[0].endswith(f"embeddings are {embeddings / every:.1%} of those that are left.")
    heads = [block.heads for block in encoder.blocks(state.model)]
    assert f"{8 - sum(heads)} of 8 heads ({1 - sum(heads) / 8:.1%}) were removed entirely." in lines
    assert rows(found["Heads of each layer"]) == [(str(i + 1), str(n), str(4 - n)) for i, n in enumerate(heads)]
    assert found["Heads of each layer"].figure == HEADS
    matrices = found["What is left of each matrix"]
    assert matrices.figure == MATRICES and [str(name) for name in matrices.table.header][1:] == [*encoder.ROLES]
    assert rows(matrices)[0][1] == f"{heads[0] / 4:.0%}"


def test_quality_is_beside_dense_and_the_seeds_are_spread(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, "magnitude:amount=0.9", TUNE)
    other = dataclasses.replace(result.quality, scores=tuple(1.0 for _ in result.quality.scores))
    second = dataclasses.replace(result, quality=dataclasses.replace(other, answers=result.quality.answers))
    row, *_ = rows(said(result, dense, {0: result, 1: second})["Evaluation"])
    values = [100 * result.quality.interval.value, 100.0]
    middle = torch.tensor(values)
    assert row[0] == "accuracy" and row[-1] == f"{middle.mean():.1f} ± {middle.std():.1f} (2)"
    assert rows(said(result, dense)["Evaluation"])[0][-1] == "–"


def test_a_training_has_its_curve_its_steps_and_its_minutes(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, TUNE)
    part = said(result, dense)["How it was made"]
    curve = result.facts["curves"][-1]
    assert part.figure == CURVE and [row[1] for row in rows(part)] == [str(step) for step, _, _ in curve]
    assert str(part.lines[0]).startswith("Steps: `finetune:") and "minutes" in str(part.lines[1])
    assert "What is left of each matrix" not in said(result, dense)  # nothing went


def test_time_on_the_evaluation_comes_first_and_no_difference_is_called_that(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, "structured:keep_macs=0.4")
    assert "Its time beside dense was not measured." in map(str, said(result, dense)["In short"].lines)
    short = tiny.speed((5.0,) * 9, (10.0,) * 9)
    whole = dataclasses.replace(tiny.speed((10.0,) * 9, (10.0,) * 9), seq=None, batch=8)
    timed = dataclasses.replace(result, speeds=(short,))
    assert "It is 2.00x [2.00, 2.00] as fast as dense at 1 x 128 tokens" in str(said(timed, dense)["In short"].lines[1])
    both = dataclasses.replace(result, speeds=(whole, short))
    assert evaluation_speed(both) is whole and len(rows(said(both, dense)["Time"])) == 2
    assert str(said(both, dense)["In short"].lines[1]) == (
        "No difference of time from dense was shown: 1.00x [1.00, 1.00] on the evaluation, in batches of 8."
    )


def test_an_older_result_has_a_card_without_its_matrices(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, "structured:keep_macs=0.4")
    older = dataclasses.replace(result, facts={name: result.facts[name] for name in ("heads", "widths")})
    found = said(older, dense)
    assert "What is left of each matrix" not in found
    assert rows(found["Heads of each layer"]) == rows(said(result, dense)["Heads of each layer"])


def test_as_markdown_every_table_has_as_many_cells_as_names(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, "structured:keep_macs=0.4", TUNE)
    text = markdown(sections(result, dense, {0: result}))
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if line.startswith("| ---"):
            assert lines[place - 1].count("|") == line.count("|") == lines[place + 1].count("|")
    assert text.startswith("## In short\n\n- ") and "## Data and machine" in text and result.key in text
    assert recipe(result.spec)


def test_a_time_of_an_untrained_model_says_so(tmp_path, store):
    result, dense, _ = measured(tmp_path, store, "structured:keep_macs=0.4")
    own = tiny.speed((2.0,) * 9, (4.0,) * 9)
    for untrained in (False, True):
        speed = dataclasses.replace(own, untrained=untrained)
        (row,) = rows(said(dataclasses.replace(result, speeds=(speed,)), dense)["Time"])
        assert row[-1].startswith(own.environment.machine)
        assert row[-1].endswith("untrained model of that shape") == untrained
