"""Load a model that was found: ordinary ones, and those whose layers were cut to shapes of their own."""

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers.utils import ModelOutput

from core.errors import ModelError, Words
from core.labels import unnamed
from core.models import encoder
from core.models import weights as stored
from core.models.config import config_of, told
from core.models.find import SHAPE, Source, check_memory, class_names, require_memory
from core.models.head import HEADS, REGRESSION, SEQUENCE, Head
from core.models.quiet import quiet
from core.models.weights import WEIGHTS, Weights, is_idle

TRIED = "Two words, 1 & \u00e9!"
POOLER = ".pooler."  # stands between the encoder and the heads that need it, and comes and goes with them


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode, fp32, and its tokenizer; shared by all users, so copy it before changing it.

    masks: of weights that were pruned before, by name, True where one stays.
    """

    model: nn.Module
    tokenizer: Any
    masks: Mapping[str, Tensor] = field(default_factory=dict)


def load(
    source: Source, head: Head | None = None, *, labels: Sequence[str] = (), new_head: bool = False, seed: int = 0
) -> Loaded:
    """Load a model as fp32 in eval mode.

    head: the kind that the task needs; None takes the model as it is. labels: what its classes are called, which a
    head without names of its own takes over. new_head: start from a random head for these, drawn with `seed`; without
    it a model that has no such head is refused with what to do. Raises ModelError.
    """
    head = head or HEADS[source.head or SEQUENCE.name]
    if not new_head:
        require_head(source, head)
    check_memory(source.name, source.folder)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a process that has tokenized in parallel must not fork
    config = config_of(source)
    with quiet(), torch.random.fork_rng(devices=[]), told(source):
        torch.manual_seed(seed)
        named = labels or (("LABEL_0",) if new_head and head is REGRESSION else ())
        if named and (new_head or unnamed(class_names(source))):
            config.id2label = dict(enumerate(named))
            config.label2id = {name: number for number, name in enumerate(named)}
        if new_head:
            config.problem_type = head.problem
        model, masks = _filled(source, config, head, new_head)
        _require_answers(source, model)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source.folder, trust_remote_code=False)
        tokenizer([TRIED])  # one that was read may still not be able to write anything
    _check_tokenizer(source, config, tokenizer)
    return Loaded(model.eval(), tokenizer, masks)


def _filled(source: Source, config: Any, head: Head, new_head: bool) -> tuple[nn.Module, dict[str, Tensor]]:
    """The model with its stored weights, and the masks of those that were pruned."""
    weights = stored.read(source.folder)
    if new_head:  # an old one of another size would not fit
        kept = {name: tensor for name, tensor in weights.tensors.items() if not head.is_weight(name)}
        weights = Weights(kept, weights.masks)
    build = _build_shaped if hasattr(config, SHAPE) else _build_plain
    model, missing = build(source, config, head, weights)
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
    whole = dict(model.named_parameters())
    return model, {name: mask for name, mask in weights.masks.items() if name in whole}


def _check_tokenizer(source: Source, config: Any, tokenizer: Any) -> None:
    """Raise ModelError where the tokenizer has numbers for which there is no embedding."""
    last, rows = max(tokenizer.get_vocab().values(), default=0), config.vocab_size
    if last >= rows:
        raise ModelError(
            "the tokenizer of '{name}' has pieces up to number {last} and the model embeddings for {rows}; call "
            "resize_token_embeddings(len(tokenizer)) and train it, or take the tokenizer that it was trained with",
            name=source.name,
            last=last,
            rows=rows,
        )
    if tokenizer.pad_token_id is None:
        raise ModelError("the tokenizer of '{name}' has no padding token; set its pad_token", name=source.name)


def require_head(source: Source, head: Head) -> None:
    """Raise ModelError, with what to do, unless the model was saved with such a head."""
    if not source.head:
        raise ModelError(
            "'{name}' is an encoder without any head, and so has no {needed}; train one with --new-head --step "
            "finetune:epochs=3",
            name=source.name,
            needed=Words(head.title),
        )
    if source.head == REGRESSION.name and head is SEQUENCE:
        raise ModelError(
            "'{name}' gives one number (regression) and no classes; --metric pearson takes the labels for numbers, or "
            "train a new head with --new-head --step finetune:epochs=3",
            name=source.name,
        )
    if source.head != head.name:
        raise ModelError(
            "'{name}' has a {other} and no {needed}; train a new one with --new-head --step finetune:epochs=3",
            name=source.name,
            other=Words(HEADS[source.head].title),
            needed=Words(head.title),
        )


def with_classes(model: nn.Module, head: Head, classes: Sequence[int]) -> nn.Module:
    """A copy whose outputs are these of the model's classes, in this order."""
    smaller = copy.deepcopy(model)
    rows = torch.tensor(classes)
    for name, module in smaller.named_modules():
        if f"{name}.weight" in head.last and isinstance(module, nn.Linear):
            module.weight = nn.Parameter(module.weight.detach()[rows])
            module.bias = nn.Parameter(module.bias.detach()[rows])
            module.out_features = len(classes)
    config: Any = smaller.config
    config.id2label = {number: config.id2label[old] for number, old in enumerate(classes)}
    config.label2id = {name: number for number, name in config.id2label.items()}
    return smaller


