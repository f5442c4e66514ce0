"""Reading: the answer to a question is a part of a passage (extractive question answering).

A window's answer is the pair of tokens with the largest sum of start and end logits (Devlin et al. 2019, section 4.2),
of all pairs up to LONGEST tokens apart; a question's that of the window where this sum is the largest. Where a question
may have none, it has none if that of the first token is larger in every window by more than a threshold (section 4.3),
which is 0 unless another is chosen.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.answers import APART, f1
from core.errors import ConfigError
from core.metrics import EXACT_ANSWER, HAS_EXACT, HAS_F1, MEAN_F1, NO_EXACT
from core.models.head import SPAN
from core.tasks.questions import Question, Questions, content_hash
from core.tasks.task import Example, Feature, Outcome, Task
from core.tasks.texts import Parts, padded
from core.tasks.windows import Window, sizes, windows

LONGEST = 30  # tokens of an answer, as officially
BEST = 20  # answers among which the probabilities of a window are shared out
TOKENS = 384
FAR = -1e9
METRICS = (MEAN_F1, EXACT_ANSWER)
BY_ANSWER = (HAS_F1, HAS_EXACT, NO_EXACT)  # where some questions have an answer and others none
EXAMPLE = ("What does it work on?", "It works on my machine, and it is a joy.")  # to try a program with
CLOSE_CALLS = 4.0  # a margin of 0.05 counts as 0.2: the logits of a start and an end in bf16 move less than a class's


@dataclass(frozen=True)
class Span(Outcome):
    """The best answer of a window. none: the logits of having no answer; without: the score of that."""

    none: float = -math.inf
    without: float = 0.0


def reading(name: str, train: Questions, validation: Questions, max_tokens: int = TOKENS, data: str = "") -> Task:
    """The task of these questions; data: the hash of its examples, where these are a part of those it stands for."""
    data = data or content_hash((train.rows, validation.rows))
    problems = train.problems + validation.problems
    both = {bool(row.label) for row in validation.rows} == {False, True}
    metrics = (*METRICS, *BY_ANSWER) if both else METRICS
    notes, rows = train.notes + validation.notes, (train.rows, validation.rows)
    parts = Parts(name, data, (), *rows, problems, notes, metrics=metrics, max_tokens=max_tokens)
    return _task(parts, train.unanswerable or validation.unanswerable)


def without_examples(name: str, data: str = "", max_tokens: int = TOKENS) -> Task:
    """The task without its questions, for what was recorded of it."""
    return _task(Parts(name, data, metrics=METRICS, max_tokens=max_tokens), False)


def _task(parts: Parts, unanswerable: bool) -> Task:
    return Task(
        **parts.fields,
        encode=windows,
        collate=collate,
        loss=loss,
        outcomes=functools.partial(outcomes, unanswerable),
        right=_right,
        head=SPAN,
        joined=joined,
        program=program,
        question=lambda most: sizes(most)[0],
        null_threshold=0.0 if unanswerable else None,
    )


def with_threshold(task: Task, threshold: float) -> Task:
    """The task where having no answer must score higher than the best answer by more than that. Raises ConfigError."""
    if not math.isfinite(threshold):
        raise ConfigError(
            "null-threshold={value} is not allowed; it takes a number, such as 0 or -1.5", value=threshold
        )
    if task.null_threshold is None:
        raise ConfigError(
            "null-threshold={value:g} is for questions that may have no answer, as in SQuAD 2.0, and '{task}' has none "
            "such; leave it out",
            value=threshold,
            task=task.name,
        )
    answering = functools.partial(outcomes, True, threshold=threshold)
    joining = functools.partial(joined, threshold=threshold)
    return replace(task, outcomes=answering, joined=joining, null_threshold=threshold)


def program(task: Task) -> Mapping[str, Any]:
    """What an exported program has to know to answer as it is done here."""
    limit, stride = sizes(task.max_tokens)
    return {
        "takes": "a question and a passage",
        "example": list(EXAMPLE),
        "question_tokens": limit,
        "stride": stride,
        "longest": LONGEST,
        "no_answer": task.null_threshold is not None,
        "null_threshold": task.null_threshold or 0.0,
    }


def _right(example: Example) -> str:
    assert isinstance(example, Question)
    return APART.join(example.truths)


def collate(features: Sequence[Feature], pad: int) -> dict[str, Tensor]:
    """Padded input_ids, attention_mask and, where the model has them, token_type_ids, (batch, tokens) each; starts and
    ends (batch,)."""
    lengths = [len(feature.ids) for feature in features]
    ids = torch.full((len(features), max(lengths)), pad, dtype=torch.long)
    for row, feature in enumerate(features):
        ids[row, : lengths[row]] = torch.from_numpy(np.array(feature.ids, dtype=np.int64))
    mask = (torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]).long()
    starts, ends = torch.tensor([feature.target for feature in features]).T
    batch = {"input_ids": ids, "attention_mask": mask, "starts": starts, "ends": ends}
    if features[0].types:
        batch["token_type_ids"] = padded((feature.types for feature in features), 0)
    return batch


def loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy of the first and of the last token of the right answer, in nats (Devlin et al. 2019)."""
    start, end = _logits(output, batch["attention_mask"])
    found = functional.cross_entropy(start, batch["starts"]) + functional.cross_entropy(end, batch["ends"])
    return found / 2


