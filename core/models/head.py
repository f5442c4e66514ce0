"""What stands on top of an encoder: which class of transformers builds it, and what it answers."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional

from core.models.quiet import import_models

FAR = -1e4  # of the logit of a place that is only padding


@dataclass(frozen=True)
class Head:
    """A kind of head; title: what people call it.

    architecture: how the names of its classes end in transformers. weights: how the names of its weights begin; last:
    of which of them the rows are its outputs. outputs: the tensors that it answers, the batch first; per_token: their
    second axis is that of the tokens. distance(output, wanted, mask, temperature): how far its answers are from a
    teacher's, both softened, a mean over what is answered. problem: the problem_type in the config of its models.
    """

    name: str
    title: str
    architecture: str
    weights: tuple[str, ...]
    last: tuple[str, ...]
    outputs: tuple[str, ...]
    per_token: bool
    distance: Callable[[Any, Any, Tensor, float], Tensor]
    problem: str | None = None

    @property
    def auto(self) -> Any:
        """transformers' Auto class for it."""
        import_models()
        return getattr(transformers, f"AutoModel{self.architecture}")

    def is_weight(self, name: str) -> bool:
        """Does a parameter of that name belong to the head rather than to the encoder?"""
        return name.startswith(self.weights)


def soft(logits: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """T^2 KL(teacher || student) of softened answers, (choices, classes) each; a mean over the choices.

    Hinton et al. 2015, section 2: the product with T^2 keeps its gradients as large as those of the true answers.
    """
    student = functional.log_softmax(logits.float() / temperature, -1)
    teacher = functional.log_softmax(wanted.float() / temperature, -1)
    return temperature**2 * functional.kl_div(student, teacher, reduction="batchmean", log_target=True)


def _of_examples(output: Any, wanted: Any, mask: Tensor, temperature: float) -> Tensor:
    """One choice among the labels for each example."""
    return soft(output.logits, wanted.logits, temperature)


def _of_labels(output: Any, wanted: Any, mask: Tensor, temperature: float) -> Tensor:
    """For each example and each label whether it has it."""
    return soft(_yes_or_no(output.logits), _yes_or_no(wanted.logits), temperature)


def _yes_or_no(logits: Tensor) -> Tensor:
    """Logits of two classes with the same probabilities as these have by the sigmoid."""
    return torch.stack([torch.zeros_like(logits), logits], -1).reshape(-1, 2)


def _of_numbers(output: Any, wanted: Any, mask: Tensor, temperature: float) -> Tensor:
    """Squared difference, which is what KL comes to for normal distributions of equal width: no temperature."""
    return functional.mse_loss(output.logits.float(), wanted.logits.float())


def _of_tokens(output: Any, wanted: Any, mask: Tensor, temperature: float) -> Tensor:
    """One choice among the labels for each token that the mask shows."""
    shown = mask.bool()
    return soft(output.logits[shown], wanted.logits[shown], temperature)


def _of_places(output: Any, wanted: Any, mask: Tensor, temperature: float) -> Tensor:
    """Two choices among the tokens for each example: where the answer begins, and where it ends."""
    padding = ~mask.bool()
    ends = [
        soft(
            getattr(output, name).masked_fill(padding, FAR),
            getattr(wanted, name).masked_fill(padding, FAR),
            temperature,
        )
        for name in ("start_logits", "end_logits")
    ]
    return torch.stack(ends).mean()


SEQUENCE = Head(
    name="sequence",
    title="classification head",
    architecture="ForSequenceClassification",
    weights=("classifier.", "pre_classifier."),
    last=("classifier.weight", "classifier.out_proj.weight"),
    outputs=("logits",),
    per_token=False,
    distance=_of_examples,
)
REGRESSION = dataclasses.replace(
    SEQUENCE, name="regression", title="regression head", distance=_of_numbers, problem="regression"
)
MULTI_LABEL = dataclasses.replace(
    SEQUENCE,
    name="multi-label",
    title="multi-label head",
    distance=_of_labels,
    problem="multi_label_classification",
)
TOKEN = Head(
    name="token",
    title="token classification head",
    architecture="ForTokenClassification",
    weights=("classifier.",),
    last=("classifier.weight",),
    outputs=("logits",),
    per_token=True,
    distance=_of_tokens,
)
SPAN = Head(
    name="span",
    title="question answering head",
    architecture="ForQuestionAnswering",
    weights=("qa_outputs.",),
    last=("qa_outputs.weight",),
    outputs=("start_logits", "end_logits"),
    per_token=True,
    distance=_of_places,
)
HEADS = {head.name: head for head in (SEQUENCE, REGRESSION, MULTI_LABEL, TOKEN, SPAN)}


def head_of(model: nn.Module) -> Head:
    """The head of a model, by its class and its config. Raises KeyError for one that is none of HEADS."""
    config: Any = model.config
    return HEADS[head_named([type(model).__name__], config.problem_type, config.num_labels)]


def last_parameters(model: nn.Module, head: Head) -> tuple[nn.Parameter, nn.Parameter]:
    """Weight and bias of the Linear whose rows are the outputs of the model's head."""
    known = dict(model.named_parameters())
    weight = next(name for name in head.last if name in known)
    return known[weight], known[f"{weight.removesuffix('weight')}bias"]


def head_named(architectures: Sequence[str], problem: str | None = None, labels: int = 0) -> str:
    """The name of the head that one of these class names of transformers has; "" where it is none of HEADS.

    problem, labels: of its config, which tell apart what one class of transformers answers: classes, several of them
    at once, or, with one output, a number.
    """
    kinds = [h for h in HEADS.values() for name in architectures if name.endswith(h.architecture)]
    if SEQUENCE not in kinds:
        return kinds[0].name if kinds else ""
    if problem == MULTI_LABEL.problem:
        return MULTI_LABEL.name
    return REGRESSION.name if problem == REGRESSION.problem or labels == 1 else SEQUENCE.name


def answered(output: Any, head: Head, mask: Tensor) -> list[Tensor]:
    """All numbers that were answered to each example of a batch, in a row as fp32; those of padding left out."""
    found = []
    for index, shown in enumerate(mask.bool()):
        parts = [getattr(output, name)[index] for name in head.outputs]
        found.append(torch.cat([(part[shown] if head.per_token else part).float().reshape(-1) for part in parts]))
    return found
