"""Multiply-accumulates: of a model, of one head and neuron, and of a shape by the formula.

One layer of hidden size d, whose heads have a channels together and whose FFN has f neurons, takes for n tokens
4 n d a in the projections Q, K, V and O, 2 n^2 a in the products QK^T and AV, and 2 n d f in the FFN. "Attention" is
the projections and the products. For L plain layers (a = d, f = 4 d) this is O(L n^2 d + L n d^2): Vaswani et al.,
"Attention Is All You Need", NeurIPS 2017, table 1. Embeddings and head are not counted: they do not grow with n^2.
"""

import functools
import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from torch import nn

from core.models import dimensions, encoder, find
from core.models.config import config_of
from core.models.head import HEADS, head_named
from core.result import Shape
from core.spec import Spec


@dataclass(frozen=True)
class Outline:
    """A model before any step: its shape, how many tokens it takes, and how many channels a head has."""

    shape: Shape
    longest: int
    head_size: int = 0


@dataclass(frozen=True)
class Work:
    """Multiply-accumulates of one sentence in the encoder: Q, K, V and O; QK^T and AV; the FFN."""

    projections: int
    products: int
    ffn: int

    @property
    def attention(self) -> int:
        """Projections and products."""
        return self.projections + self.products

    @property
    def total(self) -> int:
        """All of the encoder."""
        return self.attention + self.ffn

    @property
    def shares(self) -> tuple[float, float, float]:
        """Percent of projections, products and FFN."""
        percent = self.total / 100
        return self.projections / percent, self.products / percent, self.ffn / percent


@dataclass(frozen=True)
class Crossings:
    """The tokens beyond which one part of the work is more than another; 0: always, infinite: never."""

    attention_ffn: float
    products_projections: float
    products_ffn: float


BASE = Shape(768, (768,) * 12, (3072,) * 12)  # BERT-base and BERT-large of Devlin et al. 2019
LARGE = Shape(1024, (1024,) * 24, (4096,) * 24)


def work(shape: Shape, tokens: int) -> Work:
    """What one sentence of so many tokens takes."""
    channels, widths = sum(shape.channels), sum(shape.widths)
    return Work(4 * tokens * shape.hidden * channels, 2 * tokens**2 * channels, 2 * tokens * shape.hidden * widths)


def crossings(shape: Shape) -> Crossings:
    """Where attention overtakes the FFN (f - 2 d tokens in a plain model), and where its n^2 products alone do (f)."""
    channels, widths = sum(shape.channels), sum(shape.widths)
    if not channels:
        return Crossings(math.inf, math.inf, math.inf)
    ffn = shape.hidden * widths / channels
    return Crossings(max(0.0, ffn - 2 * shape.hidden), 2.0 * shape.hidden, ffn)


def shape_of(model: nn.Module) -> Shape:
    """The shape of a model at hand."""
    blocks = encoder.blocks(model)
    channels, widths = tuple(one.heads * one.head_size for one in blocks), tuple(one.width for one in blocks)
    return Shape(dimensions.hidden_size(model), channels, widths)


def outline(spec: Spec) -> Outline:
    """What a Spec's model is before any step, from its config alone. Raises ModelError."""
    return _outline(spec.model, spec.revision)


@functools.lru_cache(maxsize=8)
def _outline(name: str, revision: str) -> Outline:
    config = config_of(find.resolve(name))
    bare: Any = SimpleNamespace(config=config)  # loading a model only to see its shape would cost the page seconds
    layers = getattr(config, find.SHAPE, {}).get("layers") or dimensions.plain_shapes(config)
    hidden = dimensions.hidden_size(bare)
    head_size = hidden // config.num_attention_heads
    channels = tuple(head_size * layer["heads"] for layer in layers)
    shape = Shape(hidden, channels, tuple(layer["width"] for layer in layers))
    return Outline(shape, dimensions.max_tokens(bare), head_size)


@dataclass(frozen=True)
class Costs:
    """Multiply-accumulates of one head and of one neuron, for a sentence of the same length."""

    head: int
    neuron: int


def macs(model: nn.Module, seq: int) -> int:
    """Multiply-accumulates for one sentence of `seq` tokens.

    Each Linear of the encoder and of the embeddings costs seq * in * out; the head sees one token, or every one where
    it answers for each. Attention adds seq * seq * width for QK^T and as much for AV (Vaswani et al. 2017, table 1),
    where width is the rows of Q.
    """
    head = HEADS.get(head_named([type(model).__name__]))
    total, everywhere = 0, head is not None and head.per_token
    for matrix in encoder.matrices(model, "all"):
        tokens = seq if everywhere or matrix.layer >= 0 or encoder.sees_every_token(matrix.name) else 1
        total += tokens * matrix.rows * matrix.columns
        if matrix.role == "Q":
            total += 2 * seq * seq * matrix.rows
    return total


def unit_costs(model: nn.Module, seq: int) -> Costs:
    """Multiply-accumulates of one head (Q, K, V, O, QK^T and AV) and of one neuron for `seq` tokens."""
    block, hidden = encoder.blocks(model)[0], dimensions.hidden_size(model)
    return Costs(head=4 * seq * hidden * block.head_size + 2 * seq * seq * block.head_size, neuron=2 * seq * hidden)
