"""Find and load BERT-family models, ordinary ones and those whose layers were cut to shapes of their own."""

import contextlib
import functools
import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from core import anatomy
from core.anatomy import ModelError as ModelError  # those who load catch it from here

ASSETS = Path(__file__).resolve().parent.parent / "assets"
DEMO = ASSETS / "demo-sst2"
FAMILY = ("bert", "roberta", "distilbert", "xlm-roberta", "camembert", "electra")
WEIGHTS = "model.safetensors"
SHAPE = "bonsai"  # the key of config.json under which core.saving writes what the config itself cannot say
# what identifies a model: these files, by content
IDENTITY = ("config.json", WEIGHTS, "tokenizer.json", "vocab.txt", "merges.txt", "tokenizer_config.json")
VOCABULARIES = ("tokenizer.json", "vocab.txt")
HEAD = re.compile(r"(?:^|\.)(?:classifier|pre_classifier|pooler)\.")


@dataclass(frozen=True)
class Source:
    """Where a model lies and what it is: the name people use, its folder, the hash of its files."""

    name: str
    folder: Path
    revision: str
    has_head: bool


@dataclass(frozen=True)
class Loaded:
    """A model in eval mode, fp32, and its tokenizer; shared by all users, so copy it before changing it."""

    model: nn.Module
    tokenizer: Any


def resolve(name: str) -> Source:
    """Find a model by name: "demo", a local folder, or a hub id. Raises ModelError."""
    folder = DEMO if name == "demo" else _local_folder(name) or _from_hub(name)
    config = _read_config(name, folder)
    kind = config.get("model_type", "unknown")
    if kind not in FAMILY:
        raise ModelError(f"'{name}' is a {kind} model; Bonsai prunes BERT-family encoders: {', '.join(FAMILY)}")
    if config.get("is_decoder") or config.get("is_encoder_decoder") or config.get("add_cross_attention"):
        raise ModelError(f"'{name}' is a {kind} decoder; Bonsai prunes encoders: {', '.join(FAMILY)}")
    if not (folder / WEIGHTS).is_file():
        raise ModelError(
            f"'{name}' has no {WEIGHTS}; only safetensors are read (no pickle): "
            "load it where you trust it and call save_pretrained() again"
        )
    if not any((folder / vocabulary).is_file() for vocabulary in VOCABULARIES):  # or every word would be unknown
        raise ModelError(f"'{name}' has no {' or '.join(VOCABULARIES)}; call save_pretrained() of its tokenizer too")
    has_head = _has_head(name, folder)
    _check_memory(name, folder)  # before every byte is read for the hash
    return Source(name, folder, revision_of(folder), has_head)


def revision_of(folder: Path) -> str:
    """16 hex digits that stand for the content of a model's files."""
    stamps = tuple(
        (f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in map(folder.joinpath, IDENTITY) if f.is_file()
    )
    return _hash_files(folder, stamps)


@functools.lru_cache(maxsize=32)
def _hash_files(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    total = hashlib.sha256()
    for name, _, _ in stamps:
        with (folder / name).open("rb") as file:
            total.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


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
    stored = _head_labels(source.folder)
    if not new_head and labels is not None and stored != labels:
        raise ModelError(f"'{source.name}' tells {stored} classes apart, the task has {labels}; pick another task")
    _check_memory(source.name, source.folder)
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
    model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
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
    model: nn.Module = transformers.AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    anatomy.fit_(model, layers)
    return model


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= 1 << 20


def _mismatch(name: str, stored: tuple[int, ...], expected: tuple[int, ...]) -> str:
    return f"{name} is {stored} in its {WEIGHTS} and {expected} by its config.json; copy both from one place"


def _first_mismatch(source: Source, config: Any) -> str:
    """The first tensor whose shape is not what the config says, as words; "" when all fit."""
    with torch.device("meta"):
        expected = transformers.AutoModelForSequenceClassification.from_config(config).state_dict()
    for name, shape in _shapes(source.folder).items():
        full = next((n for n in (name, f"{config.model_type}.{name}") if n in expected), None)
        if full and tuple(expected[full].shape) != shape:
            return _mismatch(name, shape, tuple(expected[full].shape))
    return ""


def _check_memory(name: str, folder: Path) -> None:
    """Refuse a model of which this machine cannot hold two fp32 copies: the one kept and the one a step changes."""
    needed = 2 * 4 * sum(math.prod(shape) for shape in _shapes(folder).values())
    free = psutil.virtual_memory().available
    if needed > free:
        raise ModelError(
            f"'{name}' needs about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free; "
            "close other programs or take a smaller model"
        )


def _local_folder(name: str) -> Path | None:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if folder.is_file():
        raise ModelError(f"'{name}' is a file; give the folder that holds config.json and {WEIGHTS}")
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(f"there is no folder '{name}'; give an existing folder, a hub id, or demo")
    return None


def _from_hub(name: str) -> Path:
    from huggingface_hub import errors, snapshot_download
    from huggingface_hub.utils import validate_repo_id

    wanted = [*IDENTITY, "special_tokens_map.json"]
    try:
        validate_repo_id(name)
        return Path(snapshot_download(name, allow_patterns=wanted, etag_timeout=5))
    except errors.HFValidationError:
        raise ModelError(f"'{name}' is neither a folder nor a hub id (owner/model); try demo") from None
    except errors.GatedRepoError:
        raise ModelError(
            f"the hub asks for access to '{name}'; accept its terms there and log in with `hf auth login`"
        ) from None
    except errors.RepositoryNotFoundError:
        raise ModelError(f"the hub has no model '{name}'; check the spelling, or give a local folder") from None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, errors.HfHubHTTPError, OSError):
        raise ModelError(
            f"'{name}' is not on this machine and the hub cannot be reached; "
            "connect once, give a local folder, or use demo"
        ) from None


def _read_config(name: str, folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"'{name}' has no config.json; give a folder written by save_pretrained()")
    try:
        config = json.loads(path.read_text(encoding="utf8"))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise ModelError(f"the config.json of '{name}' is not a JSON object; save the model again")
    return config


def _shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shape of every stored tensor, from the head of the file."""
    with safe_open(folder / WEIGHTS, framework="np") as file:  # for torch all of it would be mapped into memory
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def _head_tensors(folder: Path) -> dict[str, tuple[int, ...]]:
    return {n: shape for n, shape in _shapes(folder).items() if n.startswith(("classifier.", "pre_classifier."))}


def _has_head(name: str, folder: Path) -> bool:
    try:
        return bool(_head_tensors(folder))
    except (SafetensorError, OSError) as error:
        raise ModelError(f"the {WEIGHTS} of '{name}' is damaged ({error}); copy or download it again") from None


def _head_labels(folder: Path) -> int:
    shapes = _head_tensors(folder)
    last = "classifier.out_proj.weight" if "classifier.out_proj.weight" in shapes else "classifier.weight"
    return shapes[last][0] if last in shapes else 0


def _reset_head(model: nn.Module) -> None:
    """Draw the head's weights anew (normal, 0.02, as BERT's own initialisation; Devlin et al. 2019, 3.1)."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name.split(".")[0] in ("classifier", "pre_classifier"):
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' loading bars and its note about a new head off the terminal."""
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)
