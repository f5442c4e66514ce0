"""What stands on top of an encoder: which class of transformers builds it, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from core.models.quiet import import_models

FAR = -1e4  # of the logit of a place that is only padding


@dataclass(frozen=True)
class Head:
    """A kind of head; title: what people call it.

    architecture: how the names of its classes end in transformers. weights: how the names of its weights begin; last:
    of which of them the rows are its outputs. outputs: the tensors that it answers, the batch first; per_token: their
    second axis is that of the tokens. choices(output, mask): all choices that it makes, as rows of logits (choices,
    classes), one tensor an output.
    """

    name: str
    title: str
    architecture: str
    weights: tuple[str, ...]
    last: tuple[str, ...]
    outputs: tuple[str, ...]
    per_token: bool
    choices: Callable[[Any, Tensor], list[Tensor]]

    @property
    def auto(self) -> Any:
        """transformers' Auto class for it."""
        import_models()
        return getattr(transformers, f"AutoModel{self.architecture}")

    def is_weight(self, name: str) -> bool:
        """Does a parameter of that name belong to the head rather than to the encoder?"""
        return name.startswith(self.weights)


def _of_examples(output: Any, mask: Tensor) -> list[Tensor]:
    """One choice among the labels for each example."""
    return [output.logits]


def _of_tokens(output: Any, mask: Tensor) -> list[Tensor]:
    """One choice among the labels for each token that the mask shows."""
    return [output.logits[mask.bool()]]


def _of_places(output: Any, mask: Tensor) -> list[Tensor]:
    """Two choices among the tokens for each example: where the answer begins, and where it ends."""
    return [logits.masked_fill(~mask.bool(), FAR) for logits in (output.start_logits, output.end_logits)]


SEQUENCE = Head(
    name="sequence",
    title="classification head",
    architecture="ForSequenceClassification",
    weights=("classifier.", "pre_classifier."),
    last=("classifier.weight", "classifier.out_proj.weight"),
    outputs=("logits",),
    per_token=False,
    choices=_of_examples,
)
TOKEN = Head(
    name="token",
    title="token classification head",
    architecture="ForTokenClassification",
    weights=("classifier.",),
    last=("classifier.weight",),
    outputs=("logits",),
    per_token=True,
    choices=_of_tokens,
)
SPAN = Head(
    name="span",
    title="question answering head",
    architecture="ForQuestionAnswering",
    weights=("qa_outputs.",),
    last=("qa_outputs.weight",),
    outputs=("start_logits", "end_logits"),
    per_token=True,
    choices=_of_places,
)
HEADS = {head.name: head for head in (SEQUENCE, TOKEN, SPAN)}


def head_of(model: nn.Module) -> Head:
    """The head of a model, by its class. Raises KeyError for one that is none of HEADS."""
    return HEADS[head_named([type(model).__name__])]


def head_named(architectures: Sequence[str]) -> str:
    """The name of the head that one of these class names of transformers has; "" where it is none of HEADS."""
    return next((h.name for h in HEADS.values() for name in architectures if name.endswith(h.architecture)), "")


def answered(output: Any, head: Head, mask: Tensor) -> list[Tensor]:
    """All numbers that were answered to each example of a batch, in a row as fp32; those of padding left out."""
    found = []
    for index, shown in enumerate(mask.bool()):
        parts = [getattr(output, name)[index] for name in head.outputs]
        found.append(torch.cat([(part[shown] if head.per_token else part).float().reshape(-1) for part in parts]))
    return found
