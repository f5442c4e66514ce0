"""A stand-in for a model whose shape was learnt elsewhere: its result tells the shape, and times need no more."""

import dataclasses

from core.engine.prepare import prepare
from core.engine.store import Store
from core.pruning import removal
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques import TECHNIQUES
from core.techniques.technique import Context, State


def told_shape(spec: Spec, first: Spec, origin: Origin, store: Store) -> State | None:
    """An untrained model of the shape that the stored result of a Spec tells, where its first step learns that and the
    others only round; None elsewhere, and where the trained model is stored. first: the Spec up to that step."""
    kinds = [TECHNIQUES[step.technique].kind for step in spec.steps]
    known = store.read(spec.key)
    if known is None or kinds != ["train", *["quantize"] * (len(kinds) - 1)] or store.has_state(first.key):
        return None
    ready = prepare(spec, origin)
    shape = removal.shaped(known.facts, ready.loaded.model)
    if shape is None:
        return None
    state = dataclasses.replace(ready.state, model=removal.removed(ready.loaded.model, shape), untrained=True)
    for step in spec.steps[1:]:
        state = TECHNIQUES[step.technique].apply(state, step.config, Context(ready.task))
    return state
