"""How did we get here? Stored results as a tree that grows from dense: a node for each step of each recipe."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from core.engine.recipes import FAMILIES, family, group, groups
from core.result import Result, compare
from core.spec import TORCH, Spec
from core.techniques import TECHNIQUES


@dataclass(frozen=True)
class Node:
    """Where a recipe stands after one of its steps, or the fork of a family or group of recipes, of which `spec` is
    None.

    parent: its place in the tree, -1 for dense. family, group: of the first step, "" for dense and of a family's fork.
    result: None where only what grows from it was measured. differs: is its quality another than dense's, by the paired
    test?
    removed: the share of its parent's bytes that a pruning step took out.
    """

    spec: Spec | None
    parent: int
    family: str = ""
    group: str = ""
    result: Result | None = None
    differs: bool = False
    removed: float = 0.0

    @property
    def key(self) -> str:
        """Of the stored result; "" without one."""
        return self.result.key if self.result else ""


def grow(results: Sequence[Result], dense: Spec) -> list[Node]:
    """The tree of these results of one model and task, parents before their children; empty where dense is missing."""
    stored = {_place(result.spec): result for result in results}
    if _place(dense) not in stored:
        return []
    nodes, places = [Node(dense, -1, result=stored[_place(dense)])], {_place(dense): 0}
    for spec in sorted((result.spec for result in results), key=_order):
        above = 0
        for at in _stations(spec):
            if _place(at) not in places:
                if above == 0:
                    above = _fork(at, nodes, places)
                places[_place(at)] = len(nodes)
                nodes.append(_node(at, above, nodes, stored.get(_place(at))))
            above = places[_place(at)]
    return nodes


def _stations(spec: Spec) -> list[Spec]:
    """The recipe step by step; a runtime is entered last, or with the bits that it computes in."""
    count = len(spec.steps)
    whole = spec.runtime == TORCH or (count > 0 and TECHNIQUES[spec.steps[-1].technique].kind == "quantize")
    before = range(1, count if whole else count + 1)
    return [*(dataclasses.replace(spec, steps=spec.steps[:steps], runtime=TORCH) for steps in before), spec]


def _fork(spec: Spec, nodes: list[Node], places: dict[object, int]) -> int:
    """The place of the fork from which the first step of a recipe grows, made where it is missing."""
    of_family, of_group = family(spec), group(spec)
    for name, node in (
        (of_family, Node(None, 0, of_family)),
        ((of_family, of_group), Node(None, places.get(of_family, len(nodes)), of_family, of_group)),
    ):
        if name not in places:
            places[name] = len(nodes)
            nodes.append(node)
    return places[of_family, of_group]


def _node(spec: Spec, above: int, nodes: Sequence[Node], result: Result | None) -> Node:
    root, over = nodes[0].result, nodes[above]
    before = over.result if over.spec else root
    pruned = bool(spec.steps) and TECHNIQUES[spec.steps[-1].technique].kind == "prune"
    share = 1 - result.size.bytes / before.size.bytes if result and before and pruned else 0.0
    differs = result is not None and root is not None and compare(result.quality, root.quality).differs
    return Node(spec, above, over.family, over.group, result, differs, max(0.0, share))


def _place(spec: Spec) -> object:
    """What tells a node from others: what was done with which seed, read up to which length, in which runtime."""
    return spec.steps, spec.runtime, spec.seed if spec.steps else 0, spec.max_tokens, spec.metric


def _order(spec: Spec) -> tuple[int, int, str, str, int]:
    """Families and groups in the order of the legend, and then recipes by their steps."""
    first = dataclasses.replace(spec, steps=spec.steps[:1])
    return (
        FAMILIES.index(family(first)),
        list(groups()).index(group(first)),
        str(spec.steps),
        spec.runtime,
        spec.seed,
    )
