"""Load a model that was found: ordinary ones, and those whose layers were cut to shapes of their own."""

import os
import re
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from core.errors import ModelError
from core.models import encoder
from core.models.find import SHAPE, WEIGHTS, Source, check_memory, head_labels, tensor_shapes
from core.models.quiet import classifiers, quiet

HEAD = re.compile(r"(?:^|\.)(?:classifier|pre_classifier|pooler)\.")


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode, fp32, and its tokenizer; shared by all users, so copy it before changing it."""

    model: nn.Module
    tokenizer: Any


def load(source: Source, *, labels: int | None = 2, new_head: bool = False, seed: int = 0) -> Loaded:
    """Load a sequence classifier as fp32 in eval mode.

    labels: how many classes the task tells apart; None takes the model as it is.
    new_head: start from a random head drawn with `seed`; without it a model that has no head is
    refused with what to do. Raises ModelError.
    """
    if not source.has_head and not new_head:
        raise ModelError(
            f"'{source.name}' has no classification head: fine-tune it first, "
            f"python -m core run --model {source.name} --task reviews --step finetune:epochs=3 --save FOLDER"
        )
    stored = head_labels(source.folder)
    if not new_head and labels is not None and stored != labels:
        raise ModelError(f"'{source.name}' tells {stored} classes apart, the task has {labels}; pick another task")
    check_memory(source.name, source.folder)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a process that has tokenized in parallel must not fork
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            config = transformers.AutoConfig.from_pretrained(source.folder)
            if new_head:
                config.num_labels = labels or 2
            build = _build_shaped if hasattr(config, SHAPE) else _build_plain
            model, missing = build(source, config)
            tokenizer = transformers.AutoTokenizer.from_pretrained(source.folder, trust_remote_code=False)
        except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, StrictDataclassError) as error:
            if isinstance(error, ModelError):
                raise
            mismatch = _first_mismatch(source, config) if isinstance(error, RuntimeError) else ""
            reason = mismatch or str(error).splitlines()[0]
            raise ModelError(f"'{source.name}' cannot be loaded: {reason}") from error
        # what is not in the file was filled by chance: right for a new head, wrong elsewhere
        wrong = sorted(name for name in missing if not (new_head and HEAD.search(name)))
        if wrong:
            raise ModelError(f"the {WEIGHTS} of '{source.name}' lacks {wrong[0]}; copy or download it again")
        if new_head:
            _reset_head(model)
    return Loaded(model.eval(), tokenizer)


def config_of(source: Source) -> Any:
    """The model's config as transformers reads it, without its weights."""
    with quiet():
        return transformers.AutoConfig.from_pretrained(source.folder)


def _build_plain(source: Source, config: Any) -> tuple[nn.Module, set[str]]:
    model, report = classifiers().from_pretrained(
        source.folder,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        ignore_mismatched_sizes=False,
        output_loading_info=True,
    )
    return model, set(report["missing_keys"])


def _build_shaped(source: Source, config: Any) -> tuple[nn.Module, set[str]]:
    """A model whose layers differ in heads or width: built as its config says, cut to shape, then filled."""
    model = _shaped(source, config)
    tensors = load_file(source.folder / WEIGHTS)
    expected = model.state_dict()
    for name, tensor in tensors.items():
        if name not in expected:
            raise ModelError(f"'{source.name}' cannot be loaded: its config has no room for {name}")
        if tensor.shape != expected[name].shape:
            reason = _mismatch(name, tuple(tensor.shape), tuple(expected[name].shape))
            raise ModelError(f"'{source.name}' cannot be loaded: {reason}")
    model.load_state_dict(tensors, strict=False)
    return model, set(expected) - set(tensors)


def _shaped(source: Source, config: Any) -> nn.Module:
    described = getattr(config, SHAPE)
    layers = described.get("layers") if isinstance(described, dict) else None
    if not isinstance(layers, list) or len(layers) != config.num_hidden_layers:
        raise ModelError(f"the config.json of '{source.name}' has no {SHAPE}.layers with one entry a layer")
    for index, layer in enumerate(layers):
        heads, width = (layer.get("heads"), layer.get("width")) if isinstance(layer, dict) else (None, None)
        if not (isinstance(heads, int) and 0 <= heads <= config.num_attention_heads and _is_count(width)):
            raise ModelError(f"{SHAPE}.layers[{index}] of '{source.name}' is {layer}; it needs heads and width")
    model: nn.Module = classifiers().from_config(config, dtype=torch.float32)
    encoder.fit_(model, layers)
    return model


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 1 << 20


def _mismatch(name: str, stored: tuple[int, ...], expected: tuple[int, ...]) -> str:
    return f"{name} is {stored} in its {WEIGHTS} and {expected} by its config.json; copy both from one place"


def _first_mismatch(source: Source, config: Any) -> str:
    """The first tensor whose shape is not what the config says, as words; "" when all fit."""
    with torch.device("meta"):
        expected = classifiers().from_config(config).state_dict()
    for name, shape in tensor_shapes(source.folder).items():
        full = next((n for n in (name, f"{config.model_type}.{name}") if n in expected), None)
        if full and tuple(expected[full].shape) != shape:
            return _mismatch(name, shape, tuple(expected[full].shape))
    return ""


def _reset_head(model: nn.Module) -> None:
    """Draw the head's weights anew (normal, 0.02, as BERT's own initialisation; Devlin et al. 2019, 3.1)."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name.split(".")[0] in ("classifier", "pre_classifier"):
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
