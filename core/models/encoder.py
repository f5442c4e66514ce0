"""The parts of a BERT-family encoder: its matrices, heads, neurons and layers; the only file with attribute names."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.models import dimensions

ROLES = ("Q", "K", "V", "O", "up", "down")
ROLE_SUFFIXES = {
    "attention.self.query": "Q",
    "attention.self.key": "K",
    "attention.self.value": "V",
    "attention.output.dense": "O",
    "intermediate.dense": "up",
    "output.dense": "down",
    "attention.attn.q": "Q",
    "attention.attn.k": "K",
    "attention.attn.v": "V",
    "attention.attn.o": "O",
    "attention.q_lin": "Q",
    "attention.k_lin": "K",
    "attention.v_lin": "V",
    "attention.out_lin": "O",
    "ffn.lin1": "up",
    "ffn.lin2": "down",
}
LAYER = re.compile(r"(?P<list>.*(?:^|\.)(?:encoder|transformer)\.layer)\.(?P<layer>\d+)\.(?P<part>.+)$")


@dataclass(frozen=True)
class Matrix:
    """One prunable Linear: its module name, its layer (-1 outside the encoder), its role and its shape."""

    name: str
    layer: int
    role: str
    rows: int
    columns: int

    @property
    def label(self) -> str:
        """What people read: "layer 3 Q", or the module's name outside the encoder."""
        return f"layer {self.layer + 1} {self.role}" if self.layer >= 0 else self.name


@dataclass(frozen=True)
class Block:
    """One encoder layer: the names of its six Linears by role, how many heads of which size, how many neurons.

    Where the attention was taken out there is neither Q, K nor V and heads is 0; width 0 is a layer without its FFN.
    """

    names: Mapping[str, str]
    heads: int
    head_size: int
    width: int


class NoAttention(nn.Module):
    """Stands where a layer's attention was taken out: of O only the bias is left, as if each head answered zero."""

    def __init__(self, output: nn.Module | None = None) -> None:
        super().__init__()
        if output is not None:  # DistilBERT keeps O inside its attention
            self.out_lin = output

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
        """(batch, tokens, hidden) -> (batch, tokens, 0), or what O makes of it."""
        nothing = hidden_states[..., :0]
        return (self.out_lin(nothing) if hasattr(self, "out_lin") else nothing), None


def matrices(model: nn.Module, which: str = "encoder") -> tuple[Matrix, ...]:
    """The Linear layers that pruning may touch.

    which: "encoder" (all of the encoder's), "all" (every Linear, as the report does), or name
    patterns with * separated by spaces, e.g. "*query *key". Raises ModelError when nothing matches.
    """
    found = [
        Matrix(name, *_place(name), module.weight.shape[0], module.weight.shape[1])
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module.weight.numel()  # what was taken out as a whole has no weights
    ]
    if which == "encoder":
        chosen = [m for m in found if m.layer >= 0]
    elif which == "all":
        chosen = found
    else:
        chosen = [m for m in found if any(fnmatchcase(m.name, pattern) for pattern in which.split())]
    if not chosen:
        raise ModelError(
            "no Linear layer is called like '{which}'; try encoder, all, or a pattern like *query", which=which
        )
    return tuple(chosen)


def weight(model: nn.Module, name: str) -> nn.Parameter:
    """The weight of the Linear called `name`, shape (out, in)."""
    parameter = model.get_submodule(name).weight
    assert isinstance(parameter, nn.Parameter)
    return parameter


def linear(model: nn.Module, name: str) -> nn.Linear:
    """The Linear called `name`."""
    module = model.get_submodule(name)
    assert isinstance(module, nn.Linear)
    return module


def blocks(model: nn.Module) -> tuple[Block, ...]:
    """The encoder's layers from the bottom up."""
    config: Any = model.config
    size = config.hidden_size // config.num_attention_heads  # of the model as it was built; removal leaves it
    names: dict[int, dict[str, str]] = {}
    for name, module in model.named_modules():
        layer, role = _place(name)
        if layer >= 0 and isinstance(module, nn.Linear):
            names.setdefault(layer, {})[role] = name
    return tuple(
        Block(
            names=roles,
            heads=linear(model, roles["O"]).weight.shape[1] // size,
            head_size=size,
            width=linear(model, roles["down"]).weight.shape[1],
        )
        for _, roles in sorted(names.items())
    )


def require_own_heads(model: nn.Module) -> None:
    """Raise ModelError where a layer's heads cannot be taken out, as all layers share a table with a column a head."""
    config: Any = model.config
    if config.model_type == "mpnet":
        raise ModelError(
            "the heads of an {kind} model cannot be taken out: its layers share one table of relative positions, with "
            "a column for each head; prune weights (magnitude, wanda), whole layers, or distil",
            kind=config.model_type,
        )


def heads_of(model: nn.Module, name: str) -> int:
    """How many heads the rows or columns of a matrix are divided into; 0 outside the attention."""
    layer, role = _place(name)
    return blocks(model)[layer].heads if layer >= 0 and role in ("Q", "K", "V", "O") else 0


def sees_every_token(name: str) -> bool:
    """Does a Linear outside the encoder run for each token? Only ELECTRA's projection of narrow embeddings does."""
    return name.rpartition(".")[2] == "embeddings_project"


def layer_modules(model: nn.Module) -> nn.ModuleList:
    """The encoder's layers as modules, from the bottom up."""
    found = model.get_submodule(_list_name(model))
    assert isinstance(found, nn.ModuleList)
    return found


