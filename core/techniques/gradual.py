"""Zero weights a little at a time while the rest is trained (Zhu and Gupta, "To prune, or not to prune", 2017).

The share that is zero grows by equation 1 there, a cubic that is steep at first: amount * (1 - (1 - t)^3), where t goes
from 0 to 1 over the first RAMP of the training; the rest of it recovers. As with `magnitude` the weights of smallest
absolute value go, the zeros stay in dense matrices, and neither time nor memory is saved.
"""

import copy
import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config import option, validate
from core.errors import Words
from core.models import encoder
from core.pruning.masks import WeightScores, keep_masks
from core.techniques.operations import require_examples, train_copy_
from core.techniques.technique import Context, State, Technique
from core.training.loop import Recipe, hold_, training_option

RAMP = 0.7  # the rest trains on at the final share, as in Zhu and Gupta; how much that is was not tuned here
# how often the share grows; they find 100 to 1000 steps from one time to the next equally good (section 3). All weights
# are ranked anew each time, so not at every step: in an epoch of SST-2 at every 30th
UPDATES = 50


@dataclass(frozen=True)
class Config:
    """How much is zero in the end, where, and how it is trained."""

    amount: float = option(0.6, "share of the weights that is zero in the end", minimum=0.0, maximum=1.0, step=0.01)
    scope: str = option(
        "layer", "layer: the same share of each matrix; global: all matrices compete", choices=("layer", "global")
    )
    learning_rate: float = training_option("learning_rate", 5e-5)
    batch_size: int = training_option("batch_size", 32)
    epochs: float = training_option("epochs", 1.0)
    steps: int | None = training_option("steps", None)
    weight_decay: float = training_option("weight_decay", 0.01)

    def __post_init__(self) -> None:
        validate(self)


def amount_at(step: int, steps: int, amount: float) -> float:
    """The share that is zero during a step from 1; it grows UPDATES times and is whole after RAMP of the steps."""
    share = min(1.0, step / max(1.0, RAMP * steps))
    updates = int(share * UPDATES) / UPDATES
    return amount * (1 - (1 - updates) ** 3)


def apply(state: State, config: Config, context: Context) -> State:
    """Train a copy of the model while its smallest weights go."""
    require_examples("gradual", context.task)
    model = copy.deepcopy(state.model)
    names = [f"{matrix.name}.weight" for matrix in encoder.matrices(model)]
    known: dict[float, dict[str, Tensor]] = {}

    def masks_at(step: int, steps: int) -> dict[str, Tensor]:
        amount = amount_at(step, steps, config.amount)
        if amount not in known:
            known.clear()
            known[amount] = _masks(model, names, config.scope, amount)
        return known[amount]

    trained = train_copy_(model, state, Recipe.of(config, context.seed), context, masks_at=masks_at)
    found = masks_at(1, 1)
    hold_(model, found)  # a model that was not trained has lost nothing yet
    masks = {**state.masks, **{name: mask.cpu() & state.masks.get(name, mask.cpu()) for name, mask in found.items()}}
    return dataclasses.replace(trained, masks=masks)


def _masks(model: nn.Module, names: list[str], scope: str, amount: float) -> dict[str, Tensor]:
    """Masks by weight name, True stays; a weight that is zero already is the smallest there is, so it goes again."""
    with torch.no_grad():
        scores = {name: model.get_parameter(name).abs() for name in names}
    return keep_masks(WeightScores(scores, scope), amount)


def told(config: Config) -> Words:
    """How many weights in the end."""
    return Words("{amount:.0f} % of the encoder's weights at zero, gone during training", amount=100 * config.amount)


TECHNIQUE = Technique("gradual", "train", Config, apply, needs_data=True, told=told)
