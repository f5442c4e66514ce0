"""Where along a slider the answer to one's own text turns."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from core.control import Control
from core.engine.ask import Reply, asked, require
from core.engine.prepare import Prepared, prepare
from core.engine.recipes import maximum, removes, step
from core.engine.run import context_for
from core.engine.store import Store
from core.engine.track import order, state_at
from core.models import encoder
from core.pictures.levels import levels
from core.pruning import removal
from core.runtimes import pytorch
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques.technique import Context, State

STEP = 5  # percent between positions of a method whose positions take long
LEAST = 5  # positions that are asked however long they take
FITTED = "fitted-1"  # the number is another one as soon as a refit gives other weights


@dataclass(frozen=True)
class Scan:
    """found: positions and what the model answers there, as they were asked. whole: were these all there are?"""

    found: tuple[tuple[int, Reply], ...]
    whole: bool


def scan(
    dense: Spec,
    method: str,
    origin: Origin,
    store: Store,
    texts: Sequence[str],
    *,
    seconds: float = math.inf,
    told: Callable[[float], None] = lambda share: None,
) -> Scan:
    """The answer at positions of a method's slider, coarse to fine: every percent where weights are set to zero, as the
    pictures have them, which is good to a percent; every fifth where heads and neurons go.

    seconds: after so many no further position is asked, once LEAST were; what all positions share is computed before,
    and kept where it can be. told: hears which share of the positions, 0..1, was asked. Raises UserError.
    """
    ready = prepare(dense, origin)
    require(ready.task, texts)
    context = context_for(dense, ready, store, Control())
    every = [STEP * place for place in order(maximum(method) // STEP)] if removes(method) else order(maximum(method))
    answer = (_removed if removes(method) else _zeroed)(method, ready, context, texts)
    found, until = [], math.inf
    for count, level in enumerate(every, 1):
        reply = answer(level)
        if reply is not None:
            found.append((level, reply))
        told(count / len(every))
        if count == 1:
            until = time.monotonic() + seconds
        elif count >= LEAST and time.monotonic() > until:
            return Scan(tuple(found), count == len(every))
    return Scan(tuple(found), True)


Answer = Callable[[int], Reply | None]


def _zeroed(method: str, ready: Prepared, context: Context, texts: Sequence[str]) -> Answer:
    """What a model answers of which weights are set to zero: those stay whose rank is at least the level."""
    model = copy.deepcopy(ready.loaded.model)
    drawn = levels(ready.state, step(method, 0), context)
    whole = {m.name: encoder.weight(model, m.name).detach().clone() for m in drawn.matrices}
    ranks = {name: torch.from_numpy(rank) for name, rank in drawn.ranks.items()}
    session = pytorch.session(model, exact=True)

    def answer(level: int) -> Reply:
        with torch.no_grad():
            for name, weights in whole.items():
                kept = encoder.weight(model, name)
                torch.ge(ranks[name], level, out=kept)  # as fp32: a product with bool takes four times as long
                kept.mul_(weights)
        return asked(session, ready.state, ready, texts, times=0)

    return answer


def _removed(method: str, ready: Prepared, context: Context, texts: Sequence[str]) -> Answer:
    """What a model answers of which heads and neurons are taken out; None where it cannot be made so small."""

    def answer(level: int) -> Reply | None:
        model = _smaller(method, level, ready.state, context)
        if model is None:
            return None
        return asked(pytorch.session(model, exact=True), ready.state, ready, texts, times=0)

    return answer


def _smaller(method: str, level: int, whole: State, context: Context) -> nn.Module | None:
    """The model at a position of a method that takes heads and neurons out.

    To refit it takes a second, for every position; so what was fitted is remembered, and is there for the next text.
    """
    name = f"{FITTED}-{method}-{level}"
    known = context.recall(name)
    if known is not None:
        [kept] = removal.unpacked(known, whole.model)
        model = removal.removed(whole.model, kept)
        for matrix in _outputs(model):
            encoder.weight(model, matrix).data.copy_(known[matrix])
        return model
    state = state_at(whole, step(method, level / 100), level, context)
    if state is None:
        return None
    if state.kept is not None:
        units, model = removal.packed([state.kept], whole.model), state.model
        context.remember(name, lambda: units | {one: encoder.weight(model, one).detach() for one in _outputs(model)})
    return state.model


def _outputs(model: nn.Module) -> list[str]:
    """The matrices that a refit changes."""
    return [one.name for one in encoder.matrices(model) if one.role in removal.UNIT_COLUMNS.values()]


def turned(found: Sequence[tuple[int, Reply]]) -> list[tuple[int, int]]:
    """Between which positions the answer becomes another one, ascending: away from dense's, and back again."""
    ordered = sorted(found, key=lambda pair: pair[0])
    pairs = zip(ordered, ordered[1:], strict=False)
    return [(before, level) for (before, one), (level, other) in pairs if one.answer != other.answer]
