"""Find, load, save and describe BERT-family models; the only file that knows their attribute names."""

import contextlib
import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import nn

ASSETS = Path(__file__).resolve().parent.parent / "assets"
DEMO = ASSETS / "demo-sst2"
FAMILY = ("bert", "roberta", "distilbert", "xlm-roberta", "camembert", "electra")
WEIGHTS = "model.safetensors"
# what identifies a model: these files, by content
IDENTITY = ("config.json", WEIGHTS, "tokenizer.json", "vocab.txt", "merges.txt", "tokenizer_config.json")
VOCABULARIES = ("tokenizer.json", "vocab.txt")
ROLES = ("Q", "K", "V", "O", "up", "down")
ROLE_SUFFIXES = {
    "attention.self.query": "Q",
    "attention.self.key": "K",
    "attention.self.value": "V",
    "attention.output.dense": "O",
    "intermediate.dense": "up",
    "output.dense": "down",
    "attention.q_lin": "Q",
    "attention.k_lin": "K",
    "attention.v_lin": "V",
    "attention.out_lin": "O",
    "ffn.lin1": "up",
    "ffn.lin2": "down",
}
HEAD = re.compile(r"(?:^|\.)(?:classifier|pre_classifier|pooler)\.")
LAYER = re.compile(r"(?:^|\.)(?:encoder|transformer)\.layer\.(\d+)\.(.+)$")


class ModelError(ValueError):
    """A model that cannot be used; the message is one sentence with what to do."""


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


def resolve(name: str) -> Source:
    """Find a model by name: "demo", a local folder, or a hub id. Raises ModelError."""
    folder = DEMO if name == "demo" else _local_folder(name) or _from_hub(name)
    config = _read_config(name, folder)
    kind = config.get("model_type", "unknown")
    if kind not in FAMILY:
        raise ModelError(f"'{name}' is a {kind} model; Bonsai prunes BERT-family encoders: {', '.join(FAMILY)}")
    if not (folder / WEIGHTS).is_file():
        raise ModelError(
            f"'{name}' has no {WEIGHTS}; only safetensors are read (no pickle): "
            "load it where you trust it and call save_pretrained() again"
        )
    if not any((folder / vocabulary).is_file() for vocabulary in VOCABULARIES):  # or every word would be unknown
        raise ModelError(f"'{name}' has no {' or '.join(VOCABULARIES)}; call save_pretrained() of its tokenizer too")
    return Source(name, folder, revision_of(folder), _has_head(name, folder))


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
    with _quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            config = transformers.AutoConfig.from_pretrained(source.folder)
            if new_head:
                config.num_labels = labels or 2
            model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                source.folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                ignore_mismatched_sizes=False,
                output_loading_info=True,
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(source.folder, trust_remote_code=False)
        except (OSError, SafetensorError, RuntimeError, ValueError, StrictDataclassError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"'{source.name}' cannot be loaded: {reason}") from error
        # transformers fills a weight that is not in the file by chance: right for a new head, wrong elsewhere
        missing = sorted(name for name in report["missing_keys"] if not (new_head and HEAD.search(name)))
        if missing:
            raise ModelError(f"the {WEIGHTS} of '{source.name}' lacks {missing[0]}; copy or download it again")
        if new_head:
            _reset_head(model)
    return Loaded(model.eval(), tokenizer)


def save(model: nn.Module, tokenizer: Any, folder: Path) -> None:
    """Write a Hugging Face folder (safetensors and JSON) that `load` reads back with identical logits."""
    folder.mkdir(parents=True, exist_ok=True)
    with _quiet():
        model.save_pretrained(folder)  # type: ignore[operator]
        tokenizer.save_pretrained(folder)


def matrices(model: nn.Module, which: str = "encoder") -> tuple[Matrix, ...]:
    """The Linear layers that pruning may touch.

    which: "encoder" (all of the encoder's), "all" (every Linear, as the report does), or name
    patterns with * separated by spaces, e.g. "*query *key". Raises ModelError when nothing matches.
    """
    found = [
        Matrix(name, *_place(name), module.weight.shape[0], module.weight.shape[1])
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
    ]
    if which == "encoder":
        chosen = [m for m in found if m.layer >= 0]
    elif which == "all":
        chosen = found
    else:
        chosen = [m for m in found if any(fnmatchcase(m.name, pattern) for pattern in which.split())]
    if not chosen:
        raise ModelError(f"no Linear layer is called like '{which}'; try encoder, all, or a pattern like *query")
    return tuple(chosen)


def weight(model: nn.Module, name: str) -> nn.Parameter:
    """The weight of the Linear called `name`, shape (out, in)."""
    parameter = model.get_submodule(name).weight
    assert isinstance(parameter, nn.Parameter)
    return parameter


def max_tokens(model: nn.Module) -> int:
    """How many tokens of one sentence the model has positions for."""
    config: Any = model.config
    begins_after_padding = config.model_type in ("roberta", "xlm-roberta", "camembert")
    return int(config.max_position_embeddings - (config.pad_token_id + 1 if begins_after_padding else 0))


def _place(name: str) -> tuple[int, str]:
    match = LAYER.search(name)
    if match is None:
        return -1, name
    return int(match[1]), ROLE_SUFFIXES.get(match[2], match[2])


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


def _head_tensors(folder: Path) -> dict[str, tuple[int, ...]]:
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        names = [name for name in file.keys() if name.startswith(("classifier.", "pre_classifier."))]  # noqa: SIM118
        return {name: tuple(file.get_slice(name).get_shape()) for name in names}


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
def _quiet() -> Iterator[None]:
    """Keep transformers' loading bars and its note about a new head off the terminal."""
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)
