"""A smaller model of the same kind: fewer layers, and a narrower stream with fewer heads and neurons.

What it starts from is cut out of its teacher: whole layers are copied (Sanh et al. 2019, section 3), widths are cut to
what matters most in it (Muralidharan et al. 2024, "Compact Language Models via Pruning and Knowledge Distillation",
section 2). The result is an ordinary model, which any library loads.
"""

import copy
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ConfigError
from core.models import dimensions, encoder, find
from core.models import macs as models_macs
from core.models.config import config_of
from core.models.head import HEADS, SEQUENCE
from core.models.macs import outline
from core.result import Result, Speed
from core.spec import Spec

COPIED = ("spread", "outer", "bottom", "top")


@dataclass(frozen=True)
class Sizes:
    """Parameters, multiply-accumulates of one sentence of `seq` tokens, and bytes of the fp32 file's weights."""

    params: int
    macs: int
    bytes: int
    seq: int


def layers_of(dense: Spec) -> int:
    """How many layers the model before any step has. Raises ModelError."""
    return len(outline(dense).shape.widths)


@functools.lru_cache(maxsize=128)
def sizes_of(dense: Spec, layers: int, width: str, seq: int = 128) -> Sizes:
    """A student of that size; nothing is computed but its shape. Raises ConfigError, ModelError."""
    require_layers(layers, layers_of(dense))
    source = find.resolve(dense.model)
    config = config_of(source)
    with torch.device("meta"):
        model = HEADS[source.head or SEQUENCE.name].auto.from_config(config)
        smaller = fresh(model, layers, Fraction(width), 0)
    params = sum(parameter.numel() for parameter in smaller.parameters())
    return Sizes(params, models_macs.macs(smaller, seq), 4 * params, seq)


def milliseconds(sizes: Sizes, dense: Result, speed: Speed | None) -> float | None:
    """About what it takes: dense's time by the share of its multiplications; None where that was not timed."""
    if speed is None or dense.size.seq != sizes.seq:
        return None
    return speed.dense_median_ms * sizes.macs / dense.size.macs


@dataclass(frozen=True)
class Cut:
    """What a student keeps of its teacher, by number and ascending: layers, channels of the stream between them, and of
    each kept layer heads and neurons."""

    layers: tuple[int, ...]
    stream: tuple[int, ...]
    heads: tuple[tuple[int, ...], ...]
    neurons: tuple[tuple[int, ...], ...]


