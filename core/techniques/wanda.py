"""Wanda: set the weights of smallest |weight| x input norm to zero, row by row (Sun et al., ICLR 2024, section 3).

The norm of each input comes from training sentences; no gradient, no labels. As with magnitude pruning the zeros
stay in dense matrices, so neither time nor memory is saved.
"""

from dataclasses import dataclass

from core.config import option, validate
from core.errors import Words
from core.models import encoder
from core.pruning.masks import WeightScores, keep_masks
from core.techniques.operations import input_norms, zero
from core.techniques.technique import Context, Slider, State, Technique, where


@dataclass(frozen=True)
class Config:
    """How much is pruned, and where."""

    amount: float = option(0.3, "share of each row's weights set to zero", minimum=0.0, maximum=1.0, step=0.01)
    layers: str = option("encoder", "encoder, all (every Linear), or name patterns such as *query")

    def __post_init__(self) -> None:
        validate(self)


def scores(state: State, config: Config, context: Context) -> WeightScores:
    """Score of every weight of the chosen matrices; the lowest of each row go first."""
    norms = input_norms(state, context)
    found = {
        f"{m.name}.weight": encoder.weight(state.model, m.name).detach().abs() * norms[m.name]
        for m in encoder.matrices(state.model, config.layers)
    }
    return WeightScores(found, "row")


def apply(state: State, config: Config, context: Context) -> State:
    """Zero the lowest scores of each row; a weight that an earlier step zeroed stays zero."""
    return zero(state, keep_masks(scores(state, config, context), config.amount))


def told(config: Config) -> Words:
    """How many weights, and of which matrices."""
    return Words("{amount:.0f} % {where} at zero by Wanda", amount=100 * config.amount, where=where(config.layers))


TECHNIQUE = Technique(
    "wanda",
    "prune",
    Config,
    apply,
    scores=scores,
    slider=Slider("amount"),
    matrices="layers",
    needs_data=True,
    told=told,
)