def _logits(output: Any, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Start and end logits in fp32, (batch, tokens); padding is out of the question."""
    padding = ~mask.bool()
    return output.start_logits.float().masked_fill(padding, FAR), output.end_logits.float().masked_fill(padding, FAR)


def outcomes(
    unanswerable: bool, output: Any, batch: dict[str, Tensor], features: Sequence[Feature], threshold: float = 0.0
) -> list[Outcome]:
    """The best answer of each window, its F1, the mean cross entropy of its two ends, and the sum of its logits."""
    start, end = _logits(output, batch["attention_mask"])
    rows = torch.arange(len(features))
    costs = [functional.cross_entropy(x, batch[y], reduction="none") for x, y in ((start, "starts"), (end, "ends"))]
    losses = ((costs[0] + costs[1]) / 2).tolist()
    sums = pair_sums(start, end, features)
    best, places = sums.flatten(1).topk(min(BEST, sums[0].numel()))
    shares = best.softmax(-1)
    margins = (shares[:, 0] - shares[:, 1]).tolist() if best.shape[1] > 1 else [1.0] * len(features)
    firsts, widths = places[:, 0] // sums.shape[2], places[:, 0] % sums.shape[2]
    nothing = (start[rows, 0] + end[rows, 0]).tolist() if unanswerable else [-math.inf] * len(features)
    found: list[Outcome] = []
    for row, feature in enumerate(features):
        assert isinstance(feature, Window) and feature.question is not None
        text = words(feature, int(firsts[row]), int(widths[row])) if best[row, 0] > FAR / 2 else ""
        truths, sure = feature.question.truths, float(best[row, 0])
        margin = CLOSE_CALLS * margins[row]
        if unanswerable:
            margin = min(margin, abs(nothing[row] - sure - threshold))
        cost = losses[row] if math.isfinite(sure) else math.nan
        score, empty = f1(text, truths, unanswerable), f1("", truths, unanswerable)
        found.append(Span(feature.example, text, score, cost, sure, margin, feature.part, nothing[row], empty))
    return found


def certainty(output: Any, batch: dict[str, Tensor], features: Sequence[Feature], unanswerable: bool) -> float:
    """How probable the best answer is among all that the windows of one question have, 0..1; with no answer among them
    where there may be none, and its own probability where that is the best."""
    start, end = _logits(output, batch["attention_mask"])
    sums = pair_sums(start, end, features).flatten()
    nothing = (start[:, 0] + end[:, 0]).min()[None]
    return float(torch.cat([sums, nothing] if unanswerable else [sums]).softmax(0).max())


def pair_sums(start: Tensor, end: Tensor, features: Sequence[Feature]) -> Tensor:
    """Start plus end logits of every answer of up to LONGEST tokens, (batch, tokens, LONGEST): where it begins, and how
    many tokens after that it ends. What is not in the passage is out of the question."""
    tokens = torch.arange(start.shape[1])[None]
    firsts = torch.tensor([feature.first for feature in features if isinstance(feature, Window)])[:, None]
    lasts = firsts + torch.tensor([len(feature.begins) for feature in features if isinstance(feature, Window)])[:, None]
    outside = (tokens < firsts) | (tokens >= lasts)
    begin, finish = start.masked_fill(outside, FAR), end.masked_fill(outside, FAR)
    later = functional.pad(finish, (0, LONGEST - 1), value=FAR).unfold(1, LONGEST, 1)
    return begin[:, :, None] + later


def words(window: Window, first: int, width: int) -> str:
    """The text of the answer that begins at that token of a window, and ends so many tokens later."""
    assert window.question is not None
    at = first - window.first
    return window.question.second[window.begins[at] : window.ends[at + width]]


def joined(parts: Sequence[Outcome], threshold: float = 0.0) -> Outcome:
    """The answer of a question from those of its windows; none where that scores higher by more than the threshold."""
    wrong = next((part for part in parts if not math.isfinite(part.loss)), None)
    if wrong is not None:
        return wrong
    best = max(parts, key=lambda part: part.confidence)
    nothing = min(part.none for part in parts if isinstance(part, Span))
    if nothing - best.confidence > threshold:
        assert isinstance(best, Span)
        return replace(best, answer="", score=best.without)
    return best