def _build_plain(source: Source, config: Any, head: Head, weights: Weights) -> tuple[nn.Module, set[str]]:
    bare = _bare(source, config, head)
    _refuse_mismatch(source, bare, weights)
    model, report = type(bare).from_pretrained(
        None,
        config=config,
        state_dict=weights.tensors,
        dtype=torch.float32,
        ignore_mismatched_sizes=False,
        output_loading_info=True,
    )
    _refuse_homeless(source, report["unexpected_keys"], head)
    return model, set(report["missing_keys"])


def _build_shaped(source: Source, config: Any, head: Head, weights: Weights) -> tuple[nn.Module, set[str]]:
    """A model whose layers differ in heads or width: built as its config says, cut to shape, then filled."""
    layers = _described(source, config)
    bare = _bare(source, config, head)
    encoder.fit_(bare, layers)
    expected = bare.state_dict()
    _refuse_homeless(source, set(weights.tensors) - set(expected), head)
    tensors = {name: tensor for name, tensor in weights.tensors.items() if name in expected}
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            reason = _mismatch(name, tuple(tensor.shape), tuple(expected[name].shape))
            raise ModelError("'{name}' cannot be loaded: {reason}", name=source.name, reason=reason)
    model: nn.Module = head.auto.from_config(config, dtype=torch.float32)
    encoder.fit_(model, layers)
    model.load_state_dict(tensors, strict=False)
    return model, set(expected) - set(tensors)


def _bare(source: Source, config: Any, head: Head) -> Any:
    """The model that the config describes, without any weight. Raises ModelError where it would not fit the memory."""
    with torch.device("meta"):
        bare: Any = head.auto.from_config(config)
    require_memory(source.name, sum(parameter.numel() for parameter in bare.parameters()))
    return bare


def _require_answers(source: Source, model: nn.Module) -> None:
    """Raise ModelError where two tokens get no answer: a config may let a model be built that cannot run."""
    with torch.inference_mode():
        output = model.eval()(input_ids=torch.zeros((1, 2), dtype=torch.long))
    if not isinstance(output, ModelOutput):
        raise ModelError(
            "'{name}' cannot be used: its config.json has return_dict off, or torchscript on; take that line out",
            name=source.name,
        )


def _refuse_homeless(source: Source, names: Iterable[str], head: Head) -> None:
    """Raise ModelError for tensors that have no place in the model, unless no answer depends on them.

    A pooler is left out by heads that read none, and another kind of head where a new one is trained.
    """
    other = tuple(prefix for one in HEADS.values() if one is not head for prefix in one.weights)
    homeless = sorted(n for n in names if not (is_idle(n) or POOLER in f".{n}" or n.startswith(other)))
    if not homeless:
        return
    name = homeless[0]
    if "distance_embedding" in name:
        raise ModelError(
            "'{name}' tells positions by their distance ({weight}), which transformers {version} computes no more; "
            "take a model with absolute positions",
            name=source.name,
            weight=name,
            version=transformers.__version__,
        )
    raise ModelError(
        "'{name}' cannot be loaded: its config has no room for {weight}{more}; copy both from one place",
        name=source.name,
        weight=name,
        more=Words(" and {count} more", count=len(homeless) - 1) if len(homeless) > 1 else "",
    )


def _described(source: Source, config: Any) -> list[dict[str, int]]:
    """Heads and width of each layer, as the config says them. Raises ModelError."""
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
    return layers


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


def _refuse_mismatch(source: Source, bare: nn.Module, weights: Weights) -> None:
    """Raise ModelError where a tensor has another shape than in the bare model that the config describes."""
    expected: dict[str, Tensor] = bare.state_dict()
    for name, tensor in weights.tensors.items():
        full = next((n for n in (name, f"{bare.config.model_type}.{name}") if n in expected), None)  # type: ignore[union-attr]
        if full and expected[full].shape != tensor.shape:
            reason = _mismatch(name, tuple(tensor.shape), tuple(expected[full].shape))
            raise ModelError("'{name}' cannot be loaded: {reason}", name=source.name, reason=reason)


def _reset_head(model: nn.Module, head: Head) -> None:
    """Draw the head's weights anew (normal, 0.02, as BERT's own initialisation; Devlin et al. 2019, 3.1)."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and head.is_weight(f"{name}."):
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)
