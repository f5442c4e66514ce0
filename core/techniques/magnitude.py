"""Magnitude pruning: set the weights of smallest absolute value to zero (Han et al., NeurIPS 2015, section 3).

With criterion "random" it is the honest baseline: the same number of weights, drawn by chance. The zeros
stay in dense matrices, so neither time nor memory is saved; only the zipped file gets smaller.
"""

import zlib
from dataclasses import dataclass

from torch import Tensor, nn

from core.config import option, validate
from core.models import encoder
from core.pruning.masks import keep_mask, keep_masks_global, random_scores
from core.techniques.technique import Context, State, Technique, zero


@dataclass(frozen=True)
class Config:
    """How much is pruned, by what, and where."""

    amount: float = option(0.3, "share of the chosen weights set to zero", minimum=0.0, maximum=1.0, step=0.01)
    criterion: str = option("l1", "l1: smallest absolute value first; random: by chance", choices=("l1", "random"))
    scope: str = option(
        "layer", "layer: the same share of each matrix; global: all matrices compete", choices=("layer", "global")
    )
    layers: str = option("encoder", "encoder, all (every Linear, as in the report), or name patterns such as *query")

    def __post_init__(self) -> None:
        validate(self)


def scores(model: nn.Module, config: Config, seed: int) -> dict[str, Tensor]:
    """Score of every weight of the chosen matrices, by weight name: the lowest go first."""
    found = {}
    for matrix in encoder.matrices(model, config.layers):
        weight = encoder.weight(model, matrix.name).detach()
        own_seed = zlib.crc32(f"{seed} {matrix.name}".encode())
        found[f"{matrix.name}.weight"] = (
            weight.abs() if config.criterion == "l1" else random_scores(weight.shape, own_seed)
        )
    return found


def masks(model: nn.Module, config: Config, seed: int = 0) -> dict[str, Tensor]:
    """Exact masks by weight name, True where the weight stays."""
    scored = scores(model, config, seed)
    if config.scope == "global":
        return dict(zip(scored, keep_masks_global(list(scored.values()), config.amount), strict=True))
    return {name: keep_mask(score, config.amount) for name, score in scored.items()}


def apply(state: State, config: Config, context: Context) -> State:
    """Zero the chosen weights; a weight that an earlier step zeroed stays zero."""
    return zero(state, masks(state.model, config, context.seed))


TECHNIQUE = Technique("magnitude", "prune", Config, apply)
