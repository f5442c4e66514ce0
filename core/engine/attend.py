"""What one head attends to in a user's own text, before compression and after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.engine.ask import MOST, example_of, model_of, require
from core.engine.prepare import prepare
from core.engine.store import Store
from core.models import attended, encoder
from core.spec import Spec
from core.tasks.task import Origin

TOKENS = 48  # of a text, that are drawn


@dataclass(frozen=True)
class Attention:
    """tokens: as the tokenizer cuts the text, those of other models may be cut otherwise. shares: (tokens, tokens) of
    one head, from each token to each; None where that head was taken out. whole: is that all of the text?"""

    tokens: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...] | None
    whole: bool


def heads(dense: Spec, origin: Origin, store: Store) -> tuple[int, ...]:
    """How many heads each layer of the dense model has."""
    return tuple(block.heads for block in encoder.blocks(model_of(dense, origin, store).model))


def attention(spec: Spec, origin: Origin, store: Store, texts: Sequence[str], layer: int, head: int) -> Attention:
    """What a head looks at in the model of a Spec; layer and head by their numbers from 0 in the dense model.

    Raises UserError as core.engine.ask.ask does.
    """
    ready = prepare(spec.dense, origin)
    require(ready.task, texts)
    state = model_of(spec, origin, store)
    features = ready.task.features(state.tokenizer, [example_of(ready.task, [text[:MOST] for text in texts])])
    batch, ids = ready.task.collate(features[:1], state.pad), features[0].ids
    tokens = tuple(state.tokenizer.convert_ids_to_tokens(list(ids)))[:TOKENS]
    of_layer = attended.shares(state.model, batch, layer)
    place = _place(state.kept.heads if state.kept else None, layer, head)
    shares = None
    if of_layer is not None and place is not None and place < len(of_layer):
        rows = of_layer[place, : len(tokens), : len(tokens)].tolist()
        shares = tuple(tuple(row) for row in rows)
    return Attention(tokens, shares, len(tokens) == len(ids) and len(features) == 1 and not features[0].cut)


def _place(kept: Sequence[Sequence[int]] | None, layer: int, head: int) -> int | None:
    """Where the head of the dense model stands now; None where it is gone."""
    if kept is None:
        return head
    stayed = list(kept[layer]) if layer < len(kept) else []
    return stayed.index(head) if head in stayed else None
