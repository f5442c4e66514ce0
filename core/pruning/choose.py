"""Which heads and neurons of a model stay, given what each is worth and what it costs."""

import numpy as np

from core.errors import ConfigError
from core.models.macs import Costs
from core.pruning.importance import Units
from core.pruning.removal import Kept
from core.pruning.search import pick, rearrange, smallest_keep_macs


def choose(units: Units, costs: Costs, keep_macs: float, round_to: int) -> Kept:
    """The heads and neurons that stay when keep_macs of the MACs do, widths multiples of round_to. Raises ConfigError.

    costs: MACs of a head and of a neuron.
    """
    if not sum(map(len, units.head_importance)):
        raise ConfigError("this model has no attention head left; structured pruning starts from one that has")
    least = smallest(units, costs)
    if keep_macs < least:
        raise ConfigError(
            "keep_macs={keep_macs:g} cannot be reached: one head is {smallest:.3g} of this model's work",
            keep_macs=keep_macs,
            smallest=least,
        )
    found = pick(
        units.head_importance, units.neuron_importance, costs, keep_macs, round_to, comparable=units.comparable
    )
    head_mask, neuron_mask = list(found.head_mask), list(found.neuron_mask)
    for layer, (of_heads, of_neurons) in enumerate(units.block_fisher):
        head_mask[layer] = rearrange(head_mask[layer], of_heads)
        neuron_mask[layer] = rearrange(neuron_mask[layer], of_neurons)
    return Kept(*(tuple(tuple(np.flatnonzero(layer).tolist()) for layer in mask) for mask in (head_mask, neuron_mask)))


def smallest(units: Units, costs: Costs) -> float:
    """The smallest keep_macs that can be reached: one head."""
    num_heads, num_neurons = (list(map(len, each)) for each in (units.head_importance, units.neuron_importance))
    return smallest_keep_macs(num_heads, num_neurons, costs)
