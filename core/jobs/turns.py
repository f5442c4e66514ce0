"""Where along a slider the answer to one's own text turns."""

import copy
from collections.abc import Iterator, Sequence

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
from core.runtimes import pytorch
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques.technique import Context

STEP = 5  # percent between positions of a method whose positions take long


def scan(dense: Spec, method: str, origin: Origin, store: Store, texts: Sequence[str]) -> Iterator[tuple[int, Reply]]:
    """The answer at positions of a method's slider, coarse to fine: every percent where weights are set to zero, as the
    pictures have them, which is good to a percent; every fifth where heads and neurons go. Raises UserError."""
    ready = prepare(dense, origin)
    require(ready.task, texts)
    context = context_for(dense, ready, store, Control())
    if removes(method):
        yield from _removed(method, ready, context, texts)
        return
    model = copy.deepcopy(ready.loaded.model)
    found = levels(ready.state, step(method, 0), context)
    whole = {m.name: encoder.weight(model, m.name).detach().clone() for m in found.matrices}
    ranks = {name: torch.from_numpy(rank) for name, rank in found.ranks.items()}
    session = pytorch.session(model, exact=True)
    for level in order(maximum(method)):
        _keep_(model, whole, ranks, level)
        yield level, asked(session, ready.state, ready, texts, times=0)


def _keep_(model: nn.Module, whole: dict[str, torch.Tensor], ranks: dict[str, torch.Tensor], level: int) -> None:
    """Let the weights stay whose rank is at least the level."""
    with torch.no_grad():
        for name, weights in whole.items():
            torch.mul(weights, ranks[name] >= level, out=encoder.weight(model, name))


def _removed(method: str, ready: Prepared, context: Context, texts: Sequence[str]) -> Iterator[tuple[int, Reply]]:
    for level in (STEP * place for place in order(maximum(method) // STEP)):
        state = state_at(ready.state, step(method, level / 100), level, context)
        if state is not None:
            yield level, asked(pytorch.session(state.model, exact=True), state, ready, texts, times=0)


def turned(found: Sequence[tuple[int, Reply]]) -> tuple[int, int] | None:
    """Between which two positions the answer first is another one than at 0; None where it never is."""
    ordered = sorted(found, key=lambda pair: pair[0])
    for (before, _), (level, reply) in zip(ordered, ordered[1:], strict=False):
        if reply.answer != ordered[0][1].answer:
            return before, level
    return None
