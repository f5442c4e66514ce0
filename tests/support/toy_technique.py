"""Zero the weights nearest to the mean of their matrix: a toy beside Han et al. 2015, which no paper proposes.

It is not registered: a test adds the one line, and then the whole product has to know it from this file alone.
"""

from dataclasses import dataclass

from core.config import option, validate
from core.models import encoder
from core.pruning.masks import WeightScores, keep_masks
from core.techniques.operations import zero
from core.techniques.technique import Context, Slider, State, Technique


@dataclass(frozen=True)
class Config:
    """How much is pruned."""

    amount: float = option(0.2, "share of each matrix that the toy sets to zero", minimum=0.0, maximum=1.0, step=0.01)

    def __post_init__(self) -> None:
        validate(self)


def scores(state: State, config: Config, context: Context) -> WeightScores:
    """How far each weight of the encoder is from the mean of its matrix."""
    weights = {
        matrix.name: encoder.weight(state.model, matrix.name).detach() for matrix in encoder.matrices(state.model)
    }
    return WeightScores({f"{name}.weight": (weight - weight.mean()).abs() for name, weight in weights.items()}, "layer")


def apply(state: State, config: Config, context: Context) -> State:
    """Zero the nearest ones."""
    return zero(state, keep_masks(scores(state, config, context), config.amount))


TECHNIQUE = Technique("toy", "prune", Config, apply, scores=scores, slider=Slider("amount"))
