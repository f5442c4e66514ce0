"""Find a BERT-family model by name, and say what it is before any weight is loaded."""

import functools
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from safetensors import SafetensorError

from core import foreign, paths, visitors
from core.errors import ConfigError, ModelError, Words
from core.models.head import HEADS, SEQUENCE, Head, head_named
from core.models.weights import INDEX, WEIGHTS, files, shapes

DEMO, DEMO_ENTITIES = paths.ASSETS / "demo-sst2", paths.ASSETS / "demo-entities"
DEMO_SQUAD = paths.ASSETS / "demo-squad"
SHIPPED = ("demo", "demo-entities", "demo-squad")
FAMILY = ("bert", "roberta", "distilbert", "xlm-roberta", "camembert", "electra", "mpnet")
# why the other encoders that people call BERTs are not taken: a figure of theirs would be wrong
NOT_YET = {
    "albert": "all of its layers are one, so that neither a layer's heads nor its time can be told apart",
    "deberta": "its attention has further products with relative positions, which are not counted",
    "deberta-v2": "its attention has further products with relative positions, which are not counted",
    "modernbert": "its Q, K and V are one matrix and its FFN is gated, so that heads and neurons lie elsewhere",
}
SHAPE = "bonsai"  # the key of config.json under which core.models.save writes what the config itself cannot say
# what identifies a model: these files, by content
IDENTITY = ("config.json", WEIGHTS, "tokenizer.json", "vocab.txt", "merges.txt", "tokenizer_config.json")
MORE = ("vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model", INDEX)  # of models that have these
# sizes that are believed: beyond any encoder, and small enough that a wrong one is found before it fills the memory
MOST = {
    **dict.fromkeys(("num_hidden_layers", "n_layers"), 256),
    **dict.fromkeys(("num_attention_heads", "n_heads", "type_vocab_size"), 1024),
    **dict.fromkeys(("hidden_size", "dim", "embedding_size"), 32_768),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "num_labels"), 131_072),
    **dict.fromkeys(("vocab_size", "max_position_embeddings", "relative_attention_num_buckets"), 4_194_304),
}
CONFIG_BYTES = 16_000_000  # room for the names of 131,072 classes
MOST_LETTERS = 96  # of a name on the hub
POINTER = b"version https://git-lfs"
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model")


@dataclass(frozen=True)
class Source:
    """Where a model lies and what it is: the name people use, its folder, the hash of its files.

    head: the kind that it was saved with, a name of core.models.head.HEADS; "" for a bare encoder.
    """

    name: str
    folder: Path
    revision: str
    head: str


def resolve(name: str) -> Source:
    """Find a model by name: one of SHIPPED, a local folder, or a hub id. Raises ModelError."""
    folder = shipped(name) or _local_folder(name) or _from_hub(name)
    _refuse_pointers(name, folder)
    config = _read_config(name, folder)
    kind = str(config.get("model_type", "unknown"))
    if kind in NOT_YET:
        raise ModelError(
            "'{name}' is of the family {kind}, which Bonsai does not take: {why}; it takes {family}",
            name=name,
            kind=kind,
            why=Words(NOT_YET[kind]),
            family=", ".join(FAMILY),
        )
    if kind not in FAMILY:
        raise ModelError(
            "'{name}' is a {kind} model; Bonsai prunes BERT-family encoders: {family}",
            name=name,
            kind=kind,
            family=", ".join(FAMILY),
        )
    if config.get("is_decoder") or config.get("is_encoder_decoder") or config.get("add_cross_attention"):
        raise ModelError(
            "'{name}' is a {kind} decoder; Bonsai prunes encoders: {family}",
            name=name,
            kind=kind,
            family=", ".join(FAMILY),
        )
    if not files(folder):
        raise ModelError(
            "'{name}' has no {weights}; only safetensors are read (no pickle): load it where you trust it "
            "and call save_pretrained() again",
            name=name,
            weights=WEIGHTS,
        )
    if not any((folder / vocabulary).is_file() for vocabulary in VOCABULARIES):  # or every word would be unknown
        raise ModelError(
            "'{name}' has no {vocabularies}; call save_pretrained() of its tokenizer too",
            name=name,
            vocabularies=" or ".join(VOCABULARIES[:2]),
        )
    head = _saved_head(name, folder, config)
    check_memory(name, folder)  # before every byte is read for the hash
    return Source(name, folder, revision_of(folder), head)


def shipped(name: str) -> Path | None:
    """The folder of a model that comes with Bonsai."""
    return dict(zip(SHIPPED, (DEMO, DEMO_ENTITIES, DEMO_SQUAD), strict=True)).get(name)


def _refuse_pointers(name: str, folder: Path) -> None:
    """Raise ModelError for a file that Git LFS has not fetched, which is a few words in place of its content."""
    for path in map(folder.joinpath, (*IDENTITY, *MORE)):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(len(POINTER)) == POINTER:
                    raise ModelError(
                        "the {file} of '{name}' is a Git LFS pointer, not the file itself; `git lfs pull` fetches it",
                        file=path.name,
                        name=name,
                    )


def revision_of(folder: Path) -> str:
    """16 hex digits that stand for the content of a model's files."""
    stamps = tuple(
        (f.name, f.stat().st_mtime_ns, f.stat().st_size)
        for f in (*map(folder.joinpath, (*IDENTITY, *MORE)), *files(folder)[1:])
        if f.is_file()
    )
    return _hash_files(folder, stamps)


