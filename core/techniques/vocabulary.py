"""Keep only the word pieces that the task's training text uses: smaller embeddings, the same encoder.

Half of a small BERT is its vocabulary (Abdaoui et al., "Load What You Need: Smaller Versions of Multilingual BERT",
2020). Special tokens, all single characters and their ## forms stay, so that any text still tokenizes; a word whose
piece went is spelled with smaller ones. It changes no weight and does not handle byte-pair vocabularies.
"""

import collections
import copy
import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from core.config import option, validate
from core.errors import DataError, ModelError, Words
from core.models import dimensions, encoder
from core.techniques.technique import Context, State, Technique

PREFIX = "##"


@dataclass(frozen=True)
class Config:
    """Which word pieces are used enough to stay."""

    min_count: int = option(
        1,
        "a piece stays when the training text uses it at least so often; single characters always do",
        minimum=1,
        maximum=1_000_000,
    )

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """Cut the tokenizer's vocabulary and the embeddings to the same pieces. Raises DataError, ModelError."""
    pieces = kept_pieces(state, config, context)
    if dimensions.positions_follow_padding(state.model) and pieces.index(state.pad) != state.pad:
        pieces = sorted({*range(state.pad), *pieces})  # its positions are counted from the padding's number
    tokenizer = cut(state.tokenizer, pieces)
    model = encoder.keep_pieces(state.model, pieces, tokenizer.pad_token_id)
    changed, tokens = _changed(state.tokenizer, tokenizer, [text for e in context.task.validation for text in e.texts])
    facts = {
        **state.facts,
        "pieces": len(pieces),
        "pieces_before": encoder.vocabulary_size(state.model),
        "validation_tokens": tokens,
        "validation_tokens_changed": changed,
    }
    return dataclasses.replace(state, model=model, tokenizer=tokenizer, facts=facts)


def kept_pieces(state: State, config: Config, context: Context) -> list[int]:
    """The numbers of the pieces that stay, ascending."""
    if not context.task.train:
        raise DataError("'{task}' has no training text to tell which word pieces are used", task=context.task.name)
    vocabulary: dict[str, int] = _parts(state.tokenizer)["model"]["vocab"]
    texts = [text for example in context.task.train for text in example.texts]
    used = collections.Counter(piece for row in state.tokenizer(texts)["input_ids"] for piece in row)
    wanted = {number for number, count in used.items() if count >= config.min_count}
    wanted |= {number for piece, number in vocabulary.items() if len(piece.removeprefix(PREFIX)) == 1}
    wanted |= set(state.tokenizer.all_special_ids)
    return sorted(wanted)


def cut(tokenizer: Any, pieces: list[int]) -> Any:
    """A copy of the tokenizer that knows these pieces only, numbered anew in their order."""
    parts = _parts(tokenizer)
    number = {old: new for new, old in enumerate(pieces)}
    parts["model"]["vocab"] = {p: number[old] for p, old in parts["model"]["vocab"].items() if old in number}
    parts["added_tokens"] = [{**t, "id": number[t["id"]]} for t in parts["added_tokens"] if t["id"] in number]
    for token in parts["post_processor"].get("special_tokens", {}).values():
        token["ids"] = [number[old] for old in token["ids"]]
    for end in ("cls", "sep"):
        if end in parts["post_processor"]:
            piece, old = parts["post_processor"][end]
            parts["post_processor"][end] = [piece, number[old]]
    result = copy.deepcopy(tokenizer)
    result._tokenizer = Tokenizer.from_str(json.dumps(parts))
    result.init_kwargs.pop("added_tokens_decoder", None)  # it holds the old numbers
    return result


def _parts(tokenizer: Any) -> dict[str, Any]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    parts: dict[str, Any] = json.loads(backend.to_str()) if backend is not None else {}
    if parts.get("model", {}).get("type") != "WordPiece":
        kind = parts.get("model", {}).get("type", type(tokenizer).__name__)
        raise ModelError(
            "the vocabulary of a {kind} tokenizer cannot be cut, only WordPiece's; leave vocabulary out", kind=kind
        )
    return parts


def _changed(before: Any, after: Any, texts: list[str]) -> tuple[int, int]:
    """How many tokens of the texts are others now, and how many there were."""
    changed = total = 0
    for text in texts:
        old, new = before.tokenize(text), after.tokenize(text)
        common = sum((collections.Counter(old) & collections.Counter(new)).values())
        changed, total = changed + len(old) - common, total + len(old)
    return changed, total


def told(config: Config) -> Words:
    """Which pieces stay, where it is not as usual."""
    if config.min_count == Config.min_count:
        return Words("a smaller vocabulary")
    return Words("a vocabulary of what is used {count} times", count=config.min_count)


TECHNIQUE = Technique("vocabulary", "prune", Config, apply, needs_data=True, told=told)
