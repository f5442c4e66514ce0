"""Magnitude pruning: set the weights of smallest absolute value to zero (Han et al., NeurIPS 2015, section 3).

With criterion "random" it is the honest baseline: the same number of weights, drawn by chance. The zeros
stay in dense matrices, so neither time nor memory is saved; only the zipped file gets smaller.
"""

import zlib
from dataclasses import dataclass

from core.config import option, validate
from core.errors import Words
from core.models import encoder
from core.pruning.masks import WeightScores, keep_masks, random_scores
from core.techniques.operations import zero
from core.techniques.technique import Context, Legend, Slider, State, Technique, where


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


def scores(state: State, config: Config, context: Context) -> WeightScores:
    """Score of every weight of the chosen matrices: its absolute value, or one by chance."""
    found = {}
    for matrix in encoder.matrices(state.model, config.layers):
        weight = encoder.weight(state.model, matrix.name).detach()
        own_seed = zlib.crc32(f"{context.seed} {matrix.name}".encode())
        found[f"{matrix.name}.weight"] = (
            weight.abs() if config.criterion == "l1" else random_scores(weight.shape, own_seed)
        )
    return WeightScores(found, config.scope)


def apply(state: State, config: Config, context: Context) -> State:
    """Zero the chosen weights; a weight that an earlier step zeroed stays zero."""
    return zero(state, keep_masks(scores(state, config, context), config.amount))


def _group(config: Config) -> str:
    return "random" if config.criterion == "random" else f"l1-{config.scope}"


def told(config: Config) -> Words:
    """How many weights, of which matrices, and which first."""
    chosen = {"random": Words("by chance"), "l1-global": Words("the smallest of all")}
    first = chosen.get(_group(config), Words("the smallest of each matrix"))
    return Words(
        "{amount:.0f} % {where} at zero, {first}", amount=100 * config.amount, where=where(config.layers), first=first
    )


TECHNIQUE = Technique(
    "magnitude",
    "prune",
    Config,
    apply,
    scores=scores,
    slider=Slider("amount"),
    matrices="layers",
    legend=Legend(("l1-layer", "l1-global", "random"), _group),
    told=told,
)
