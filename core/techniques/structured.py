"""Remove whole attention heads and FFN neurons: a smaller dense model, which is faster on any runtime.

Criterion "fisher" is Kwon et al., "A Fast Post-Training Pruning Framework for Transformers", NeurIPS 2022: diagonal
Fisher for the search, block Fisher to rearrange. "taylor" ranks by the mean |gradient| of the gates (Michel et al.,
NeurIPS 2019), "magnitude" by the norm of the weights (Li et al., ICLR 2017), "random" by chance. It does not
retrain; hidden size, embeddings and head size stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.config import option, validate
from core.errors import ConfigError
from core.models import encoder, macs
from core.models.macs import Costs
from core.pruning.removal import Kept
from core.pruning.search import Floats, pick, rearrange, smallest_share
from core.techniques.technique import Context, State, Technique, gate_scores, keep_units

CRITERIA = ("fisher", "taylor", "magnitude", "random")
LEARNED = ("fisher", "taylor")  # need training examples
KINDS = ("heads", "neurons")
SEQ = 128  # tokens of the sentence whose multiply-accumulates are shared out


@dataclass(frozen=True)
class Config:
    """How much is left, by what, and what is done about the rest."""

    keep_macs: float = option(
        0.5, "share of the encoder's multiply-accumulates that stays", minimum=0.05, maximum=1.0, step=0.01
    )
    criterion: str = option("fisher", "what a head or neuron is worth", choices=CRITERIA)
    refit: str = option(
        "weights", "least squares of the outputs against the dense layers", choices=("weights", "scale", "none")
    )
    round_to: int = option(8, "FFN widths become multiples of this", minimum=1, maximum=256)
    remove: bool = option(True, "true makes the model smaller; false only zeroes, to compare")

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class Units:
    """What each head and neuron is worth, by layer.

    grams: block Fisher of the heads and of the neurons of each layer, where the criterion has it. even: worths of
    heads and neurons cannot be compared, so the same share of both stays.
    """

    heads: Sequence[Floats]
    neurons: Sequence[Floats]
    grams: Sequence[Sequence[Floats]] = ()
    even: bool = False


def units(state: State, config: Config, context: Context) -> Units:
    """The worth of every unit; fisher and taylor take a pass over training examples. Raises DataError without any."""
    blocks = encoder.blocks(state.model)
    if config.criterion in LEARNED:
        scores = gate_scores(state, context)
        heads, neurons = (
            [scores[f"{kind}.{i}.{config.criterion}"].numpy() for i in range(len(blocks))] for kind in KINDS
        )
        if config.criterion == "taylor":
            return Units(heads, neurons, even=True)  # a sum of |g| would favour many small ones
        return Units(
            heads, neurons, [[scores[f"{kind}.{i}.gram"].float().numpy() for kind in KINDS] for i in range(len(blocks))]
        )
    if config.criterion == "magnitude":
        found = [_norms(state.model, block) for block in blocks]
    else:
        chance = torch.Generator().manual_seed(context.seed)
        found = [
            (torch.rand(b.heads, generator=chance).numpy(), torch.rand(b.width, generator=chance).numpy())
            for b in blocks
        ]
    return Units([heads for heads, _ in found], [neurons for _, neurons in found], even=True)


def least(found: Units, costs: Costs) -> float:
    """The smallest keep_macs that can be reached: one head."""
    return smallest_share([len(h) for h in found.heads], [len(n) for n in found.neurons], costs)


def choose(found: Units, costs: Costs, keep_macs: float, round_to: int) -> Kept:
    """The heads and neurons that stay at one position of the slider. Raises ConfigError."""
    if not sum(map(len, found.heads)):
        raise ConfigError("this model has no attention head left; structured pruning starts from one that has")
    smallest = least(found, costs)
    if keep_macs < smallest:
        raise ConfigError(
            "keep_macs={keep_macs:g} cannot be reached: one head is {smallest:.3g} of this model's work",
            keep_macs=keep_macs,
            smallest=smallest,
        )
    best = pick(found.heads, found.neurons, costs, keep_macs, round_to, even=found.even)
    heads, neurons = list(best.heads), list(best.neurons)
    for layer, (head_gram, neuron_gram) in enumerate(found.grams):
        heads[layer], neurons[layer] = rearrange(heads[layer], head_gram), rearrange(neurons[layer], neuron_gram)
    return Kept(*(tuple(tuple(np.flatnonzero(layer).tolist()) for layer in kind) for kind in (heads, neurons)))


def apply(state: State, config: Config, context: Context) -> State:
    """Choose heads and neurons, take them out (or zero them), and refit the outputs of what stays."""
    costs = macs.unit_costs(state.model, SEQ)
    kept = choose(units(state, config, context), costs, config.keep_macs, config.round_to)
    return keep_units(state, kept, context, refit=config.refit, remove=config.remove)


def _norms(model: nn.Module, block: encoder.Block) -> tuple[Floats, Floats]:
    """Squared norm of the weights of each head (rows of Q, K, V, columns of O) and of each neuron."""
    squares = {role: encoder.weight(model, name).detach().square() for role, name in block.names.items()}
    neurons = squares["up"].sum(1) + squares["down"].sum(0)
    channels = squares["O"].sum(0) + sum(squares[role].sum(1) for role in ("Q", "K", "V") if role in squares)
    return channels.view(block.heads, block.head_size).sum(1).numpy(), neurons.numpy()


TECHNIQUE = Technique("structured", "prune", Config, apply, shaped_by_weights=True)
