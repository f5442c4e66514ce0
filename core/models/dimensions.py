"""What a model's config says of its sizes, whatever the family calls them."""

from typing import Any

from torch import nn


def hidden_size(model: nn.Module) -> int:
    """Width of the stream between the layers."""
    config: Any = model.config
    return int(config.hidden_size)


def plain_shapes(config: Any) -> list[dict[str, int]]:
    """Heads and FFN width of each layer of a model from which nothing was removed."""
    return [{"heads": config.num_attention_heads, "width": _width(config)}] * config.num_hidden_layers


def set_size_(config: Any, layers: int, hidden: int, heads: int, neurons: int) -> None:
    """Give a config so many layers, all alike: channels between them, heads, and neurons of the FFN."""
    if getattr(config, "embedding_size", None) == config.hidden_size:  # of an ELECTRA that does not project them
        config.embedding_size = hidden
    config.num_hidden_layers, config.hidden_size, config.num_attention_heads = layers, hidden, heads
    setattr(config, "hidden_dim" if config.model_type == "distilbert" else "intermediate_size", neurons)


def max_tokens(model: nn.Module) -> int:
    """How many tokens of one sentence the model has positions for."""
    config: Any = model.config
    return int(config.max_position_embeddings - first_position(model))


def first_position(model: nn.Module) -> int:
    """The number of the first token's position: 0, or the one after that of the padding."""
    config: Any = model.config
    return int(config.pad_token_id + 1) if positions_follow_padding(model) else 0


def positions_follow_padding(model: nn.Module) -> bool:
    """Does the model count its positions from the number of its padding token, as RoBERTa does?"""
    config: Any = model.config
    return config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet")


def _width(config: Any) -> int:
    return int(config.hidden_dim if config.model_type == "distilbert" else config.intermediate_size)