def copied(there: int, wanted: int, which: str) -> tuple[int, ...]:
    """Which layers of a teacher begin a student, by number and ascending.

    "spread": at equal distances, the topmost among them, 3 of 6 are 1, 3 and 5; "outer": so that the first is among
    them too, 0, 2 and 5; "bottom": the first ones; "top": the last ones. Raises ConfigError where there are fewer.
    """
    require_layers(wanted, there)
    if which == "bottom":
        return tuple(range(wanted))
    if which == "top":
        return tuple(range(there - wanted, there))
    if which == "outer" and wanted > 1:
        return tuple((there - 1) * place // (wanted - 1) for place in range(wanted))
    return tuple(round(there * (place + 1) / wanted) - 1 for place in range(wanted))


def require_layers(wanted: int, there: int) -> None:
    """Raise ConfigError where a student is to have more layers than its teacher."""
    if wanted > there:
        raise ConfigError(
            "layers={wanted} is not allowed: the student's teacher has {there} layers", wanted=wanted, there=there
        )


def sizes(model: nn.Module, width: Fraction) -> tuple[int, int, int]:
    """Channels, heads and neurons of a student of that width. Raises ConfigError where they do not divide."""
    config: Any = model.config
    if width != 1 and encoder.shape_of(model) is not None:
        raise ConfigError(
            "width={width:g} needs layers that are all alike; put distil before what prunes them", width=float(width)
        )
    neurons = dimensions.plain_shapes(config)[0]["width"]
    whole = (dimensions.hidden_size(model), int(config.num_attention_heads), neurons)
    parts = [count * width for count in whole]
    if any(part.denominator != 1 for part in parts):
        raise ConfigError(
            "width={width:g} does not divide {channels} channels, {heads} heads and {neurons} neurons",
            width=float(width),
            channels=whole[0],
            heads=whole[1],
            neurons=whole[2],
        )
    channels, heads, neurons = (int(part) for part in parts)
    return channels, heads, neurons


def chosen(
    model: nn.Module, layers: Sequence[int], width: Fraction, scores: Mapping[str, Tensor], norms: Mapping[str, Tensor]
) -> Cut:
    """The part of a teacher that a student of these layers and that width begins as: what is most important in it.

    Of heads and neurons by Fisher information; scores: those of core.pruning.importance.fisher. Of the stream's
    channels by how much Q and up read of them: norm^2 times the sum of the squared weights of the channel's column,
    as a share of the matrix, summed over all of these; norms: of each input (columns,) of each Linear by its name.
    Muralidharan et al. 2024, section 2, rank by activations too. Raises ConfigError where the width does not divide.
    """
    channels, heads, neurons = sizes(model, width)
    read = torch.zeros(dimensions.hidden_size(model))
    for block in encoder.blocks(model):
        for role in ("Q", "up"):
            weight = encoder.weight(model, block.names[role]).detach()
            found = norms[block.names[role]] ** 2 * weight.square().sum(0)
            read += found / found.sum()
    return Cut(
        tuple(layers),
        _top(read, channels),
        tuple(_top(scores[f"heads.{layer}.fisher"], heads) for layer in layers),
        tuple(_top(scores[f"neurons.{layer}.fisher"], neurons) for layer in layers),
    )


def _top(scores: Tensor, count: int) -> tuple[int, ...]:
    return tuple(sorted(scores.topk(count).indices.tolist()))


def fresh(model: nn.Module, layers: int, width: Fraction, seed: int) -> nn.Module:
    """A model of the same kind with so many layers of that width and random weights."""
    channels, heads, neurons = sizes(model, width)
    config = copy.deepcopy(model.config)
    dimensions.set_size_(config, layers, channels, heads, neurons)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return type(model)(config).eval()


def cut_out(model: nn.Module, cut: Cut) -> nn.Module:
    """The student that is this part of a model whose layers are all alike."""
    student = fresh(model, len(cut.layers), Fraction(len(cut.stream), dimensions.hidden_size(model)), 0)
    mine, places = dict(student.named_parameters()), _places(model, cut)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            target = encoder.in_kept_layer(name, cut.layers)
            if target is not None:
                rows, columns = places[name.rpartition(".")[0]]
                mine[target].copy_(_part(parameter, rows, columns))
    return student


def _places(model: nn.Module, cut: Cut) -> dict[str, tuple[Tensor | None, Tensor | None]]:
    """Which rows and columns of each module's weight stay; None is all of them."""
    whole, stream = dimensions.hidden_size(model), torch.tensor(cut.stream)
    found: dict[str, tuple[Tensor | None, Tensor | None]] = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            found[name] = (
                stream if module.out_features == whole else None,
                stream if module.in_features == whole else None,
            )
        elif isinstance(module, nn.Embedding):
            found[name] = None, stream if module.embedding_dim == whole else None
        elif isinstance(module, nn.LayerNorm):
            found[name] = stream if module.normalized_shape == (whole,) else None, None
    for layer, heads, neurons in zip(cut.layers, cut.heads, cut.neurons, strict=True):
        block = encoder.blocks(model)[layer]
        size = block.head_size
        channels = torch.tensor([head * size + i for head in heads for i in range(size)])
        inside = {"up": torch.tensor(neurons), "Q": channels, "K": channels, "V": channels}
        for role, name in block.names.items():
            if role in inside:
                found[name] = inside[role], stream
            else:
                found[name] = stream, inside["up"] if role == "down" else channels
    return found


def _part(tensor: Tensor, rows: Tensor | None, columns: Tensor | None) -> Tensor:
    if rows is not None:
        tensor = tensor[rows]
    return tensor if columns is None or tensor.ndim == 1 else tensor[:, columns]
