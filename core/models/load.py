"""Load a model that was found: ordinary ones, and those whose layers were cut to shapes of their own."""

import os
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from core.errors import ModelError, Words
from core.models import encoder
from core.models.find import SHAPE, WEIGHTS, Source, check_memory, head_labels, tensor_shapes
from core.models.head import HEADS, SEQUENCE, Head
from core.models.quiet import quiet

POOLER = ".pooler."  # stands between the encoder and the heads that need it, and comes and goes with them


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode, fp32, and its tokenizer; shared by all users, so copy it before changing it."""

    model: nn.Module
    tokenizer: Any


def load(
    source: Source, head: Head | None = None, *, labels: int | None = None, new_head: bool = False, seed: int = 0
) -> Loaded:
    """Load a model as fp32 in eval mode.

    head: the kind that the task needs, labels: how many classes it tells apart; None takes the model as it is.
    new_head: start from a random head drawn with `seed`; without it a model that has no such head is
    refused with what to do. Raises ModelError.
    """
    head = head or HEADS[source.head or SEQUENCE.name]
    if not new_head:
        _require_head(source, head, labels)
    check_memory(source.name, source.folder)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a process that has tokenized in parallel must not fork
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            config = transformers.AutoConfig.from_pretrained(source.folder)
            if new_head:
                config.num_labels = labels or 2
            build = _build_shaped if hasattr(config, SHAPE) else _build_plain
            model, missing = build(source, config, head)
            tokenizer = transformers.AutoTokenizer.from_pretrained(source.folder, trust_remote_code=False)
        except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, StrictDataclassError) as error:
            if isinstance(error, ModelError):
                raise
            mismatch = _first_mismatch(source, config, head) if isinstance(error, RuntimeError) else None
            reason = mismatch or str(error).splitlines()[0]
            raise ModelError("'{name}' cannot be loaded: {reason}", name=source.name, reason=reason) from error
        # what is not in the file was filled by chance: right for a new head, wrong elsewhere
        wrong = sorted(name for name in missing if not (new_head and (head.is_weight(name) or POOLER in name)))
        if wrong:
            raise ModelError(
                "the {weights} of '{name}' lacks {missing}; copy or download it again",
                weights=WEIGHTS,
                name=source.name,
                missing=wrong[0],
            )
        if new_head:
            _reset_head(model, head)
    return Loaded(model.eval(), tokenizer)


def _require_head(source: Source, head: Head, labels: int | None) -> None:
    """Raise ModelError, with what to do, unless the model was saved with such a head for so many classes."""
    if not source.head:
        raise ModelError(
            "'{name}' has no {needed}: fine-tune it first, python -m core run --model {name} --task reviews "
            "--step finetune:epochs=3 --save FOLDER",
            name=source.name,
            needed=Words(head.title),
        )
    if source.head != head.name:
        raise ModelError(
            "'{name}' has a {other} and no {needed}; train a new one with --new-head --step finetune:epochs=3",
            name=source.name,
            other=Words(HEADS[source.head].title),
            needed=Words(head.title),
        )
    stored = head_labels(source)
    if labels is not None and stored != labels:
        raise ModelError(
            "'{name}' tells {stored} classes apart, the task has {labels}; pick another task",
            name=source.name,
            stored=stored,
            labels=labels,
        )


def config_of(source: Source) -> Any:
    """The model's config as transformers reads it, without its weights."""
    with quiet():
        return transformers.AutoConfig.from_pretrained(source.folder)


def _build_plain(source: Source, config: Any, head: Head) -> tuple[nn.Module, set[str]]:
    model, report = head.auto.from_pretrained(
        source.folder,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=False,
        output_loading_info=True,
    )
    return model, set(report["missing_keys"])


def _build_shaped(source: Source, config: Any, head: Head) -> tuple[nn.Module, set[str]]:
    """A model whose layers differ in heads or width: built as its config says, cut to shape, then filled."""
    model = _shaped(source, config, head)
    tensors = load_file(source.folder / WEIGHTS)
    expected = model.state_dict()
    for name, tensor in tensors.items():
        if name not in expected:
            raise ModelError(
                "'{name}' cannot be loaded: its config has no room for {weight}", name=source.name, weight=name
            )
        if tensor.shape != expected[name].shape:
            reason = _mismatch(name, tuple(tensor.shape), tuple(expected[name].shape))
            raise ModelError("'{name}' cannot be loaded: {reason}", name=source.name, reason=reason)
    model.load_state_dict(tensors, strict=False)
    return model, set(expected) - set(tensors)


def _shaped(source: Source, config: Any, head: Head) -> nn.Module:
    described = getattr(config, SHAPE)
    layers = described.get("layers") if isinstance(described, dict) else None
    if not isinstance(layers, list) or len(layers) != config.num_hidden_layers:
        raise ModelError(
            "the config.json of '{name}' has no {shape}.layers with one entry a layer", name=source.name, shape=SHAPE
        )
    for index, layer in enumerate(layers):
        heads, width = (layer.get("heads"), layer.get("width")) if isinstance(layer, dict) else (None, None)
        if not (isinstance(heads, int) and 0 <= heads <= config.num_attention_heads and _is_count(width)):
            raise ModelError(
                "{shape}.layers[{index}] of '{name}' is {layer}; it needs heads and width",
                shape=SHAPE,
                index=index,
                name=source.name,
                layer=layer,
            )
    model: nn.Module = head.auto.from_config(config, dtype=torch.float32)
    encoder.fit_(model, layers)
    return model


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 1 << 20


def _mismatch(name: str, stored: tuple[int, ...], expected: tuple[int, ...]) -> Words:
    return Words(
        "{weight} is {stored} in its {file} and {expected} by its config.json; copy both from one place",
        weight=name,
        stored=str(stored),
        file=WEIGHTS,
        expected=str(expected),
    )


def _first_mismatch(source: Source, config: Any, head: Head) -> Words | None:
    """The first tensor whose shape is not what the config says, as words; None when all fit."""
    with torch.device("meta"):
        expected = head.auto.from_config(config).state_dict()
    for name, shape in tensor_shapes(source.folder).items():
        full = next((n for n in (name, f"{config.model_type}.{name}") if n in expected), None)
        if full and tuple(expected[full].shape) != shape:
            return _mismatch(name, shape, tuple(expected[full].shape))
    return None


def _reset_head(model: nn.Module, head: Head) -> None:
    """Draw the head's weights anew (normal, 0.02, as BERT's own initialisation; Devlin et al. 2019, 3.1)."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and head.is_weight(f"{name}."):
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
