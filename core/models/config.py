"""A model's config as transformers reads it, checked before any weight is; what a library raises, in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import transformers

from core.errors import ModelError
from core.models import dimensions
from core.models.find import SHAPE, Source
from core.models.quiet import quiet


@contextmanager
def told(source: Source) -> Iterator[None]:
    """Say in one sentence what transformers, tokenizers and safetensors raise on a folder that they cannot read."""
    try:
        yield
    except (ModelError, MemoryError):
        raise
    except Exception as error:  # each library has kinds of its own, and a hostile folder brings out any of them
        kind, lines = type(error).__name__, str(error).strip().splitlines()
        plain = isinstance(error, OSError | ValueError | RuntimeError) and lines
        reason = lines[0] if plain else ": ".join([kind, *lines[:1]])
        raise ModelError("'{name}' cannot be loaded: {reason}", name=source.name, reason=reason[:300]) from error


def config_of(source: Source) -> Any:
    """The model's config as transformers reads it, without its weights. Raises ModelError."""
    with quiet(), told(source):
        config = transformers.AutoConfig.from_pretrained(source.folder)
    quantized = getattr(config, "quantization_config", None)
    if quantized:
        method = quantized.get("quant_method") if isinstance(quantized, dict) else None
        raise ModelError(
            "'{name}' is quantized already ({method}); give the model before that, and quantize it here",
            name=source.name,
            method=method or "quantization_config",
        )
    pad = getattr(config, "pad_token_id", None)
    if pad is not None and not 0 <= pad < config.vocab_size:
        raise ModelError(
            "the pad_token_id of '{name}' is {pad}, outside its vocabulary of {rows}; correct config.json",
            name=source.name,
            pad=pad,
            rows=config.vocab_size,
        )
    if gone := getattr(config, "pruned_heads", None):
        _say_shape_(config, gone)
    return config


def _say_shape_(config: Any, gone: Mapping[Any, Sequence[int]]) -> None:
    """Write heads that transformers 4 removed (`pruned_heads`) as shapes of layers, as they are built here."""
    left = {int(layer): len(set(heads)) for layer, heads in gone.items()}
    layers = dimensions.plain_shapes(config)
    shaped = [{**layer, "heads": layer["heads"] - left.get(index, 0)} for index, layer in enumerate(layers)]
    config.pruned_heads = {}
    setattr(config, SHAPE, {"layers": shaped})
