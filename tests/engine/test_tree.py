"""The tree of results: a node for each step, forks for families and groups, and what pruning took away."""

import dataclasses

from core.engine.tree import grow
from core.result import Size
from core.techniques import parse_step
from tests.support import tiny


def recipe(*steps, **changes):
    return tiny.spec(steps=tuple(map(parse_step, steps)), **changes)


def measured(spec, size=400, scores=(1.0, 1.0, 0.0, 1.0)):
    found = tiny.result(spec, size=Size(100, 90, 80, 70, size, 300, 1000, 128))
    return dataclasses.replace(found, quality=tiny.quality(scores))


DENSE = measured(tiny.spec())
HALF, INT8 = "structured:keep_macs=0.5", "quantize:mode=int8-dynamic"


def names(nodes, place):
    """What was done on the way from dense, in the words of the command line."""
    way = []
    while place >= 0:
        way.append(nodes[place])
        place = nodes[place].parent
    named = [node.spec for node in reversed(way) if node.spec is not None]
    return [spec.steps[-1].technique if spec.steps else "dense" for spec in named]


def at(nodes, result):
    (place,) = (place for place, node in enumerate(nodes) if node.result is result)
    return place


def test_a_recipe_grows_step_by_step_from_dense_through_what_was_measured():
    half, both = measured(recipe(HALF)), measured(recipe(HALF, "distil"))
    nodes = grow([both, DENSE, half], DENSE.spec)
    assert nodes[0].result is DENSE and nodes[at(nodes, both)].parent == at(nodes, half)
    assert names(nodes, at(nodes, both)) == ["dense", "structured", "distil"]
    family, group = nodes[at(nodes, half)].family, nodes[at(nodes, half)].group
    assert (family, group) == ("removed", "structured")
    assert [(one.family, one.group) for one in nodes if one.spec is None] == [(family, ""), (family, group)]
    assert all(node.parent < place for place, node in enumerate(nodes))


def test_a_step_that_nobody_measured_is_a_node_without_a_result():
    both = measured(recipe(HALF, "distil"))
    nodes = grow([DENSE, both], DENSE.spec)
    between = nodes[nodes[at(nodes, both)].parent]
    assert between.spec == recipe(HALF) and between.result is None and between.key == ""


def test_a_runtime_is_entered_last_or_with_its_bits():
    half, there = measured(recipe(HALF)), measured(recipe(HALF, runtime="onnx"))
    bits = measured(recipe(HALF, INT8, runtime="onnx"))
    plain = measured(tiny.spec(runtime="onnx"))
    nodes = grow([DENSE, half, there, bits, plain], DENSE.spec)
    assert nodes[at(nodes, there)].parent == nodes[at(nodes, bits)].parent == at(nodes, half)
    assert nodes[at(nodes, plain)].family == "dense"


def test_seeds_and_lengths_are_leaves_of_their_own():
    found = [DENSE, *(measured(recipe("magnitude:criterion=random", seed=seed)) for seed in (0, 1, 2))]
    found.append(measured(tiny.spec(max_tokens=64)))
    nodes = grow(found, DENSE.spec)
    assert sorted(node.key for node in nodes if node.result) == sorted(one.key for one in found)


def test_pruning_tells_what_share_of_its_parents_bytes_it_took():
    half, wide = measured(recipe(HALF), size=300), measured(recipe("distil:layers=3"), size=200)
    cut = measured(recipe("distil:layers=3", "vocabulary"), size=150)
    nodes = grow([DENSE, half, wide, cut], DENSE.spec)
    assert nodes[at(nodes, half)].removed == 0.25
    assert nodes[at(nodes, wide)].removed == 0.0  # a student is trained anew: nothing was cut from it
    assert nodes[at(nodes, cut)].removed == 0.25


def test_a_leaf_says_whether_its_quality_is_another():
    scores = (1.0,) * 40
    dense = measured(tiny.spec(), scores=scores)
    same, worse = measured(recipe(HALF), scores=scores), measured(recipe("wanda"), scores=(0.0,) * 20 + (1.0,) * 20)
    nodes = grow([dense, same, worse], dense.spec)
    assert not nodes[at(nodes, same)].differs and nodes[at(nodes, worse)].differs


def test_without_dense_nothing_grows():
    assert grow([measured(recipe(HALF))], DENSE.spec) == [] == grow([], DENSE.spec)