@functools.lru_cache(maxsize=32)
def _hash_files(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> str:
    total = hashlib.sha256()
    for name, _, _ in stamps:
        with (folder / name).open("rb") as file:
            total.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def check_memory(name: str, folder: Path) -> None:
    """Refuse a model whose files hold more weights than this machine can. Raises ModelError."""
    require_memory(name, sum(math.prod(shape) for shape in shapes(folder).values()))


def require_memory(name: str, weights: int) -> None:
    """Raise ModelError where this machine cannot hold two fp32 copies of so many weights: the one kept and the one that
    a step changes."""
    needed = 2 * 4 * weights
    free = psutil.virtual_memory().available
    if needed > free:
        raise ModelError(
            "'{name}' needs about {needed_gb:.1f} GB of memory and {free_gb:.1f} GB are free; close other "
            "programs or take a smaller model",
            name=name,
            needed_gb=needed / 1e9,
            free_gb=free / 1e9,
        )


def _local_folder(name: str) -> Path | None:
    folder = visitors.place(name)
    if folder is not None and folder.is_dir():
        return folder
    if folder is not None and folder.is_file():
        raise ModelError(
            "'{name}' is a file; give the folder that holds config.json and {weights}", name=name, weights=WEIGHTS
        )
    if not name or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name or len(name) > MOST_LETTERS:
        raise ModelError("there is no folder '{name}'; give an existing folder, a hub id, or demo", name=name)
    return None


def _from_hub(name: str) -> Path:
    from huggingface_hub import errors, snapshot_download
    from huggingface_hub.utils import validate_repo_id

    if not visitors.may_fetch(name):
        raise ModelError("'{name}' is none of the models of this server; take demo, or ask whoever runs it", name=name)
    wanted = [*IDENTITY, *MORE, "model-*.safetensors", "special_tokens_map.json"]
    try:
        validate_repo_id(name)
        return Path(snapshot_download(name, allow_patterns=wanted, etag_timeout=5))
    except errors.HFValidationError:
        raise ModelError("'{name}' is neither a folder nor a hub id (owner/model); try demo", name=name) from None
    except errors.GatedRepoError:
        raise ModelError(
            "the hub asks for access to '{name}'; accept its terms there and log in with `hf auth login`", name=name
        ) from None
    except errors.RepositoryNotFoundError:
        raise ModelError(
            "the hub has no model '{name}'; check the spelling, or give a local folder", name=name
        ) from None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, errors.HfHubHTTPError, OSError):
        raise ModelError(
            "'{name}' is not on this machine and the hub cannot be reached; connect once, give a local "
            "folder, or use demo",
            name=name,
        ) from None


def _read_config(name: str, folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError("'{name}' has no config.json; give a folder written by save_pretrained()", name=name)
    try:
        config = foreign.parse(path.read_text(encoding="utf8")) if path.stat().st_size <= CONFIG_BYTES else None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise ModelError("the config.json of '{name}' is not a JSON object; save the model again", name=name)
    if not isinstance(config.get("id2label") or {}, dict):
        raise ModelError(
            "the id2label in config.json of '{name}' is no mapping; it needs a name for each number, such as "
            '{{"0": "negative", "1": "positive"}}',
            name=name,
        )
    for field, most in MOST.items():
        value = config.get(field)
        if isinstance(value, int | float) and not abs(value) <= most:
            raise ModelError(
                "the config.json of '{name}' says {field} = {value:g}; no encoder has more than {most}, so correct it",
                name=name,
                field=field,
                value=float(value) if abs(value) < 1e300 else math.inf,
                most=most,
            )
    return config


def _saved_head(name: str, folder: Path, config: dict[str, Any]) -> str:
    """The head that the config names, where its weights are there; a config without a word on it has a classifier."""
    architectures = config.get("architectures")
    said = [str(one) for one in architectures] if isinstance(architectures, list) else []
    head = HEADS[head_named(said) or SEQUENCE.name]
    try:
        found = shapes(folder)
        if not any(map(head.is_weight, found)):
            return ""
        return head_named([head.architecture], config.get("problem_type"), _rows(found, head))
    except (SafetensorError, OSError) as error:
        raise ModelError(
            "the {weights} of '{name}' is damaged ({error}); copy or download it again",
            weights=WEIGHTS,
            name=name,
            error=error,
        ) from None


def head_labels(source: Source) -> int:
    """How many classes the stored head tells apart: the rows of its last weight."""
    return _rows(shapes(source.folder), HEADS[source.head]) if source.head else 0


def _rows(found: Mapping[str, tuple[int, ...]], head: Head) -> int:
    return next((found[name][0] for name in head.last if found.get(name)), 0)


def class_names(source: Source) -> tuple[str, ...]:
    """What its config calls the classes of the stored head, in order; LABEL_2 where it says nothing of class 2."""
    named = _read_config(source.name, source.folder).get("id2label") or {}
    return tuple(str(named.get(str(number), f"LABEL_{number}")) for number in range(head_labels(source)))


PINNED = re.compile(r"(?P<name>.+)@(?P<revision>[0-9a-f]{16})")


def pinned(name: str) -> str:
    """The model as NAME@REVISION; "" stays. Raises ConfigError, also where it is pinned to another revision."""
    try:
        source = pinned_source(name) if name else None
    except ModelError as error:
        raise ConfigError.of(error) from error
    return f"{source.name}@{source.revision}" if source else ""


def pinned_source(name: str) -> Source:
    """The model of NAME@REVISION, or of a plain name. Raises ModelError where its content is another."""
    found = PINNED.fullmatch(name)
    source = resolve(found["name"] if found else name)
    if found and source.revision != found["revision"]:
        raise ModelError("'{name}' has changed on disk since it was chosen; choose it again", name=source.name)
    return source