def keep_layers(model: nn.Module, kept: Sequence[int]) -> nn.Module:
    """A copy of the model with only these of its encoder layers, in their order."""
    result = copy.deepcopy(model)
    remaining = layer_modules(result)
    for layer in sorted(set(range(len(remaining))) - set(kept), reverse=True):
        del remaining[layer]
    result.config.num_hidden_layers = len(remaining)  # type: ignore[union-attr]
    return result


def in_kept_layer(name: str, kept: Sequence[int]) -> str | None:
    """What a parameter is called once only the layers `kept` are left; None when its layer went."""
    match = LAYER.match(name)
    if match is None:
        return name
    layer = int(match["layer"])
    return f"{match['list']}.{list(kept).index(layer)}.{match['part']}" if layer in kept else None


def without_attention_(model: nn.Module, block: Block) -> None:
    """Take a layer's whole attention out of the model; the bias of O stays."""
    resize_(linear(model, block.names["O"]), columns=0)
    parent = block.names["Q"].rpartition(".")[0]
    inside = block.names["O"].startswith(f"{parent}.")
    model.set_submodule(parent, NoAttention(linear(model, block.names["O"]) if inside else None))


def lines_without_attention(model: nn.Module) -> list[str]:
    """Lines of Python that let transformers run a loaded model past the attentions that were taken out."""
    lines = []
    for name, module in model.named_modules():
        if isinstance(module, NoAttention):
            answer = "part.out_lin(hidden[..., :0])" if hasattr(module, "out_lin") else "hidden[..., :0]"
            lines += [
                f'part = model.get_submodule("{name}")  # a layer without heads: only the bias of its output',
                f"part.forward = lambda hidden, *_, part=part, **__: ({answer}, None)",
                'part._modules = {n: one for n, one in part._modules.items() if n == "out_lin"}',
            ]
    return lines


def without_ffn_(model: nn.Module, block: Block) -> None:
    """Take a layer's whole FFN out of the model; the bias of the down matrix stays."""
    resize_(linear(model, block.names["up"]), rows=0)
    resize_(linear(model, block.names["down"]), columns=0)


def resize_(module: nn.Linear, rows: int | None = None, columns: int | None = None) -> None:
    """Give a Linear another shape, with weights that are still to be filled in."""
    rows = module.weight.shape[0] if rows is None else rows
    columns = module.weight.shape[1] if columns is None else columns
    module.out_features, module.in_features = rows, columns
    module.weight = nn.Parameter(torch.zeros(rows, columns))
    if module.bias is not None and len(module.bias) != rows:
        module.bias = nn.Parameter(torch.zeros(rows))


def fit_(model: nn.Module, layers: Sequence[Mapping[str, int]]) -> None:
    """Give a freshly built model the heads and the FFN width of each layer, as `shape_of` wrote them down."""
    for block, wanted in zip(blocks(model), layers, strict=True):
        if wanted["heads"]:
            rows = wanted["heads"] * block.head_size
            for role in ("Q", "K", "V"):
                resize_(linear(model, block.names[role]), rows=rows)
            resize_(linear(model, block.names["O"]), columns=rows)
        else:
            without_attention_(model, block)
        resize_(linear(model, block.names["up"]), rows=wanted["width"])
        resize_(linear(model, block.names["down"]), columns=wanted["width"])


def layer_shapes(model: nn.Module) -> list[dict[str, int]]:
    """Heads and FFN width of each layer."""
    return [{"heads": block.heads, "width": block.width} for block in blocks(model)]


def shape_of(model: nn.Module) -> list[dict[str, int]] | None:
    """Heads and FFN width of each layer; None when its config already says all there is to say."""
    found = layer_shapes(model)
    return None if found == dimensions.plain_shapes(model.config) else found


def activation(model: nn.Module) -> Callable[[Tensor], Tensor]:
    """The function between the two matrices of an FFN."""
    from transformers.activations import ACT2FN

    config: Any = model.config
    named = getattr(config, "activation", None) or config.hidden_act  # DistilBERT calls it otherwise
    found: Callable[[Tensor], Tensor] = ACT2FN[named] if isinstance(named, str) else named
    return found


def word_embeddings(model: nn.Module) -> str:
    """Name of the module that holds the vectors of the word pieces."""
    wanted: object = model.get_input_embeddings()  # type: ignore[operator]
    names: dict[int, str] = {id(module): name for name, module in model.named_modules()}
    return names[id(wanted)]


def embedding_weights(model: nn.Module) -> int:
    """How many weights stand before the first layer: of word pieces, positions, types and their norm."""
    module = model.get_submodule(word_embeddings(model).rpartition(".")[0])
    return sum(parameter.numel() for parameter in module.parameters())


def vocabulary_size(model: nn.Module) -> int:
    """How many word pieces the model has an embedding for."""
    return int(model.get_input_embeddings().num_embeddings)  # type: ignore[operator]


def keep_pieces(model: nn.Module, pieces: Sequence[int], pad: int) -> nn.Module:
    """A copy of the model with the embeddings of these word pieces only; pad: the new number of the padding."""
    result: Any = copy.deepcopy(model)
    old = result.get_input_embeddings()
    new = nn.Embedding(len(pieces), old.embedding_dim, padding_idx=pad)
    with torch.no_grad():
        new.weight.copy_(old.weight[torch.tensor(pieces)])
    result.set_input_embeddings(new)
    result.config.vocab_size, result.config.pad_token_id = len(pieces), pad
    return result  # type: ignore[no-any-return]


def _list_name(model: nn.Module) -> str:
    return next(match["list"] for name, _ in model.named_modules() if (match := LAYER.match(name)))


def _place(name: str) -> tuple[int, str]:
    match = LAYER.match(name)
    if match is None:
        return -1, name
    return int(match["layer"]), ROLE_SUFFIXES.get(match["part"], match["part"])
