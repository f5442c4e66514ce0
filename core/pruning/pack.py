"""Pack a model with zeros into smaller dense matrices: heads, neurons and whole layers of which nothing is left go.

A head goes where its columns of O are zero, or the rows of V are: then it answers the bias of V whatever it attends to,
which O's bias takes over. A neuron goes where its column of down is zero, or its row of up is: then it gives a constant
that down's bias takes over. The logits stay the same; nothing has to be known of how the zeros came.
"""

import copy

import torch
from torch import Tensor, nn

from core.models import encoder
from core.models.encoder import Block
from core.pruning.removal import Kept, everything, removed


def optimize(model: nn.Module) -> nn.Module:
    """A smaller model with the same logits, to 1e-5 in fp32; the given one is left as it was.

    model: a loaded Hugging Face model of the BERT family, whatever its head. Raises ModelError for a family whose heads
    cannot be taken out.
    """
    folded, kept = living(model)
    return folded if kept == everything(folded) else removed(folded, kept)


def living(model: nn.Module) -> tuple[nn.Module, Kept]:
    """The heads and neurons that have to stay, and a copy in which the others answer nothing. Raises ModelError."""
    encoder.require_own_heads(model)
    result = copy.deepcopy(model)
    heads, neurons = [], []
    with torch.no_grad():
        for block in encoder.blocks(result):
            heads.append(_living_heads_(result, block))
            neurons.append(_living_neurons_(result, block))
    return result, Kept(tuple(heads), tuple(neurons))


def _living_heads_(model: nn.Module, block: Block) -> tuple[int, ...]:
    """The heads that have to stay; what the others always answer goes into the bias of O."""
    if not block.heads:
        return ()
    value, output = encoder.linear(model, block.names["V"]), encoder.linear(model, block.names["O"])
    silent = ~output.weight.view(-1, block.heads, block.head_size).any(2).any(0)
    constant = ~value.weight.view(block.heads, -1).any(1) & ~silent
    channels = constant.repeat_interleave(block.head_size)
    _add_(output, channels, value.bias)
    return tuple((~(silent | constant)).nonzero()[:, 0].tolist())


def _living_neurons_(model: nn.Module, block: Block) -> tuple[int, ...]:
    if not block.width:
        return ()
    up, down = encoder.linear(model, block.names["up"]), encoder.linear(model, block.names["down"])
    silent = ~down.weight.any(0)
    constant = ~up.weight.any(1) & ~silent
    _add_(down, constant, encoder.activation(model)(up.bias))
    return tuple((~(silent | constant)).nonzero()[:, 0].tolist())


def _add_(output: nn.Linear, which: Tensor, constants: Tensor) -> None:
    """Put into the bias what these inputs always give, and set their columns to zero."""
    output.bias.add_(output.weight[:, which] @ constants[which])
    output.weight[:, which] = 0
